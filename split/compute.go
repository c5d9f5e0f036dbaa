package split

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"slices"
)

// ErrNoHosts says that samples have no pseudonym of a host to be grouped by.
var ErrNoHosts error = noHosts{}

type noHosts struct{}

func (noHosts) Error() string { return "the samples have no pseudonyms of hosts" }

// Hint says what a person can do about it.
func (noHosts) Hint() string {
	return "make the dataset with --key-file, or split by capture, session or time"
}

// Compute divides the samples as o says. before is the record of an earlier split of the
// same dataset, when it had as many samples or fewer, under the same options, or nil: the
// rounds of dealing, and the ways and cuts of classes, stand there and stay. Errors: *[UnsplitError]; [ErrNoHosts];
// what in.Each returns; a sample of no class or no capture.
func Compute(in *Input, o Options, before *Record) (*Record, error) {
	if err := o.CheckTimes(in.TableTimes); err != nil {
		return nil, err
	}
	if err := o.CheckUnits(in.Units); err != nil {
		return nil, err
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	if before != nil && before.Settings != o.Settings() {
		return nil, errors.New("the earlier split has other settings")
	}
	if o.Given != nil {
		o.Method, o.By, o.Salt = Hash, Capture, DefaultSalt // nothing is dealt
	}
	c := &computation{in: in, o: o, parts: o.parts(), hash: newHasher(&o, in), at: map[uint16]*class{}, olds: map[uint16]*Class{}}
	if err := c.begin(before); err != nil {
		return nil, err
	}
	steps := []func() error{c.quota, c.assign}
	switch {
	case o.Given != nil:
		if err := c.give(before); err != nil {
			return nil, err
		}
		steps = []func() error{c.count, c.byCapture, c.assign}
	case o.Method == Hash:
		steps = []func() error{c.tally, c.decide, c.assign}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return c.record()
}

// computation is one run of Compute.
type computation struct {
	in      *Input
	o       Options
	parts   []part // sides or folds
	hash    *hasher
	classes []*class // by label
	at      map[uint16]*class
	sides   []byte // of samples, in the letters of an assignment
	given   string // letters of captures, with sides from a file
	how     []byte // by quota: how they came there

	rounds []int64           // by quota: how many samples there were when groups were dealt, before
	dealt  [ways]*dealer     // by quota: groups by kind
	olds   map[uint16]*Class // by quota: as the record before has them
}

// class is what is known about one.
type class struct {
	Class
	total   int64
	by      By
	decided bool // in an earlier split, or by now
	cuts    []cut
	would   [2][]int64 // samples by part as asked and as the fallback has it
	samples []int64    // by part, as assigned
	times   []int64
	in      map[uint32]bool // captures
	train   picks
	hand    hand
}

func (c *computation) begin(before *Record) error {
	for _, n := range c.in.Classes {
		if c.at[n.Label] != nil {
			return fmt.Errorf("label %d is in two classes", n.Label)
		}
		k := &class{Class: Class{Label: n.Label, Name: n.Name}, in: map[uint32]bool{}, samples: make([]int64, len(c.parts))}
		k.would = [2][]int64{make([]int64, len(c.parts)), make([]int64, len(c.parts))}
		c.at[n.Label] = k
		c.classes = append(c.classes, k)
	}
	slices.SortFunc(c.classes, func(a, b *class) int { return cmp.Compare(a.Label, b.Label) })
	if before == nil {
		return nil
	}
	c.rounds = before.Rounds
	for i := range before.Classes {
		old := &before.Classes[i]
		k := c.at[old.Label]
		switch {
		case k == nil || k.Name != old.Name:
			return fmt.Errorf("the earlier split has a class %d %s, the dataset does not", old.Label, old.Name)
		case old.By == "":
			continue
		case c.o.Method == Quota:
			c.olds[old.Label] = old
			continue
		}
		by, err := ParseBy(old.By)
		if err != nil {
			return err
		}
		k.by, k.decided, k.Instead = by, true, old.Instead
		if by == Time {
			k.Cuts, k.cuts = old.Cuts, cutsOf(old.Cuts, c.parts)
		}
	}
	return nil
}

// each calls f for every sample with its class.
func (c *computation) each(f func(s *Sample, k *class) error) error {
	return c.in.Each(func(s *Sample) error {
		k := c.at[s.Label]
		switch {
		case k == nil:
			return fmt.Errorf("a sample has label %d, which is in no class", s.Label)
		case int(s.Row.Capture) >= len(c.in.Captures):
			return fmt.Errorf("a sample is of capture %d, but there are %d", s.Row.Capture, len(c.in.Captures))
		}
		return f(s, k)
	})
}

// tally counts what the ways that are not by time would do to classes.
func (c *computation) tally() error {
	other, _ := c.o.Fallback.by()
	return c.each(func(s *Sample, k *class) error {
		k.total++
		k.in[s.Row.Capture] = true
		if k.decided {
			return nil
		}
		for i, by := range []By{c.o.By, other} {
			switch {
			case by == Time || i == 1 && c.o.Fallback == Refuse:
				continue
			case by == Host && s.Row.Host == [8]byte{}:
				return ErrNoHosts
			}
			k.would[i][drawn(c.parts, c.o.Folds > 0, c.hash.group(by, s))]++
		}
		return nil
	})
}

// decide settles the way of every class.
func (c *computation) decide() error {
	if err := c.collectTimes(); err != nil {
		return err
	}
	var unsplit []Class
	for _, k := range c.classes {
		k.Captures = int64(len(k.in))
		if k.decided || k.total == 0 || k.total < c.o.MinPerClass {
			continue
		}
		k.by, k.decided = c.o.By, true
		if c.settle(k, 0) {
			continue
		}
		k.Instead = c.why(k)
		by, ok := c.o.Fallback.by()
		if !ok {
			unsplit = append(unsplit, k.Class)
			continue
		}
		k.by = by
		c.settle(k, 1)
	}
	if unsplit != nil {
		return &UnsplitError{Settings: c.o.Settings(), Classes: unsplit}
	}
	return nil
}

// settle says whether the class has samples on every side when it is split by k.by, and
// chooses its cuts if that is time.
func (c *computation) settle(k *class, way int) bool {
	if k.by == Time {
		at, ok := chooseCuts(k.times, c.parts)
		if ok {
			k.Cuts, k.cuts = at, cutsOf(at, c.parts)
		}
		return ok
	}
	return !slices.Contains(k.would[way], 0)
}

// why says what keeps a class from being split as asked.
func (c *computation) why(k *class) string {
	text := fmt.Sprintf("%s of %s", plural(k.total, "sample"), plural(k.Captures, "capture"))
	if c.o.By == Time {
		return text + ", with too few different times"
	}
	if i := slices.Index(k.would[0], 0); i >= 0 {
		return fmt.Sprintf("%s, none of them for %s", text, c.parts[i].name)
	}
	return text
}

// collectTimes gathers the times of classes that may have to be split by time.
func (c *computation) collectTimes() error {
	if other, _ := c.o.Fallback.by(); c.o.By != Time && other != Time {
		return nil
	}
	return c.each(func(s *Sample, k *class) error {
		if !k.decided {
			k.times = append(k.times, s.Row.Start)
		}
		return nil
	})
}

// assign gives every sample its side.
func (c *computation) assign() error {
	err := c.each(func(s *Sample, k *class) error {
		i := len(c.sides)
		if !k.decided {
			c.sides, c.how = append(c.sides, LeftOut), append(c.how, LeftOut)
			k.leave(TooFew)
			return nil
		}
		at, how := 0, ByTime
		switch {
		case c.o.Given != nil:
			letter := c.given[s.Row.Capture]
			if at = slices.IndexFunc(c.parts, func(p part) bool { return p.letter == letter }); at < 0 {
				c.sides = append(c.sides, LeftOut)
				k.leave(NoSide)
				return nil
			}
		case k.by == Host && s.Row.Host == [8]byte{}:
			return ErrNoHosts
		case k.by == Time:
			at = partAt(k.cuts, s.Row.Start)
			if straddles(k.cuts, s.Row.Start, s.Row.Duration) {
				k.Across++
			}
		case c.o.Method == Quota:
			p := c.dealt[k.by].places[c.hash.group(k.by, s)]
			at, how = int(p.side), p.how
		default:
			at = drawn(c.parts, c.o.Folds > 0, c.hash.group(k.by, s))
		}
		c.sides, c.how = append(c.sides, c.parts[at].letter), append(c.how, how)
		if at > 0 || c.o.MaxPerClass == 0 {
			return nil
		}
		heap.Push(&k.train, pick{c.hash.own("max-per-class", s), i})
		if int64(len(k.train)) > c.o.MaxPerClass {
			out := heap.Pop(&k.train).(pick)
			c.sides[out.at] = LeftOut
			k.leave(TooMany)
		}
		return nil
	})
	return err
}

func (k *class) leave(reason string) {
	if k.LeftOut == nil {
		k.LeftOut = map[string]int64{}
	}
	k.LeftOut[reason]++
}

// pick is a training sample with its own number.
type pick struct {
	u  uint64
	at int
}

// picks is a heap with the largest number on top; of equal ones, the later sample.
type picks []pick

func (p picks) Len() int { return len(p) }
func (p picks) Less(i, j int) bool {
	return p[i].u > p[j].u || p[i].u == p[j].u && p[i].at > p[j].at
}
func (p picks) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *picks) Push(x any)   { *p = append(*p, x.(pick)) }
func (p *picks) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	*p = (*p)[:last]
	return x
}
