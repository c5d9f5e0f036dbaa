package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestHelpers: a compressed tar archive that several goroutines decode is what one reads: sound,
// cut, damaged, with another checksum, and a bomb; and they do decode.
func TestHelpers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	noise := make([]byte, 3<<20) // compresses 1.3:1
	for i := range noise {
		noise[i] = byte(r.IntN(64))
	}
	head := testcap.Pcap{}.File()
	packed := func(noise, more []byte) []byte {
		return testcap.Tar(
			testcap.Member{Name: "b.pcap", Data: slices.Concat(head, noise[:len(noise)/2])},
			testcap.Member{Name: "a.pcap", Data: slices.Concat(head, noise[len(noise)/2:], more)},
			testcap.Member{Name: "c.pcap", Data: head},
		)
	}
	z, small := testcap.Gzip(packed(noise, nil)), packed(noise[:400_000], nil)
	broken, sum := bytes.Clone(z), bytes.Clone(z)
	broken[len(z)/2] ^= 0x55
	sum[len(z)-6] ^= 1
	for name, b := range map[string][]byte{
		"gzip": z, "cut": z[:len(z)/2], "broken": broken, "sum": sum, "bomb": testcap.Gzip(packed(noise, make([]byte, 80<<20))),
		"bzip2": testcap.Bzip2Stream(nil, 1, true, slices.Collect(slices.Chunk(small, 40_000))...),
		"xz":    testcap.XZStream(nil, 4, true, nil, slices.Collect(slices.Chunk(small, 200_000))...),
	} {
		t.Run(name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(p, b, 0o666); err != nil {
				t.Fatal(err)
			}
			var wait sync.WaitGroup
			var tasks atomic.Int64
			help := Helpers{Workers: 3, Run: func(task func()) { tasks.Add(1); wait.Go(task) }}
			want := readAll(p, Helpers{})
			if have := readAll(p, help); have != want {
				t.Errorf("%.300q\nwant\n%.300q", have, want)
			}
			wait.Wait()
			if tasks.Load() == 0 {
				t.Error("nobody was asked to help")
			}
			if sound := name == "gzip" || name == "bzip2" || name == "xz"; sound != (strings.HasPrefix(want, "[]\n") && strings.Count(want, "<nil>") == 6) {
				t.Errorf("%.300q", want)
			}
		})
	}
}

// readAll is what an archive lists, and what its members hold.
func readAll(p string, h Helpers) string {
	var b strings.Builder
	judge := func(_ string, err error) (string, string, error) { return "", "", err }
	entries, problems := List(context.Background(), p, Tar, Options{Compressed: true, MaxExpansion: 10, Judge: judge, Helpers: h})
	fmt.Fprintln(&b, problems)
	var list []*Member
	for _, e := range entries {
		fmt.Fprintln(&b, e.Name, e.Problem)
		if e.Member != nil {
			list = append(list, e.Member)
		}
	}
	s := NewStream(list, StreamOptions{MaxExpansion: 10, Room: 1 << 20, Helpers: h})
	for _, m := range list {
		src, err := s.Open(context.Background(), m)
		if err != nil {
			fmt.Fprintln(&b, err)
			continue
		}
		all, err := io.ReadAll(src)
		fmt.Fprintf(&b, "%d %x ", len(all), sha256.Sum256(all))
		if src.Used != nil { // it was not kept
			fmt.Fprint(&b, src.Used(), " ")
		}
		fmt.Fprintln(&b, err)
	}
	_ = s.Close()
	return b.String()
}
