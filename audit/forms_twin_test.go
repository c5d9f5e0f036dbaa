package audit_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// formed is a dataset of a form: three classes whose packets differ in size, time and TTL as the
// seed has it.
func formed(t *testing.T, seed uint64, form string) *store.Dataset {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(seed, 11))
	now := int64(1_600_000_000_000_000_000)
	for k, name := range []string{"aim_chat1.pcap", "email1.pcap", "youtube1.pcap"} {
		var packets []testcap.Packet
		for i := range uint16(260) {
			src, dst := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.9")
			from, to := 2000+i, uint16(9000)
			ttl := uint8(64 - 3*k*r.IntN(2))
			for range 1 + r.IntN(4+k) {
				now += r.Int64N(3e7) * int64(1+k)
				p := testcap.Packet{LinkType: testcap.Raw, Time: now, Data: testcap.Build(
					testcap.IPv4{Src: src, Dst: dst, TTL: ttl, ID: uint16(r.Uint32())}, testcap.TCP{SrcPort: from, DstPort: to, Flags: 0x18, Seq: r.Uint32()},
					testcap.Payload(fmt.Sprintf("%0*d", 1+r.IntN(300*(k+1)), r.Uint64()%1000)))}
				packets = append(packets, p)
				src, dst, from, to = dst, src, to, from
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), testcap.Pcap{LinkType: testcap.Raw}.File(packets...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := mill.Default()
	o.Mask, o.Drop, o.Dedup, o.Shape = mask.Default(), header.DropNone, sample.DedupNone, sample.Shape{}
	var err error
	if o.Form, err = represent.Parse(form); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "data")
	p, err := mill.Prepare([]string{dir}, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// naive computes what an audit says of cells, from the samples, in the most obvious way.
type naive struct {
	cells       int
	raw         [][]byte
	x           [][]float64 // values by row and cell
	y           []int
	k           int
	train, test []int
	bins        [][]int // of values, by row and cell
}

func newNaive(t *testing.T, s *store.Dataset) *naive {
	t.Helper()
	spec := s.Spec()
	n := &naive{cells: spec.Rows * spec.Cols}
	in, err := s.Samples()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	labels, err := s.Labels()
	if err != nil {
		t.Fatal(err)
	}
	defer labels.Close()
	var all []uint16
	for range s.Len() {
		b, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		l, err := labels.Next()
		if err != nil {
			t.Fatal(err)
		}
		var row []float64
		for i := range n.cells {
			switch spec.Type {
			case dataset.U8:
				row = append(row, float64(b[i]))
			case dataset.I8:
				row = append(row, float64(int8(b[i])))
			case dataset.I16:
				row = append(row, float64(int16(binary.BigEndian.Uint16(b[2*i:]))))
			default:
				row = append(row, float64(math.Float32frombits(binary.BigEndian.Uint32(b[4*i:]))))
			}
		}
		n.raw, n.x, all = append(n.raw, slices.Clone(b)), append(n.x, row), append(all, l)
	}
	present := slices.Compact(slices.Sorted(slices.Values(all)))
	n.k = len(present)
	seen := map[uint16]int{}
	for i, l := range all {
		n.y = append(n.y, slices.Index(present, l))
		if seen[l]++; seen[l]%2 == 1 {
			n.train = append(n.train, i)
		} else {
			n.test = append(n.test, i)
		}
	}
	n.bin(spec.Type.Size() == 1)
	return n
}

// bin gives each value the place of its bin: how many cuts are at most the value. A value of one
// byte is a bin of its own.
func (n *naive) bin(byteWide bool) {
	n.bins = make([][]int, len(n.x))
	if byteWide {
		for i, row := range n.x {
			for _, v := range row {
				n.bins[i] = append(n.bins[i], int(v)+128)
			}
		}
		return
	}
	for c := range n.cells {
		var sorted []float64
		for _, i := range n.train {
			sorted = append(sorted, n.x[i][c])
		}
		slices.Sort(sorted)
		cuts := slices.Compact(slices.Clone(sorted))
		if len(cuts) <= 256 {
			cuts = cuts[1:]
		} else {
			cuts = nil
			for k := 1; k < 256; k++ {
				cuts = append(cuts, sorted[k*len(sorted)/256])
			}
			cuts = slices.Compact(cuts)
		}
		for i := range n.x {
			at := 0
			for _, cut := range cuts {
				if cut <= n.x[i][c] {
					at++
				}
			}
			n.bins[i] = append(n.bins[i], at)
		}
	}
}

// most is the most frequent class of rows, ties: the lower.
func (n *naive) most(rows []int) int {
	counts := make([]int, n.k)
	for _, i := range rows {
		counts[n.y[i]]++
	}
	return slices.Index(counts, slices.Max(counts))
}

// score is accuracy and kappa of what is said of the test rows.
func (n *naive) score(says func(i int) int) (accuracy, kappa float64) {
	rows, columns, right := make([]float64, n.k), make([]float64, n.k), 0.0
	for _, i := range n.test {
		c := says(i)
		rows[n.y[i]]++
		columns[c]++
		if c == n.y[i] {
			right++
		}
	}
	total, chance := float64(len(n.test)), 0.0
	for c := range rows {
		chance += rows[c] * columns[c] / total / total
	}
	if accuracy = right / total; chance == 1 {
		return accuracy, 0
	}
	return accuracy, (accuracy - chance) / (1 - chance)
}

func (n *naive) table(c int) (accuracy, kappa float64) {
	by := map[int][]int{}
	for _, i := range n.train {
		by[n.bins[i][c]] = append(by[n.bins[i][c]], i)
	}
	usual := n.most(n.train)
	return n.score(func(i int) int {
		if rows := by[n.bins[i][c]]; rows != nil {
			return n.most(rows)
		}
		return usual
	})
}

// grow is a tree, as what it says of a row.
func (n *naive) grow(rows []int, depth int) func(i int) int {
	class := n.most(rows)
	leaf := func(int) int { return class }
	pure := !slices.ContainsFunc(rows, func(i int) bool { return n.y[i] != n.y[rows[0]] })
	if depth == 0 || pure {
		return leaf
	}
	gain, cell, cut := -1.0, 0, 0
	for c := range n.cells {
		var seen []int
		for _, i := range rows {
			seen = append(seen, n.bins[i][c])
		}
		seen = slices.Compact(slices.Sorted(slices.Values(seen)))
		for v := 1; v < len(seen); v++ {
			g := 0.0
			for _, side := range [2]bool{true, false} {
				counts, m := make([]float64, n.k), 0.0
				for _, i := range rows {
					if (n.bins[i][c] < seen[v]) == side {
						counts[n.y[i]]++
						m++
					}
				}
				s := 0.0
				for _, x := range counts {
					s += x * x
				}
				g += s / m
			}
			if g > gain {
				gain, cell, cut = g, c, (seen[v-1]+seen[v])/2
			}
		}
	}
	if gain < 0 {
		return leaf
	}
	var low, high []int
	for _, i := range rows {
		if n.bins[i][cell] <= cut {
			low = append(low, i)
		} else {
			high = append(high, i)
		}
	}
	left, right := n.grow(low, depth-1), n.grow(high, depth-1)
	return func(i int) int {
		if n.bins[i][cell] <= cut {
			return left(i)
		}
		return right(i)
	}
}

func (n *naive) nearest(i int) int {
	type near struct{ differ, row int }
	var all []near
	for _, j := range n.train {
		d := 0
		for c := range n.cells {
			if n.bins[i][c] != n.bins[j][c] {
				d++
			}
		}
		all = append(all, near{d, j})
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.differ - b.differ })
	var rows []int
	for _, a := range all[:5] {
		rows = append(rows, a.row)
	}
	return n.most(rows)
}

// TestFormsTwin: the scores of cells, trees and neighbours, and equal rows, are those of a slow computation of their definitions.
func TestFormsTwin(t *testing.T) {
	for i, form := range []string{
		"series:packets=5,channels=ipt+dir+size+flags,select=all", "segments:packets=2,width=30", "segments:part=payload,packets=1,width=40",
		"matrix:packets=2,header=40,payload=20", "mini-flowpic:size=8,span=1s", "flowpic:size=9", "nprint:layers=ipv4,payload=3",
	} {
		t.Run(form, func(t *testing.T) {
			s := formed(t, uint64(i), form)
			n := newNaive(t, s)
			d, err := audit.OpenDataset(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			r, err := audit.Run(context.Background(), d, audit.Options{Workers: 3})
			if err != nil {
				t.Fatal(err)
			}
			same := func(what string, have, want float64) {
				t.Helper()
				if math.Abs(have-want) > 1e-6 {
					t.Errorf("%s is %v, need %v", what, have, want)
				}
			}
			if len(r.Positions) != n.cells {
				t.Fatalf("%d positions of %d cells", len(r.Positions), n.cells)
			}
			for c, p := range r.Positions {
				accuracy, kappa := n.table(c)
				same(fmt.Sprintf("accuracy of cell %d", c), p.Accuracy, accuracy)
				same(fmt.Sprintf("kappa of cell %d", c), p.Kappa, kappa)
			}
			for _, p := range r.Probes {
				if p.Input != "all" {
					continue
				}
				switch p.Probe {
				case "tree-3", "tree-8":
					depth := int(p.Probe[5] - '0')
					accuracy, _ := n.score(n.grow(n.train, depth))
					same(p.Probe, p.Accuracy, accuracy)
				case "knn":
					accuracy, _ := n.score(n.nearest)
					same(p.Probe, p.Accuracy, accuracy)
				}
			}
			distinct := map[string]bool{}
			for _, b := range n.raw {
				distinct[string(b)] = true
			}
			if r.Duplicates.Distinct != len(distinct) {
				t.Errorf("%d distinct rows, need %d", r.Duplicates.Distinct, len(distinct))
			}
		})
	}
}

// TestFormsWorkers: the number of workers changes nothing.
func TestFormsWorkers(t *testing.T) {
	s := formed(t, 9, "series:packets=8,select=all")
	var first string
	for _, workers := range []int{1, 2, 5} {
		d, err := audit.OpenDataset(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		r, err := audit.Run(context.Background(), d, audit.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%+v", *r)
		if first == "" {
			first = text
		}
		if text != first {
			t.Errorf("%d workers say otherwise", workers)
		}
	}
}
