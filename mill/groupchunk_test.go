package mill

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
)

// TestDivideGroups: each group is one chunk, in the order of first captures, and other chunks are refused.
func TestDivideGroups(t *testing.T) {
	divided := func() *Plan {
		p := &Plan{Options: Options{Group: "{n}_*.pcap"}}
		for i, name := range []string{"1_a.pcap", "1_b.pcap", "2_a.pcap", "c.pcap", "3_b.pcap"} {
			p.Captures = append(p.Captures, Input{Path: filepath.Join("dir", name), Size: int64(100 * (i + 1))})
		}
		if err := p.Divide(MinChunk, 3); err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := divided()
	want := []Chunk{
		{0, capture.Chunk{To: 400}, []int{0, 2}}, {1, capture.Chunk{To: 700}, []int{1, 4}}, {3, capture.Chunk{To: 400}, []int{3}},
	}
	if !reflect.DeepEqual(p.Chunks, want) {
		t.Fatalf("%+v, need %+v", p.Chunks, want)
	}
	if err := p.checkChunks(); err != nil {
		t.Fatal(err)
	}
	for input, chunk := range []int{0, 1, 0, 2, 1} {
		if from, to := p.ChunksOf(input); from != chunk || to != chunk+1 {
			t.Errorf("capture %d: chunks %d to %d, need %d", input, from, to, chunk)
		}
	}
	if m := p.Chunks[1].Member(4); m != 1 {
		t.Errorf("capture 4 is member %d of its group", m)
	}
	p.Group = GroupAll // decided when it was divided
	if list, _, err := p.groups(); err != nil || len(list) != 3 {
		t.Errorf("%v, %v: need the groups of the chunks", list, err)
	}
	for what, change := range map[string]func(c []Chunk) []Chunk{
		"a group that is missing":        func(c []Chunk) []Chunk { return c[:2] },
		"a capture that is missing":      func(c []Chunk) []Chunk { c[1].Group, c[1].To = []int{1}, 200; return c },
		"a capture of two groups":        func(c []Chunk) []Chunk { c[2].Group, c[2].To = []int{3, 4}, 900; return c },
		"a capture that there is not":    func(c []Chunk) []Chunk { c[2].Group = []int{3, 5}; return c },
		"a capture below the first":      func(c []Chunk) []Chunk { c[0].Group, c[0].Input = []int{-1, 2}, -1; return c },
		"captures out of order":          func(c []Chunk) []Chunk { c[0].Group, c[0].Input = []int{2, 0}, 2; return c },
		"groups out of order":            func(c []Chunk) []Chunk { c[0], c[1] = c[1], c[0]; return c },
		"a first capture that is not":    func(c []Chunk) []Chunk { c[0].Input = 2; return c },
		"a group that is cut":            func(c []Chunk) []Chunk { c[0].To--; return c },
		"a group that begins elsewhere":  func(c []Chunk) []Chunk { c[0].From++; return c },
		"a chunk without a group":        func(c []Chunk) []Chunk { c[2].Group = nil; return c },
		"a group that is there twice":    func(c []Chunk) []Chunk { return append(c, c[2]) },
		"no chunks, and yet three parts": func([]Chunk) []Chunk { return nil },
	} {
		q := divided()
		if q.Chunks = change(q.Chunks); q.checkChunks() == nil {
			t.Errorf("%s was taken: %+v", what, q.Chunks)
		}
	}
	if from, to := (&Plan{Options: Options{Group: GroupAll}, Captures: p.Captures}).ChunksOf(1); from != 0 || to != 0 {
		t.Errorf("a plan that is not divided has the chunks %d to %d", from, to)
	}
	alone := &Plan{Captures: slices.Clone(p.Captures)} // no groups
	if err := alone.Divide(1000, 1); err != nil {
		t.Fatal(err)
	}
	if alone.Chunks[0].Group = []int{0}; alone.checkChunks() == nil {
		t.Error("a group was taken in a plan without groups")
	}
}
