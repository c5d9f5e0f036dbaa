package flows_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/label/flows"
)

// manyRows are rows like "10.0.0.7,1,10.1.0.1,2,6,...": row i is about the endpoints i%keys.
func manyRows(rows, keys int, v6 bool) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range rows {
		a, z := manyEnds(i%keys, v6)
		fmt.Fprintf(&b, "%s,%d,%s,%d,6,%d,0,c%d\n", a.Addr(), a.Port(), z.Addr(), z.Port(), i, i%3)
	}
	return b.String()
}

func manyEnds(k int, v6 bool) (a, b netip.AddrPort) {
	if v6 {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte{0x20, 1, 14: byte(k >> 8), 15: byte(k)}), 7), netip.AddrPortFrom(netip.AddrFrom4([4]byte{1, 2, 3, 4}), 9)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(k >> 16), byte(k >> 8), byte(k)}), 7), netip.AddrPortFrom(netip.AddrFrom4([4]byte{1, 2, 3, 4}), 9)
}

// TestManyRows: of tables that are longer than what is allocated at a time, every row is found by its time, with the line of
// its table, IPv4 and IPv6 in turn, and in the order of the tables.
func TestManyRows(t *testing.T) {
	const rows, keys = 40_000, 11_000
	dir := t.TempDir()
	for i, text := range []string{manyRows(rows, keys, false), manyRows(rows, keys, true), head, manyRows(rows, keys, false)} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.csv", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x, err := flows.Load(t.Context(), dir, 0, plain())
	if err != nil {
		t.Fatal(err)
	}
	byOrder(x)
	if c := x.Counts(); c.Rows != 3*rows {
		t.Fatalf("%+v", c)
	}
	for i := range rows {
		for _, v6 := range []bool{false, true} {
			a, b := manyEnds(i%keys, v6)
			label, line, ok, err := x.Label(b, a, 6, int64(i), int64(i))
			file := "0.csv"
			if v6 {
				file = "1.csv"
			}
			if !ok || err != nil || line != (flows.Line{File: file, Line: i + 2}) || label != uint16(10+i%3) {
				t.Fatalf("row %d, IPv6 %t: label %d of %v, %t, %v", i, v6, label, line, ok, err)
			}
		}
	}
	if c := x.Counts(); c.Used != 3*rows { // the fourth table says the same as the first
		t.Errorf("%+v", c)
	}
	a, b := manyEnds(5, false)
	var conflict *flows.ConflictError
	if _, _, _, err := x.Label(a, b, 6, 0, rows); !errors.As(err, &conflict) || conflict.First != (flows.Line{File: "0.csv", Line: 7}) || conflict.Second.Line != 7+keys {
		t.Errorf("conflict %v", err)
	}
}

// TestNoGarbage: reading does not allocate by the row, quoted or not, whatever its times look like, but for the text of an
// IPv6 address and for rows with quotes, which encoding/csv reads. Garbage would double the memory of a table of millions of rows.
func TestNoGarbage(t *testing.T) {
	const rows = 5000
	o := plain()
	o.Times = "%Y-%m-%dT%H:%M:%S.%f%z|%d/%m/%Y %I:%M:%S %p"
	o.Zone = "UTC"
	for what, row := range map[string]string{
		"zoned":  "10.0.0.1,1,10.0.0.2,2,TCP,2024-05-06T07:08:09.123456+02:30,50,class\n",
		"IPv6":   "10.0.0.1,1,2001:db8::2,2,TCP,2024-05-06T07:08:09.123456+02:30,50,class\n",
		"quoted": "\"10.0.0.1\",\"1\",\"10.0.0.2\",\"2\",\"17\",\"03/07/2017 02:11:09 pm\",\"50\",\"class, with a comma\"\n",
	} {
		text := head + strings.Repeat(row, rows)
		allocations := testing.AllocsPerRun(3, func() {
			x, err := flows.New(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.Read(strings.NewReader(text), "f", o); err != nil || x.Counts().Rows != rows {
				t.Fatal(err, x.Counts())
			}
		})
		most := float64(rows / 10)
		switch what {
		case "IPv6":
			most += rows
		case "quoted":
			most += 3 * rows // encoding/csv gives strings
		}
		if allocations > most {
			t.Errorf("%s: %.0f allocations for %d rows", what, allocations, rows)
		}
	}
}

// TestMemory: a table that does not fit is refused by its size before it is read, and one whose size is not known as soon as
// it has outgrown the memory. One that fits is read.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big.csv")
	text := manyRows(200_000, 1000, false)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var e *flows.MemoryError
	if _, err := flows.Load(t.Context(), path, 4<<20, plain()); !errors.As(err, &e) || e.Rows < 180_000 || e.Rows > 230_000 || e.Need < 7<<20 || e.Need > 11<<20 || e.Most != 4<<20 {
		t.Errorf("%v: %+v", err, e)
	} else if !strings.Contains(err.Error(), "big.csv: about 2") || !strings.Contains(err.Error(), "there are 4 MiB") {
		t.Error(err)
	}
	x, err := flows.Load(t.Context(), path, 10<<20, plain())
	if err != nil || x.Counts().Rows != 200_000 {
		t.Fatal(err)
	}
	if x.Size() < 44*200_000 || x.Size() > 44*200_000+40<<15 {
		t.Errorf("%d bytes for 200,000 rows", x.Size())
	}
	dir := t.TempDir() // the estimate of the last table is within its margin: it is refused where the memory ends
	for i, rows := range []int{100_000, 120_000} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.csv", i)), []byte(manyRows(rows, 1000, false)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := flows.Load(t.Context(), dir, 8<<20, plain()); !errors.As(err, &e) || e.Table != "1.csv" || e.Need < 8<<20 || e.Need > 10<<20 || e.Rows > 220_000 {
		t.Errorf("%v: %+v", err, e)
	}
}

// TestInterrupted: the context ends the reading of a table.
func TestInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	if err := os.WriteFile(path, []byte(manyRows(10, 10, false)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := flows.Load(ctx, path, 0, plain()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestAddresses: what looks like an IPv4 address is one exactly where net/netip says so.
func TestAddresses(t *testing.T) {
	part := rapid.SampledFrom([]string{"", "0", "1", "9", "10", "99", "100", "255", "256", "260", "300", "999", "01", "00", "1000", " ", "-1", "+1", "1a"})
	draw.Check(t, func(t *rapid.T) {
		ip := strings.Join(rapid.SliceOfN(part, 3, 5).Draw(t, "parts"), ".")
		x, err := flows.New(plain())
		if err != nil {
			t.Fatal(err)
		}
		err = x.Read(strings.NewReader(head+ip+",1,9.9.9.9,2,6,5,1,x\n"), "f", plain())
		want, bad := netip.ParseAddr(strings.TrimSpace(ip))
		if (err != nil) != (bad != nil) {
			t.Fatalf("%q: %v, net/netip: %v", ip, err, bad)
		}
		if err != nil {
			return
		}
		byOrder(x)
		if _, _, ok, err := x.Label(netip.AddrPortFrom(want, 1), netip.MustParseAddrPort("9.9.9.9:2"), 6, 5, 5); !ok || err != nil {
			t.Fatalf("%q is not found as %s: %v", ip, want, err)
		}
	})
}

// TestQuotes: fields in quotes are those that encoding/csv finds.
func TestQuotes(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		class := rapid.StringMatching(`[",; a]{0,8}`).Draw(t, "class")
		var b strings.Builder
		w := csv.NewWriter(&b)
		_ = w.Write(strings.Split(strings.TrimSpace(head), ","))
		_ = w.Write([]string{"10.0.0.1", "1", "10.0.0.2", "2", "6", "1", "1", class})
		w.Flush()
		x, err := flows.New(plain())
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Read(strings.NewReader(b.String()), "f", plain()); err != nil {
			t.Fatal(err)
		}
		want := []string{strings.TrimSpace(class)}
		if want[0] == "" {
			want = nil
		}
		if have := x.Classes(); fmt.Sprintf("%q", have) != fmt.Sprintf("%q", want) {
			t.Fatalf("%q: classes %q", b.String(), have)
		}
	})
}

func BenchmarkLabel(b *testing.B) {
	const rows = 1 << 20
	x, err := flows.New(plain())
	if err != nil {
		b.Fatal(err)
	}
	if err := x.Read(strings.NewReader(manyRows(rows, rows, false)), "f", plain()); err != nil {
		b.Fatal(err)
	}
	byOrder(x)
	k := 0
	for b.Loop() {
		k = (k + 7919) % rows
		l, h := manyEnds(k, false)
		if _, _, ok, err := x.Label(l, h, 6, int64(k), int64(k)); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// zstdOf is one zstd frame that holds text, of less than 128 KiB, as it is, under a window of 2^log bytes.
func zstdOf(text string, log byte) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3} // RFC 8878: magic, header, window
	n := len(text)<<3 | 1                                   // the last block, raw
	return append(append(b, byte(n), byte(n>>8), byte(n>>16)), text...)
}

// TestWindowCounts: the window that a compressed table asks for counts against the memory of the table, alone and together
// with the rows; before, a hundred bytes took 128 MiB whatever --memory said.
func TestWindowCounts(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.csv.zst")
	put := func(log byte, rows int) {
		if err := os.WriteFile(path, zstdOf(manyRows(rows, 10, false), log), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(27, 10)
	var window *capture.MemoryError
	if _, err := flows.Load(t.Context(), path, 16<<20, plain()); !errors.As(err, &window) || !strings.Contains(err.Error(), "f.csv.zst: ") {
		t.Errorf("a window of 128 MiB in 16 MiB: %v", err)
	}
	for _, most := range []int64{0, 256 << 20} {
		if x, err := flows.Load(t.Context(), path, most, plain()); err != nil || x.Counts().Rows != 10 {
			t.Errorf("with %d bytes: %v", most, err)
		}
	}
	put(23, 10) // 8 MiB and 1 MiB beside it, and one chunk of rows
	var rows *flows.MemoryError
	if _, err := flows.Load(t.Context(), path, 10<<20, plain()); !errors.As(err, &rows) || rows.Need < 10<<20 || rows.Need > 12<<20 {
		t.Errorf("a window of 8 MiB and rows in 10 MiB: %v", err)
	}
}
