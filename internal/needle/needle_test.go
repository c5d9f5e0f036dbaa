package needle_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/needle"
)

// slow is every occurrence by bytes.Index, as text that can be compared.
func slow(needles [][]byte, folds []bool, data []byte) (all []string) {
	for id, n := range needles {
		hay := data
		if folds[id] {
			hay, n = lower(data), lower(n)
		}
		for at := 0; at+len(n) <= len(hay); at++ {
			if bytes.Equal(hay[at:at+len(n)], n) {
				all = append(all, fmt.Sprint(id, "@", at))
			}
		}
	}
	slices.Sort(all)
	return all
}

// lower lowers the letters of ASCII and keeps every other byte, as the field's
// names are compared. bytes.ToLower reads text: it would turn the byte 0xff into three.
func lower(b []byte) []byte {
	l := bytes.Clone(b)
	for i, c := range l {
		if c >= 'A' && c <= 'Z' {
			l[i] = c - 'A' + 'a'
		}
	}
	return l
}

func fast(s *needle.Set, data []byte) (all []string) {
	s.Scan(data, func(id, at int) { all = append(all, fmt.Sprint(id, "@", at)) })
	slices.Sort(all)
	return all
}

// TestScanFindsThemAll: needles of few letters, so that they share windows, overlap and repeat, cut from the data and not.
func TestScanFindsThemAll(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]byte("aAb\x00\xff"))
		data := draw.Slice(letter, 0, 300).Draw(t, "data")
		var s needle.Set
		var needles [][]byte
		var folds []bool
		for i := range rapid.IntRange(0, 20).Draw(t, "needles") {
			fold := rapid.Bool().Draw(t, "fold")
			n := draw.Slice(letter, 6, 30).Draw(t, "needle")
			if i%2 == 0 && len(data) > 40 {
				at := draw.Int(0, len(data)-31).Draw(t, "at")
				n = bytes.Clone(data[at : at+len(n)])
			}
			if !fold {
				n = n[:max(4, len(n)-rapid.IntRange(0, 2).Draw(t, "shorter"))]
			}
			if id := s.Add(n, fold); id != i {
				t.Fatalf("needle %d has number %d", i, id)
			}
			needles, folds = append(needles, n), append(folds, fold)
		}
		s.Build()
		if have, want := fast(&s, data), slow(needles, folds, data); !slices.Equal(have, want) {
			t.Fatalf("have %v, want %v", have, want)
		}
		for cut := range min(len(data), 12) { // ends of data, where windows would reach beyond
			if have, want := fast(&s, data[:cut]), slow(needles, folds, data[:cut]); !slices.Equal(have, want) {
				t.Fatalf("%d bytes: have %v, want %v", cut, have, want)
			}
		}
	})
}

// TestManyNeedlesInMuchData: as many as there are in earnest, planted at known places in noise.
func TestManyNeedlesInMuchData(t *testing.T) {
	s, data, planted := many(20_000, 1<<20)
	found := map[int]int{}
	s.Scan(data, func(id, at int) {
		if planted[id] == at {
			found[id]++
		}
	})
	for id, at := range planted {
		if found[id] != 1 {
			t.Fatalf("needle %d at %d: found %d times", id, at, found[id])
		}
	}
}

func many(count, size int) (s *needle.Set, data []byte, planted map[int]int) {
	r := rand.New(rand.NewPCG(1, 2))
	data = make([]byte, size)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	s, planted = &needle.Set{}, map[int]int{}
	for i := range count {
		text := []byte(fmt.Sprintf("192.168.%d.%d.example.com", i/256, i%256))
		if i%3 == 0 {
			text = []byte{10, byte(i >> 16), byte(i >> 8), byte(i)}
		}
		id := s.Add(text, i%3 != 0)
		if i%20 == 0 {
			planted[id] = i / 20 * 50 * (size / 50 / (count / 20)) // apart
			if i%3 != 0 {
				text = bytes.ToUpper(text)
			}
			copy(data[planted[id]:], text)
		}
	}
	s.Build()
	return s, data, planted
}

func BenchmarkScan(b *testing.B) {
	for _, count := range []int{1000, 300_000} {
		s, data, _ := many(count, 16<<20)
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				s.Scan(data, func(int, int) {})
			}
		})
	}
}
