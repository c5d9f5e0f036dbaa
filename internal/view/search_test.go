package view

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

func opened(t *testing.T, names []string, each int) (*index, [][]byte) {
	t.Helper()
	dir, samples := made(t, names, each)
	d, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	x, err := read(context.Background(), d, 3)
	if err != nil {
		t.Fatal(err)
	}
	return x, samples
}

// TestMarks: equal samples, conflicts and samples on both sides are those that comparing each
// with each finds.
func TestMarks(t *testing.T) {
	x, samples := opened(t, []string{"a", "b", "c"}, 50)
	count := [3]int{}
	for i, a := range samples {
		var want uint8
		for j, b := range samples {
			if i == j || string(a) != string(b) {
				continue
			}
			want |= isRepeated
			if x.side[i] == 2 && x.side[j] == 0 {
				want |= isAcross
			}
		}
		for j, b := range samples { // a conflict is one of the whole group
			for k, c := range samples {
				if string(a) == string(b) && string(a) == string(c) && x.class[j] != x.class[k] {
					want |= isConflict
				}
			}
		}
		if x.flags[i] != want {
			t.Errorf("sample %d has marks %b, need %b", i, x.flags[i], want)
		}
		for k := range count {
			count[k] += int(x.flags[i] >> k & 1)
		}
	}
	if slices.Contains(count[:], 0) {
		t.Errorf("marks that no sample has: %v", count)
	}
}

// TestMeans: sums by class are those of the samples, and candidates are samples.
func TestMeans(t *testing.T) {
	x, samples := opened(t, []string{"a", "b"}, 40)
	for c := range x.classes {
		for p := range 16 {
			sum := uint64(0)
			for i, s := range samples {
				if int(x.class[i]) == c {
					sum += uint64(s[p])
				}
			}
			if x.means[c][p] != sum {
				t.Errorf("class %d byte %d: %d, need %d", c, p, x.means[c][p], sum)
			}
		}
	}
	for k := range len(x.near) / 16 {
		if string(x.near[k*16:(k+1)*16]) != string(samples[k*x.stride]) {
			t.Errorf("candidate %d is not sample %d", k, k*x.stride)
		}
	}
}

func drawFilter(t *rapid.T, x *index) filter {
	return filter{
		class: rapid.IntRange(-1, len(x.classes)-1).Draw(t, "class"), side: rapid.IntRange(-1, noSide).Draw(t, "side"),
		proto: rapid.SampledFrom([]int{-1, 6, 17}).Draw(t, "proto"), capture: rapid.SampledFrom([]string{"", "a", ".pcap", "none", "&"}).Draw(t, "capture"),
		min: rapid.Uint64Range(0, 40).Draw(t, "min"), max: rapid.Uint64Range(0, 60).Draw(t, "max"),
		only: rapid.SampledFrom(append(only, "", "")).Draw(t, "only"), finding: -1, value: -1, page: rapid.IntRange(0, 2).Draw(t, "page"),
	}
}

// TestSearch: a filter shows the samples that pass each of its parts, in order, by pages.
func TestSearch(t *testing.T) {
	x, _ := opened(t, []string{"a", "b", "a&b"}, 50)
	draw.Check(t, func(t *rapid.T) {
		f := drawFilter(t, x)
		var want []int
		for i := range x.n {
			ok := f.class < 0 || int(x.class[i]) == f.class
			ok = ok && (f.side < 0 || int(x.side[i]) == f.side)
			ok = ok && (f.proto < 0 || int(x.proto[i]) == f.proto)
			ok = ok && strings.Contains(x.manifest.Captures[x.capture[i]].Name, f.capture)
			ok = ok && x.length[i] >= f.min && (f.max == 0 || x.length[i] <= f.max)
			switch f.only {
			case "repeated":
				ok = ok && x.flags[i]&isRepeated > 0
			case "conflict":
				ok = ok && x.flags[i]&isConflict > 0
			case "across":
				ok = ok && x.flags[i]&isAcross > 0
			}
			if ok {
				want = append(want, i)
			}
		}
		got := x.search(f, nil)
		sum := 0
		for _, n := range got.byClass {
			sum += n
		}
		page := want[min(len(want), f.page*pageSize):min(len(want), (f.page+1)*pageSize)]
		if got.total != len(want) || sum != len(want) || fmt.Sprint(got.page) != fmt.Sprint(page) {
			t.Fatalf("%d %v, need %d %v", got.total, got.page, len(want), page)
		}
	})
}

// TestLinks: a filter stands in the address whole.
func TestLinks(t *testing.T) {
	x, _ := opened(t, hostile, 5)
	draw.Check(t, func(t *rapid.T) {
		f := drawFilter(t, x)
		f.finding = rapid.IntRange(-1, 4).Draw(t, "finding")
		f.value = rapid.IntRange(-1, 255).Draw(t, "value")
		q, err := url.ParseQuery(strings.TrimPrefix(f.query(x, f.page), "?"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.parse(q, 5)
		if err != nil || got != f {
			t.Fatalf("%+v %v, need %+v", got, err, f)
		}
	})
}

// TestDistance: it is the number of cells that differ, or not below the limit.
func TestDistance(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		width := rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "width")
		n := width * draw.Int(0, 70/width).Draw(t, "cells")
		bytes := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}), n, n)
		a, b := bytes.Draw(t, "a"), bytes.Draw(t, "b")
		limit := draw.Int(1, 80).Draw(t, "limit")
		want := 0
		for i := 0; i < n; i += width {
			if string(a[i:i+width]) != string(b[i:i+width]) {
				want++
			}
		}
		got := distance(a, b, width, limit)
		if want < limit && got != want || want >= limit && got < limit {
			t.Fatalf("%d, need %d below %d", got, want, limit)
		}
	})
}

// TestNearest: neighbours are the nearest of all, and equal ones come first.
func TestNearest(t *testing.T) {
	x, samples := opened(t, []string{"a", "b"}, 60)
	for of, s := range samples {
		var all []neighbour
		for i, o := range samples {
			if i != of {
				all = append(all, neighbour{i, distance(s, o, 1, 99)})
			}
		}
		slices.SortStableFunc(all, func(a, b neighbour) int { return a.cells - b.cells })
		if got := x.nearest(of, s, 8); !slices.Equal(got, all[:8]) {
			t.Fatalf("sample %d: %v, need %v", of, got, all[:8])
		}
	}
}

// TestWalkerCovers: segments stand one behind the other and cover any sample.
func TestWalkerCovers(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		s := manifest.NewSettings(map[string]string{
			"mac": rapid.SampledFrom([]string{"remove", "keep"}).Draw(t, "mac"), "ip": rapid.SampledFrom([]string{"zero", "remove"}).Draw(t, "ip"),
			"content": rapid.SampledFrom([]string{"packet", "payload"}).Draw(t, "content"),
		})
		b := draw.Slice(rapid.Byte(), 0, 200).Draw(t, "sample")
		if len(b) > 0 && rapid.Bool().Draw(t, "IP") {
			b[0] = 0x45
		}
		at := 0
		for _, g := range audit.NewWalker(&manifest.Manifest{Settings: s}).Walk(b, rapid.Uint64Range(0, 300).Draw(t, "length")) {
			if g.From != at || g.To <= g.From || g.Field == "" {
				t.Fatalf("%+v behind %d", g, at)
			}
			at = g.To
		}
		if at != len(b) {
			t.Fatalf("%d of %d bytes are covered", at, len(b))
		}
	})
}
