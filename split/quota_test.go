package split_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/split"
)

// slow is the quota rule again, from docs/formats/splits.md alone: it looks at all samples as often as it likes.
type slow struct {
	o      split.Options
	w      *world
	side   map[string]byte // of groups, by kind and identity
	how    map[string]byte
	way    map[uint16]string
	failed map[uint16]bool
	seen   int // samples of the rounds before
}

// group is kind and identity of a sample's group, and its rank.
func (m *slow) group(by split.By, s *split.Sample) (name string, rank uint64) {
	id := []byte(m.w.captures[s.Row.Capture])
	switch by {
	case split.Session:
		id = s.Print[:]
	case split.Host:
		id = s.Row.Host[:]
	case split.None:
		id = binary.BigEndian.AppendUint64(id, s.Row.Session)
	}
	name = by.String() + "\x00" + string(id)
	h := hmac.New(sha256.New, []byte(m.o.Salt))
	h.Write([]byte(name))
	return name, binary.BigEndian.Uint64(h.Sum(nil))
}

// deal is one round over the first n samples for the classes of which in says so; lax accepts sides with nothing.
func (m *slow) deal(by split.By, n int, lax bool, in func(label uint16) bool) {
	type entry struct {
		name string
		rank uint64
		n    int64
	}
	groups := map[uint16]map[string]*entry{}
	fresh := map[uint16]map[string]bool{} // with a sample that no round has seen
	for i := range n {
		s := &m.w.samples[i]
		name, rank := m.group(by, s)
		if groups[s.Label] == nil {
			groups[s.Label], fresh[s.Label] = map[string]*entry{}, map[string]bool{}
		}
		if groups[s.Label][name] == nil {
			groups[s.Label][name] = &entry{name, rank, 0}
		}
		groups[s.Label][name].n++
		if m.way[s.Label] == "" || i >= m.seen {
			fresh[s.Label][name] = true
		}
	}
	var labels []uint16
	for _, c := range m.w.classes {
		if in(c.Label) && len(fresh[c.Label]) > 0 {
			labels = append(labels, c.Label)
		}
	}
	slices.SortStableFunc(labels, func(a, b uint16) int { return len(fresh[a]) - len(fresh[b]) })
	for _, label := range labels {
		total := int64(0)
		var list []*entry
		for _, e := range groups[label] {
			total += e.n
			list = append(list, e)
		}
		if total < m.o.MinPerClass {
			continue
		}
		have := map[byte]int64{}
		var wanting []*entry
		for _, e := range list {
			if side, ok := m.side[e.name]; ok {
				have[side] += e.n
			} else {
				wanting = append(wanting, e)
			}
		}
		slices.SortFunc(wanting, func(a, b *entry) int {
			if a.rank < b.rank {
				return -1
			}
			return 1
		})
		weights, sum := map[byte]int64{}, int64(0)
		sides, shares := shareOf(m.o)
		for i, w := range shares {
			weights[sides[i]], sum = w, sum+w
		}
		given := map[string]byte{}
		how := map[string]byte{}
		for i, e := range wanting {
			var bare []byte
			for _, s := range []byte(sides) {
				if have[s] == 0 {
					bare = append(bare, s)
				}
			}
			from, why := []byte(sides), byte('q')
			if len(wanting)-i <= len(bare) {
				from, why = bare, 'n'
			}
			best := from[0]
			for _, s := range from {
				if total*weights[s]-have[s]*sum > total*weights[best]-have[best]*sum {
					best = s
				}
			}
			given[e.name], how[e.name] = best, why
			have[best] += e.n
		}
		if m.way[label] == "" && !lax && len(have) < len(sides) {
			m.failed[label] = true
			continue
		}
		m.way[label] = by.String()
		for name, side := range given {
			m.side[name], m.how[name] = side, how[name]
		}
	}
}

// TestQuotaAgainstTheSlowRule: over datasets that grow, sides, ways and how each group came to its side are those of the slow
// rule. No class is by time here.
func TestQuotaAgainstTheSlowRule(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawParted(t)
		o.Method, o.Fallback, o.MaxPerClass = split.Quota, split.UseSession, 0
		if o.By == split.Time {
			o.By = split.Capture
		}
		m := &slow{o: o, w: w, side: map[string]byte{}, how: map[string]byte{}, way: map[uint16]string{}, failed: map[uint16]bool{}}
		var before *split.Record
		n := 0
		for range 3 {
			n = rapid.IntRange(n, len(w.samples)).Draw(t, "n")
			r := compute(t, w.input(n), o, before)
			m.deal(o.By, n, o.By == split.Session, func(l uint16) bool { return !m.failed[l] && m.way[l] != "session" || o.By == split.Session })
			if o.By != split.Session {
				m.deal(split.Session, n, true, func(l uint16) bool { return m.failed[l] })
			}
			m.seen = n
			for i := range n {
				s := &w.samples[i]
				side, how := byte(split.LeftOut), byte(split.LeftOut)
				if way := m.way[s.Label]; way != "" {
					by, _ := split.ParseBy(way)
					name, _ := m.group(by, s)
					side, how = m.side[name], m.how[name]
				}
				if r.Assignment[i] != side || r.How[i] != how {
					t.Fatalf("%+v, %d samples: sample %d is on side %c by %c, the slow rule says %c by %c", o, n, i, r.Assignment[i], r.How[i], side, how)
				}
			}
			for _, c := range r.Classes {
				if c.By != m.way[c.Label] || (c.Instead != "") != m.failed[c.Label] {
					t.Fatalf("%+v: class %+v, the slow rule has %q", o, c, m.way[c.Label])
				}
			}
			before = r
		}
	})
}

// TestQuotaBounds: with groups of one class each, no side is a whole group or more above its share, and every side has
// something as long as there are groups for it. So with two sides none is a group below its share.
func TestQuotaBounds(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w := &world{}
		o := drawParted(t)
		o.Method, o.By, o.MinPerClass, o.MaxPerClass = split.Quota, split.Capture, 0, 0
		w.classes = []split.ClassName{{Label: 0, Name: "a"}, {Label: 1, Name: "b"}}
		sizes, largest := [2]int64{}, [2]int64{}
		groups := [2]int{}
		for c := range rapid.IntRange(0, 30).Draw(t, "captures") {
			w.captures = append(w.captures, fmt.Sprint("digest", c))
			label, n := rapid.IntRange(0, 1).Draw(t, "label"), rapid.IntRange(1, 20).Draw(t, "samples")
			groups[label]++
			sizes[label] += int64(n)
			largest[label] = max(largest[label], int64(n))
			for i := range n {
				w.samples = append(w.samples, split.Sample{Label: uint16(label), Print: [16]byte{byte(c), byte(i)}, Row: dataset.Row{Capture: uint32(c), Session: uint64(i)}})
			}
		}
		r := compute(t, w.input(len(w.samples)), o, nil)
		letters, shares := shareOf(o)
		sum, sides := int64(0), len(letters)
		for _, x := range shares {
			sum += x
		}
		for _, c := range r.Classes {
			if can := groups[c.Label] >= sides; can != (c.Instead == "") {
				t.Fatalf("%d groups for %d sides: %+v", groups[c.Label], sides, c)
			}
			if c.Instead != "" {
				continue
			}
			for i, x := range shares {
				have := int64(0)
				for k := range w.samples {
					if w.samples[k].Label == c.Label && r.Assignment[k] == letters[i] {
						have++
					}
				}
				counted := c.Samples.Folds
				if o.Folds == 0 {
					counted = []int64{c.Samples.Of(dataset.Side(letters[i] - '0'))}
				}
				above := have*sum - sizes[c.Label]*x // in samples times sum
				switch {
				case counted[i%len(counted)] != have:
					t.Fatalf("%c has %d samples, the record counts %v", letters[i], have, counted)
				case have == 0:
					t.Fatalf("%d groups for %d sides: nothing for %c: %+v", groups[c.Label], sides, letters[i], c)
				case above >= largest[c.Label]*sum || sides == 2 && -above >= largest[c.Label]*sum:
					t.Fatalf("%c has %d of %d samples for a share of %d in %d, the largest group has %d", letters[i], have, sizes[c.Label], x, sum, largest[c.Label])
				}
			}
		}
	})
}

// TestQuotaFillsWhatIsShort: groups that are added go where the dataset that is there has too little.
func TestQuotaFillsWhatIsShort(t *testing.T) {
	w := &world{classes: []split.ClassName{{Label: 0, Name: "a"}}}
	for i := range 200 {
		w.captures = append(w.captures, fmt.Sprint(i))
		w.samples = append(w.samples, split.Sample{Row: dataset.Row{Capture: uint32(i)}})
	}
	o := split.Options{Weights: split.Weights{80, 10, 10}, Salt: split.DefaultSalt}
	var before *split.Record
	for _, n := range []int{3, 50, 51, 200} {
		r, err := split.Compute(w.input(n), o, before)
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Sides; n > 3 && (s.Train > int64(n*8/10+1) || s.Validation > int64(n/10+1) || s.Test > int64(n/10+1)) {
			t.Errorf("%d samples: %+v", n, s)
		}
		if before != nil && (!strings.HasPrefix(r.Assignment, before.Assignment) || !strings.HasPrefix(r.How, before.How)) {
			t.Errorf("%d samples: what was there moved", n)
		}
		before = r
	}
	if fmt.Sprint(before.Rounds) != "[3 50 51 200]" || before.How[:3] != "nnn" || strings.Trim(before.How[3:], "q") != "" {
		t.Errorf("rounds %v, %s", before.Rounds, before.How)
	}
	// Somebody who moves a group is found out, as is one who denies a round.
	for name, change := range map[string]func(r *split.Record){
		"a side":  func(r *split.Record) { r.Assignment = string(r.Assignment[0]^1) + r.Assignment[1:] },
		"a round": func(r *split.Record) { r.Rounds = []int64{200} },
	} {
		wrong := *before
		change(&wrong)
		if r, err := split.Compute(w.input(200), o, &wrong); err != nil || r.Assignment == wrong.Assignment {
			t.Errorf("%s was changed, and is what it should be: %v", name, err)
		}
	}
}

// TestRoundsAreChecked: a record by quota that contradicts itself is refused.
func TestRoundsAreChecked(t *testing.T) {
	for name, change := range map[string]func(r *split.Record){
		"no rounds":          func(r *split.Record) { r.Rounds = nil },
		"a round twice":      func(r *split.Record) { r.Rounds = []int64{3, 3} },
		"more than there is": func(r *split.Record) { r.Rounds = []int64{2, 4} },
		"below":              func(r *split.Record) { r.Rounds = []int64{-1, 3} },
		"how of fewer":       func(r *split.Record) { r.How = "qq" },
	} {
		r := &split.Record{
			Format: split.Format, Version: 2, Settings: (&split.Options{Weights: split.Weights{1, 0, 1}, Salt: "x"}).Settings(),
			Samples: 3, Assignment: "020", How: "qqq", Rounds: []int64{2, 3},
		}
		for _, bad := range []bool{false, true} {
			if bad {
				change(r)
			}
			text, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := split.Parse(text); (err != nil) != bad {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
