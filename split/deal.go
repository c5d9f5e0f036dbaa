package split

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// place is the side or fold of a group, as an index into those that exist, and how it came
// there.
type place struct {
	side uint8
	how  byte
}

// hand is what one class has got of one kind of groups so far.
type hand struct {
	sides    []int64          // samples by side
	dealt    int64            // their sum
	open     map[uint64]int64 // samples, by group, that were added since
	opened   int64            // their sum
	captures map[uint32]bool  // that all of these are of
	failed   bool             // some side would have nothing
}

// A dealer deals the groups of one kind out. Groups are known by their numbers: what
// hasher.group returns.
type dealer struct {
	c       *computation
	by      By
	weights []uint64 // of the sides that exist
	total   uint64
	places  map[uint64]place
	strict  bool // a class of which some side would have nothing is not dealt
}

// deal deals the groups of the classes for which in is true, round after round, as the
// dataset grew: sides that were given in one round stay in the next.
func (c *computation) deal(by By, strict bool, in func(k *class) bool) error {
	d := &dealer{c: c, by: by, places: map[uint64]place{}, strict: strict}
	for _, p := range c.parts {
		d.weights = append(d.weights, p.weight)
	}
	d.total = total(c.parts)
	c.dealt[by] = d
	for _, k := range c.classes {
		k.hand = hand{sides: make([]int64, len(d.weights)), open: map[uint64]int64{}, captures: map[uint32]bool{}}
	}
	rounds, i := c.rounds, int64(0)
	err := c.each(func(s *Sample, k *class) error {
		if len(rounds) > 0 && i == rounds[0] {
			d.round()
			rounds = rounds[1:]
		}
		i++
		switch {
		case !in(k) || k.hand.failed:
			return nil
		case by == Host && s.Row.Host == [8]byte{}:
			return ErrNoHosts
		}
		k.hand.captures[s.Row.Capture] = true
		k.hand.open[c.hash.group(by, s)]++
		k.hand.opened++
		return nil
	})
	d.round()
	return err
}

// round deals what was added since the round before. Classes with few new groups go first:
// they have the least choice where a group belongs to several classes.
func (d *dealer) round() {
	order := slices.DeleteFunc(slices.Clone(d.c.classes), func(k *class) bool { return len(k.hand.open) == 0 })
	slices.SortStableFunc(order, func(a, b *class) int { return cmp.Compare(len(a.hand.open), len(b.hand.open)) })
	for _, k := range order {
		if k.decided || k.hand.opened >= d.c.o.MinPerClass {
			d.deal(k)
		}
	}
}

// deal gives each new group of the class a side, in the order of their numbers: the side
// that is furthest below its share of all samples of the class; of equal ones the first.
func (d *dealer) deal(k *class) {
	h := &k.hand
	total, sides := uint64(h.dealt+h.opened), slices.Clone(h.sides)
	var fresh []uint64
	for _, u := range slices.Sorted(maps.Keys(h.open)) {
		if p, ok := d.places[u]; ok {
			sides[p.side] += h.open[u]
		} else {
			fresh = append(fresh, u)
		}
	}
	places := make([]place, len(fresh))
	for i, u := range fresh {
		without := 0
		for _, n := range sides {
			if n == 0 {
				without++
			}
		}
		need := len(fresh)-i <= without
		best, most := -1, int64(0)
		for s, n := range sides {
			// Below its share, in samples times the sum of the weights.
			below := int64(total*d.weights[s]) - n*int64(d.total)
			if (!need || n == 0) && (best < 0 || below > most) {
				best, most = s, below
			}
		}
		places[i] = place{uint8(best), ByQuota}
		if need {
			places[i].how = ByNeed
		}
		sides[best] += h.open[u]
	}
	if d.strict && !k.decided && slices.Contains(sides, 0) {
		k.Instead = d.why(k)
		*h = hand{failed: true}
		return
	}
	if !k.decided {
		k.by, k.decided = d.by, true
	}
	for i, u := range fresh {
		d.places[u] = places[i]
	}
	h.sides, h.dealt, h.opened = sides, int64(total), 0
	clear(h.open)
}

// why says what keeps a class from being dealt.
func (d *dealer) why(k *class) string {
	text := fmt.Sprintf("%s of %s", plural(k.hand.opened, "sample"), plural(int64(len(k.hand.captures)), "capture"))
	groups := len(k.hand.open)
	switch {
	case groups >= len(d.weights):
		return text + ", on " + d.c.o.parted() + " that other classes need them on"
	case d.by != Capture:
		text += ", in " + plural(int64(groups), "group")
	}
	return fmt.Sprintf("%s, too few for %d %s", text, len(d.weights), d.c.o.parted())
}

// quota settles the way of every class and deals its groups.
func (c *computation) quota() error {
	other, allowed := c.o.Fallback.by()
	if err := c.count(); err != nil {
		return err
	}
	var err error
	if c.o.By == Time {
		err = c.cutTimes(c.classes, true)
	} else {
		err = c.deal(c.o.By, !allowed || other != c.o.By, func(*class) bool { return true })
	}
	if err != nil {
		return err
	}
	var failed []*class
	var unsplit []Class
	for _, k := range c.classes {
		if k.Instead != "" && !k.decided {
			failed, unsplit = append(failed, k), append(unsplit, k.Class)
		}
	}
	switch {
	case failed == nil:
		return nil
	case !allowed:
		return &UnsplitError{Settings: c.o.Settings(), Classes: unsplit}
	case other == Time:
		return c.cutTimes(failed, false)
	}
	return c.deal(other, false, func(k *class) bool { return slices.Contains(failed, k) })
}

// count counts the samples and captures of classes.
func (c *computation) count() error {
	err := c.each(func(s *Sample, k *class) error {
		k.total++
		k.in[s.Row.Capture] = true
		return nil
	})
	for _, k := range c.classes {
		k.Captures = int64(len(k.in))
	}
	return err
}

// cutTimes settles the classes by time: by the cuts that are recorded, else by new ones. With
// strict a class that has too few different times is not settled.
func (c *computation) cutTimes(classes []*class, strict bool) error {
	err := c.each(func(s *Sample, k *class) error {
		if c.olds[k.Label] == nil && slices.Contains(classes, k) {
			k.times = append(k.times, s.Row.Start)
		}
		return nil
	})
	for _, k := range classes {
		old := c.olds[k.Label]
		switch {
		case old != nil && strict && old.By != Time.String():
			k.Instead = old.Instead
			continue
		case old != nil:
			k.Cuts = old.Cuts
			if strict {
				k.Instead = old.Instead
			}
		case k.total == 0 || k.total < c.o.MinPerClass:
			continue
		default:
			at, ok := chooseCuts(k.times, c.parts)
			if !ok && strict {
				k.Instead = c.why(k)
				continue
			}
			k.Cuts = at
		}
		k.by, k.decided, k.cuts = Time, true, cutsOf(k.Cuts, c.parts)
	}
	return err
}
