package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// frame is one zstd frame with a window of 2^log bytes.
func frame(t testing.TB, plain []byte, log int, checksum bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(1<<log), zstd.WithEncoderCRC(checksum), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for len(plain) > 0 { // as a stream, whose length is not known
		n := min(len(plain), 10_000)
		if _, err := w.Write(plain[:n]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		plain = plain[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openIn(t testing.TB, raw []byte, o capture.Options) (*capture.Reader, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.cap")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return o.Open(path)
}

// TestZstdFrames: the windows of all frames of a stream are asked for, each before it is taken; frames may be of any kind, with
// what may be skipped between them, and cut anywhere.
func TestZstdFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	var plain, raw []byte
	skippable := []byte{0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5}
	list := packets()
	plain = append(plain, testcap.Pcap{LinkType: 1}.Header()...)
	raw = append(raw, frame(t, plain, 10, true)...)
	want := []int64{}
	for i, log := range []int{17, 12, 20, 20, 23, 15} {
		var more []byte
		for range 200 {
			p := list[r.IntN(len(list))]
			if i == 3 {
				p = testcap.Packet{LinkType: 1, Data: make([]byte, 1000)} // blocks of one byte, repeated
			}
			more = append(more, testcap.Pcap{LinkType: 1}.Record(p)...)
		}
		plain = append(plain, more...)
		raw = append(append(raw, frame(t, more, log, i%2 == 0)...), skippable...)
		if n := int64(1<<log) + 1<<20; len(want) == 0 || n > want[len(want)-1] {
			want = append(want, n)
		}
	}
	whole := twin.Packets(plain)
	for cut := 0; cut < len(raw)-20; cut += 1 + r.IntN(60) {
		got := readAllLen(t, bytes.NewReader(raw[:len(raw)-cut]), 4096)
		if cut == 0 {
			if d := differ(got, whole); d != "" {
				t.Fatal(d)
			}
		} else if got.Damage == "malformed" || len(got.Records) > len(whole.Records) {
			t.Fatalf("cut by %d: %v", cut, got.Err)
		}
	}
	var asked []int64
	rd, err := openIn(t, raw, capture.Options{MaxMemory: 64 << 20, Grow: func(n int64) error { asked = append(asked, n); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	if d := differ(drain(t, rd), whole); d != "" {
		t.Fatal(d)
	}
	if asked = asked[1:]; !reflect.DeepEqual(asked, want) || rd.Memory() != want[len(want)-1] {
		t.Errorf("asked for %d, want %d", asked, want)
	}
}

// TestMemoryLimits: what a capture needs beyond its limit is refused before it is taken, with what was read before it.
func TestMemoryLimits(t *testing.T) {
	small, large := packets(), testcap.Packet{LinkType: 1, Data: bytes.Repeat([]byte{1}, 5<<20)}
	list := append(append(small[:3:3], large), small...)
	plain := testcap.Pcap{LinkType: 1}.File(small...)
	for name, c := range map[string]struct {
		raw     []byte
		most    int64
		packets int // -1: it cannot be opened
		what    string
	}{
		"pcap":           {testcap.Pcap{LinkType: 1}.File(list...), 4 << 20, 3, "the record needs "},
		"pcap, enough":   {testcap.Pcap{LinkType: 1}.File(list...), 11 << 20, 9, ""},
		"pcapng":         {testcap.NGFile(false, list...), 4 << 20, 3, "the block needs "},
		"pcapng, enough": {testcap.NGFile(true, list...), 11 << 20, 9, ""},
		"zstd":           {frame(t, plain, 23, true), 8 << 20, -1, "the window of the zstd stream needs 9 MiB of memory, and --memory leaves 8 MiB for it"},
		"zstd, enough":   {frame(t, plain, 23, true), 9 << 20, 5, ""},
		"zstd, later":    {append(frame(t, plain, 20, true), frame(t, plain[24:], 27, true)...), 8 << 20, 5, "the window of the zstd stream needs 129 MiB"},
		"xz":             {testcap.XZ(plain), 4 << 20, -1, "the dictionary of the xz stream needs 8 MiB"},
		"lz4":            {testcap.LZ4(plain), 4 << 20, -1, "the lz4 stream needs "},
		"gzip":           {testcap.Gzip(plain), 1, 5, ""},
	} {
		used := allocated(func() {
			r, err := openIn(t, c.raw, capture.Options{MaxMemory: c.most})
			if c.packets < 0 {
				var no *capture.MemoryError
				if !errors.As(err, &no) || !strings.Contains(err.Error(), c.what) || !strings.Contains(err.Error(), "a.cap: ") || no.Hint() == "" {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			defer r.Close()
			var p capture.Packet
			for err == nil {
				err = r.Next(&p)
			}
			if r.Packets() != uint64(c.packets) {
				t.Errorf("%s: %d packets, want %d", name, r.Packets(), c.packets)
			}
			var d *capture.Damage
			switch {
			case c.what == "":
				if err != io.EOF {
					t.Errorf("%s: %v", name, err)
				}
			case !errors.As(err, &d) || d.Kind != capture.ErrUnreadable || !errors.As(err, new(*capture.MemoryError)) || !strings.Contains(d.Error(), c.what):
				t.Errorf("%s: %v", name, err)
			}
		})
		if c.what != "" && used > uint64(c.most)+2<<20 {
			t.Errorf("%s: %d bytes of memory", name, used)
		}
		// In blocks: the same packets, the same damage.
		path := filepath.Join(t.TempDir(), "b.cap")
		if err := os.WriteFile(path, c.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if c.packets < 0 {
			continue
		}
		if n, err := countBlocks(t, path, capture.Options{MaxMemory: c.most}); n != uint64(c.packets) || (err == nil) != (c.what == "") || err != nil && !strings.Contains(err.Error(), c.what) {
			t.Errorf("%s in blocks: %d packets, %v", name, n, err)
		}
	}
}

func countBlocks(t *testing.T, path string, o capture.Options) (packets uint64, err error) {
	b, err := o.OpenBlocks(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	q := b.Sequence()
	var blk capture.Block
	for i := int64(0); blk.Err == nil; i++ {
		b.Read(i, &blk)
		q.Add(&blk, nil, nil, func(f *capture.Framing, data []byte, from int, _ uint64, piece *capture.Piece) {
			f.Walk(data, from, piece, func(*capture.Packet, uint32, int) {})
		})
	}
	_, err = q.End(blk.Err)
	return q.Packets(), err
}

// TestRefusedGrow: a Grow that says no ends the capture with its error.
func TestRefusedGrow(t *testing.T) {
	no := fmt.Errorf("no")
	if _, err := openIn(t, frame(t, pcapFile(), 20, false), capture.Options{Grow: func(int64) error { return no }}); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
}

// TestSniffTakesNoWindow: telling the format of a stream takes no large window.
func TestSniffTakesNoWindow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, frame(t, pcapFile(), 27, true), 0o600); err != nil {
		t.Fatal(err)
	}
	used := allocated(func() {
		if f, err := capture.Sniff(path); err != nil || f.String() != "pcap in zstd" {
			t.Errorf("%v, %v", f, err)
		}
	})
	if used > 8<<20 {
		t.Errorf("%d bytes of memory", used)
	}
}

// TestCutIsCut: a record that claims more than the capture holds is cut off there, whatever
// memory there is for it; where all of it is there, the lack of memory is the damage.
func TestCutIsCut(t *testing.T) {
	large := testcap.Packet{LinkType: 1, Data: bytes.Repeat([]byte{1}, 6<<20)}
	list := append(packets(), large)
	for name, raw := range map[string][]byte{
		"pcap": testcap.Pcap{LinkType: 1}.File(list...), "pcapng": testcap.NGFile(false, list...),
	} {
		for _, cut := range []int{0, 1, 3 << 20, 6<<20 - 10} {
			for what, b := range map[string][]byte{"plain": raw[:len(raw)-cut], "gzip": testcap.Gzip(raw[:len(raw)-cut])} {
				want, err := openIn(t, b, capture.Options{})
				if err != nil {
					t.Fatal(err)
				}
				whole := drain(t, want)
				r, err := openIn(t, b, capture.Options{MaxMemory: 4 << 20})
				if err != nil {
					t.Fatal(err)
				}
				got := drain(t, r)
				path := filepath.Join(t.TempDir(), "b.cap")
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				_, inBlocks := countBlocks(t, path, capture.Options{MaxMemory: 4 << 20})
				for way, damage := range map[string]error{"reader": got.Err, "blocks": inBlocks} {
					var d, w *capture.Damage
					if !errors.As(damage, &d) {
						t.Errorf("%s, %s cut by %d, %s: %v", name, what, cut, way, damage)
						continue
					}
					if cut == 0 {
						if !errors.As(damage, new(*capture.MemoryError)) || d.Kind != capture.ErrUnreadable {
							t.Errorf("%s, %s, %s: %v", name, what, way, damage)
						}
						continue
					}
					if !errors.As(whole.Err, &w) || d.Kind != capture.ErrTruncated || d.Detail != w.Detail || d.Offset != w.Offset || d.Packet != w.Packet {
						t.Errorf("%s, %s cut by %d, %s: %v, without a limit %v", name, what, cut, way, damage, whole.Err)
					}
				}
				_, _ = want.Close(), r.Close()
			}
		}
	}
}
