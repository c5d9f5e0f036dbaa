package archive

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestStream asks for members in any order, with any room: each is what it is. In the order of
// the archive, or with room for those that come by too early, that takes one pass.
func TestStream(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 0))
		n := 1 + r.IntN(8)
		var members []testcap.Member
		total := int64(0)
		for i := range n {
			b := append(testcap.Pcap{}.File(), bytes.Repeat([]byte{byte(i)}, r.IntN(3000))...)
			members = append(members, testcap.Member{Name: fmt.Sprint(i), Data: b})
			total += int64(len(b))
		}
		shuffled := seed%4 != 0
		if shuffled {
			r.Shuffle(n, func(i, j int) { members[i], members[j] = members[j], members[i] })
		}
		p := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(p, testcap.Gzip(testcap.Tar(members...)), 0o666); err != nil {
			t.Fatal(err)
		}
		entries, problems := List(t.Context(), p, Tar, Options{Compressed: true})
		if problems != nil || len(entries) != n {
			t.Fatal(problems, entries)
		}
		var list []*Member
		for _, e := range entries {
			list = append(list, e.Member)
		}
		room := []int64{0, total, r.Int64N(total)}[seed%3]
		s := NewStream(list, StreamOptions{Room: room})
		for _, m := range list {
			for again := r.IntN(4) == 0; ; again = false {
				src, err := s.Open(t.Context(), m)
				if err != nil {
					t.Fatal(err)
				}
				if r.IntN(3) == 0 { // not read to its end
					continue
				}
				have, err := io.ReadAll(src)
				if want := members[m.Index].Data; err != nil || !bytes.Equal(have, want) || m.Name != members[m.Index].Name {
					t.Fatalf("seed %d: %s: %v, %d bytes, want %d", seed, m.Name, err, len(have), len(want))
				}
				if !again {
					break
				}
			}
			if s.size > room {
				t.Errorf("seed %d: it keeps %d bytes, and has room for %d", seed, s.size, room)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		one := NewStream(list, StreamOptions{Room: room})
		for _, m := range list {
			src, err := one.Open(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, src); err != nil {
				t.Fatal(err)
			}
		}
		if (!shuffled || room == total) && one.passes != 1 || one.passes > n {
			t.Errorf("seed %d: %d passes for %d members, room for %d of %d bytes", seed, one.passes, n, room, total)
		}
		_ = one.Close()
	}
}
