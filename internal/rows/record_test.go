package rows_test

import (
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/rows"
)

// TestLayout: every field stands where the documentation says, low byte first.
func TestLayout(t *testing.T) {
	r := dataset.Row{
		Session: 0x0102, Start: -2, Duration: 0x0304, Packets: [2]uint64{5, 6}, Bytes: [2]uint64{7, 8}, Original: 0x090a,
		Digest: [16]byte{0xd0, 15: 0xdf}, Host: [8]byte{0xe0, 7: 0xe7}, Capture: 0x0b0c0d0e, Proto: 17,
	}
	want := strings.Join([]string{
		"0201000000000000", "feffffffffffffff", "0403000000000000",
		"0500000000000000", "0600000000000000", "0700000000000000", "0800000000000000", "0a09000000000000",
		"d00000000000000000000000000000df", "e0000000000000e7", "0e0d0c0b", "11", "000000",
	}, "")
	if have := hex.EncodeToString(rows.Append(nil, &r)); have != want || len(want) != 2*rows.Len {
		t.Errorf("record\n%s, want\n%s", have, want)
	}
}

// TestThereAndBack: a row read back is the row that was written.
func TestThereAndBack(t *testing.T) {
	number := rapid.Uint64()
	draw.Check(t, func(t *rapid.T) {
		n := func(name string) uint64 { return number.Draw(t, name) }
		r := dataset.Row{
			Session: n("session"), Start: int64(n("start")), Duration: int64(n("duration")), Packets: [2]uint64{n("p0"), n("p1")},
			Bytes: [2]uint64{n("b0"), n("b1")}, Original: n("original"), Capture: uint32(n("capture")), Proto: uint8(n("proto")),
		}
		for i := range r.Digest {
			r.Digest[i] = byte(n("digest"))
		}
		for i := range r.Host {
			r.Host[i] = byte(n("host"))
		}
		b := rows.Append([]byte("xyz"), &r)
		back := dataset.Row{Session: 1, Start: 1, Proto: 1}
		if err := rows.Parse(b[3:], &back); err != nil || back != r || len(b) != 3+rows.Len {
			t.Fatalf("%+v, want %+v (%v)", back, r, err)
		}
		for i := range 3 {
			b[3+93+i] = 1
			if rows.Parse(b[3:], &back) == nil {
				t.Fatalf("byte %d of a record is not zero", 93+i)
			}
			b[3+93+i] = 0
		}
	})
}

// TestReader reads what is committed and not what stands behind it, and says where a table is wrong.
func TestReader(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, rows.Name)
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put(text(1, 2, 3)[:2*rows.Len+50])
	r, err := rows.NewReader(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var have dataset.Row
	for n := byte(1); n <= 2; n++ {
		if err := r.Next(&have); err != nil || have != *row(n) || string(r.Raw()) != text(n) {
			t.Errorf("row %d: %+v, %v", n, have, err)
		}
	}
	if err := r.Next(&have); err != io.EOF || r.Len() != 2 {
		t.Errorf("behind the last row: %v", err)
	}
	if _, err := rows.NewReader(dir, 3); err == nil || !strings.Contains(err.Error(), "have 242, need 288") {
		t.Errorf("too short: %v", err)
	}
	if _, err := rows.NewReader(t.TempDir(), 0); err == nil {
		t.Error("no table: no error")
	}
	put(text(1, 2)[:2*rows.Len-1] + "x")
	r, err = rows.NewReader(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Next(&have); err != nil {
		t.Error(err)
	}
	if err := r.Next(&have); err == nil || !strings.Contains(err.Error(), "record 1 at offset 96: ") {
		t.Errorf("a record that is none: %v", err)
	}
	if err := os.Truncate(path, 10); err != nil { // while it is read
		t.Fatal(err)
	}
	r2, err := rows.NewReader(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r2.Close()
	if err := r2.Next(&have); err != io.EOF {
		t.Error(err)
	}
}
