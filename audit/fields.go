package audit

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

// classesAtOnce is for how many classes fields are added up in one pass over the rows.
const classesAtOnce = 32

// pairOf counts by class.
type pairOf struct {
	class uint16
	value int64
}

// walked is what the walks of all rows add up to.
type walked struct {
	well       int
	names      []string  // by position: the field of the position
	byClass    [][]field // by position and class: the most frequent field; nil: that of the position
	places     map[pairOf]uint32
	links      map[pairOf]uint32 // link types of capture headers
	background []uint32          // by class: samples whose first packet is background
	ported     bool              // some port is not 0
}

// of is the field of a position in a class.
func (w *walked) of(p, class int) string {
	if w.byClass == nil {
		return w.names[p]
	}
	return w.byClass[p][class].String()
}

// scratch is what one worker adds up.
type scratch struct {
	walker
	runs       map[uint64][]int32 // by class and field: +1 where a run begins, -1 behind it
	well       int
	places     map[pairOf]uint32
	links      map[pairOf]uint32
	background []uint32
	ported     bool
}

// walkAll walks every row once.
func (a *auditor) walkAll(ctx context.Context) (*walked, error) {
	classes, size := len(a.d.classes), a.d.size()
	if a.rules.static() {
		return &walked{well: a.d.rows(), names: a.rules.staticFields(), background: make([]uint32, classes)}, nil
	}
	out := &walked{
		names: make([]string, size), byClass: make([][]field, size),
		places: map[pairOf]uint32{}, links: map[pairOf]uint32{}, background: make([]uint32, classes),
	}
	for p := range out.byClass {
		out.byClass[p] = make([]field, classes)
	}
	totals := map[field][]int32{}
	for low := 0; low < classes; low += classesAtOnce {
		all, err := a.walkClasses(ctx, low, min(low+classesAtOnce, classes))
		if err != nil {
			return nil, err
		}
		runs := map[uint64][]int32{}
		for _, s := range all {
			out.add(s)
			for key, r := range s.runs {
				if runs[key] == nil {
					runs[key] = r
					continue
				}
				for p, n := range r {
					runs[key][p] += n
				}
			}
		}
		out.addRuns(runs, totals)
	}
	out.settle(totals, a.d.rows())
	return out, nil
}

// walkClasses walks the rows of the classes low ... high-1.
func (a *auditor) walkClasses(ctx context.Context, low, high int) ([]*scratch, error) {
	d, size := a.d, a.d.size()
	all := make([]*scratch, a.workers)
	for w := range all {
		all[w] = &scratch{
			walker: walker{rules: a.rules}, runs: map[uint64][]int32{},
			places: map[pairOf]uint32{}, links: map[pairOf]uint32{}, background: make([]uint32, len(d.classes)),
		}
	}
	whole := d.spec.Size()
	err := d.eachRaw(ctx, func(first int, block []byte) error {
		rows := len(block) / whole
		return parallel.Each(ctx, a.workers, parts(rows), func(w, p int) error {
			from, to := part(p, rows)
			for i := from; i < to; i++ {
				if c := int(d.class[first+i]); low <= c && c < high {
					a.walkRow(&all[w].walker, first+i, block[i*whole:(i+1)*whole])
					all[w].row(d.class[first+i], size)
				}
			}
			return nil
		})
	})
	return all, err
}

// walkRow walks a row, or takes what is known of it.
func (a *auditor) walkRow(w *walker, row int, x []byte) {
	if a.d.layouts != nil {
		w.given(x, a.d.layouts(row))
		return
	}
	w.walk(x, int(a.d.lengths[row]))
}

// row adds up what was found in a row.
func (s *scratch) row(class uint16, size int) {
	for _, g := range s.segs {
		key := uint64(class)<<32 | uint64(g.field)
		r := s.runs[key]
		if r == nil {
			r = make([]int32, size+1)
			s.runs[key] = r
		}
		r[g.from]++
		r[g.to]--
	}
	if s.walker.well {
		s.well++
	}
	if s.ip >= 0 {
		s.places[pairOf{class, int64(s.ip)}]++
	}
	if s.linkType >= 0 {
		s.links[pairOf{class, s.linkType}]++
	}
	s.ported = s.ported || s.walker.ported && (s.sport != 0 || s.dport != 0)
	if s.isBackground() {
		s.background[class]++
	}
}

func (w *walked) add(s *scratch) {
	w.well += s.well
	w.ported = w.ported || s.ported
	for k, n := range s.places {
		w.places[k] += n
	}
	for k, n := range s.links {
		w.links[k] += n
	}
	for c, n := range s.background {
		w.background[c] += n
	}
}

// addRuns finds the most frequent field of each position and class, and adds all classes up.
func (w *walked) addRuns(runs map[uint64][]int32, totals map[field][]int32) {
	size := len(w.names)
	var best []int32
	class := -1
	keys := slices.SortedFunc(maps.Keys(runs), func(a, b uint64) int {
		// The first name in byte order comes first, and stays where counts are equal.
		return cmp.Or(cmp.Compare(a>>32, b>>32), cmp.Compare(field(uint32(a)).String(), field(uint32(b)).String()))
	})
	for _, key := range keys {
		if c := int(key >> 32); c != class {
			class, best = c, make([]int32, size)
		}
		f := field(uint32(key))
		if totals[f] == nil {
			totals[f] = make([]int32, size)
		}
		have := int32(0)
		for p := range size {
			have += runs[key][p]
			totals[f][p] += have
			if have > best[p] {
				best[p] = have
				w.byClass[p][class] = f
			}
		}
	}
}

// settle decides the field of each position.
func (w *walked) settle(totals map[field][]int32, rows int) {
	at := func(f field, p int) int64 {
		if t := totals[f]; t != nil {
			return int64(t[p])
		}
		return 0
	}
	whole := int64(rows)
	for p := range w.names {
		inside := at(payload, p) + at(padding, p)
		switch {
		case inside*10 >= whole*9:
			w.names[p] = payload.String()
			if at(payload, p) == 0 {
				w.names[p] = padding.String()
			}
			continue
		case inside*10 < whole:
			w.names[p] = nameHeaders
		default:
			w.names[p] = nameMixed
		}
		for f, t := range totals { // at most one has so many rows
			if int64(t[p])*10 >= whole*9 {
				w.names[p] = f.String()
			}
		}
	}
}

// backgroundPorts are the ports of SPEC part 3 that are left out by default, for UDP.
var backgroundPorts = []uint16{67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5353, 5355}

// isBackground reports whether the first packet is traffic that is not of the class. What is
// masked says nothing.
func (s *scratch) isBackground() bool {
	if s.rules.ports && s.walker.ported {
		for _, port := range []uint16{s.sport, s.dport} {
			if port == 53 || s.proto == 17 && slices.Contains(backgroundPorts, port) {
				return true
			}
		}
	}
	if !s.rules.addresses {
		return false
	}
	switch to := s.destination; len(to) {
	case 4:
		return to[0]>>4 == 14 || to[0]&to[1]&to[2]&to[3] == 0xff
	case 16:
		return to[0] == 0xff
	}
	return false
}
