package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestZIPHelpers: a member of a ZIP archive that several goroutines decode is what one reads:
// sound, damaged, cut off since it was listed, with another checksum, with another length in
// the directory, and where its stream ends early; and they do decode.
func TestZIPHelpers(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	noise := make([]byte, 5<<20) // compresses 1.3:1
	for i := range noise {
		noise[i] = byte(r.IntN(64))
	}
	head := testcap.Pcap{}.File()
	sound := testcap.Zip(true, testcap.Member{Name: "a.pcap", Data: append(head, noise...)}, testcap.Member{Name: "b.pcap", Data: head})
	// field is where the directory says something of its first entry.
	field := func(b []byte, at int) []byte { return b[bytes.Index(b, []byte("PK\x01\x02"))+at:] }
	change := func(at int, by uint32) []byte {
		b := bytes.Clone(sound)
		f := field(b, at)
		binary.LittleEndian.PutUint32(f, binary.LittleEndian.Uint32(f)+by)
		return b
	}
	broken := bytes.Clone(sound)
	for i := range 2000 {
		broken[len(broken)/2+i] = 0xff
	}
	end := bytes.Clone(sound)
	end[30+len("a.pcap")] |= 1 // the first block is the last one
	for _, c := range []struct {
		name string
		raw  []byte
		cut  int64 // bytes that are left when it is read; 0: all
		want string
	}{
		{"sound", sound, 0, "<nil>"},
		{"broken", broken, 0, "corrupt"},
		{"cut", sound, int64(len(sound)) / 2, "unexpected EOF"},
		{"checksum", change(16, 1), 0, "its checksum is"},
		{"shorter", change(24, ^uint32(99)), 0, "its content is longer"},
		{"longer", change(24, 100), 0, "its content ends 100 bytes before"},
		{"far longer", change(24, 1<<31), 0, "its content ends 2147483648 bytes before"},
		{"packed shorter", change(20, ^uint32(9999)), 0, "unexpected EOF"},
		{"packed longer", change(20, 60), 0, "<nil>"},
		{"ends early", end, 0, "bytes before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(p, c.raw, 0o666); err != nil {
				t.Fatal(err)
			}
			judge := func(_ string, err error) (string, string, error) { return "", "", err }
			entries, problems := List(t.Context(), p, ZIP, Options{Judge: judge})
			if len(problems) > 0 || len(entries) == 0 || entries[0].Member == nil {
				t.Fatal(entries, problems)
			}
			if c.cut > 0 {
				if err := os.Truncate(p, c.cut); err != nil {
					t.Fatal(err)
				}
			}
			m := entries[0].Member
			if m.Divisible() != m.Packed {
				t.Errorf("%d of %d bytes can be divided", m.Divisible(), m.Packed)
			}
			var wait sync.WaitGroup
			var tasks atomic.Int64
			run := func(task func()) { tasks.Add(1); wait.Go(task) }
			want := content(t, m, 0, nil)
			for _, workers := range []int{2, 7} {
				if have := content(t, m, workers, run); have != want {
					t.Errorf("%d workers: %s, want %s", workers, have, want)
				}
			}
			wait.Wait()
			if tasks.Load() == 0 {
				t.Error("nobody was asked to help")
			}
			if !strings.Contains(want, c.want) {
				t.Errorf("%s, want %q", want, c.want)
			}
		})
	}
}

// content is what a member holds, how it ends, and how much of the archive was used at some places.
func content(t *testing.T, m *Member, workers int, run func(func())) string {
	s, err := m.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if workers > 0 {
		s.Divide(workers, run)
	}
	sum, n, used := sha256.New(), int64(0), []int64{}
	for err == nil {
		var k int64
		k, err = io.CopyN(sum, s, 1<<20)
		n += k
		used = append(used, s.Used())
	}
	if err == io.EOF {
		err = nil
	}
	if e := s.Close(); e != nil {
		t.Error(e)
	}
	return fmt.Sprintf("%d bytes, %x, %v, %v", n, sum.Sum(nil), used, err)
}

// TestDivisible: only what is deflated in a ZIP archive.
func TestDivisible(t *testing.T) {
	for _, m := range []Member{
		{Kind: ZIP, Method: methodStore, Packed: 9}, {Kind: ZIP, Method: methodBzip2, Packed: 9}, {Kind: Tar, Packed: 9}, {Kind: SevenZip, Method: methodFlate, Packed: 9},
	} {
		if m.Divisible() != 0 {
			t.Errorf("%+v can be divided", m)
		}
	}
}

// TestDividesOnce: a compressed capture in a member that is divided is decoded by who reads it.
func TestDividesOnce(t *testing.T) {
	inner := make([]byte, 4<<20)
	for r, i := rand.New(rand.NewPCG(3, 0)), 0; i < len(inner); i++ {
		inner[i] = byte(r.IntN(200))
	}
	inner = testcap.Gzip(append(testcap.Pcap{}.File(), inner...))
	var workers []int
	o := capture.Options{Workers: 3, Run: func(func()) { t.Error("asked to help") }, From: func() (*capture.Source, error) {
		return &capture.Source{ReadCloser: io.NopCloser(bytes.NewReader(inner)), What: "the member", Divide: func(n int, _ func(func())) { workers = append(workers, n) }}, nil
	}}
	r, err := o.Open("x")
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		err = r.Next(new(capture.Packet))
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if len(workers) != 1 || workers[0] != 3 {
		t.Errorf("divided by %v", workers)
	}
}
