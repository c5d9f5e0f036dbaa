package split

import (
	"math/bits"
	"slices"
)

// mask is a set of parts, by their places.
type mask uint64

func (m mask) several() bool { return bits.OnesCount64(uint64(m)) > 1 }

// seen are things and the parts in which they were seen.
type seen[K comparable] map[K]mask

func (s seen[K]) add(k K, part int) { s[k] |= 1 << part }

func (s seen[K]) count(parts int) (by []int64, several int64) {
	by = make([]int64, parts)
	for _, m := range s {
		for part := range by {
			if m&(1<<part) != 0 {
				by[part]++
			}
		}
		if m.several() {
			several++
		}
	}
	return by, several
}

// own names a sample by itself.
type own struct {
	capture uint32
	session uint64
}

// span is what lies between two cuts of a class.
type span struct {
	label uint16
	part  int
}

// prover counts from the assignment alone. It does not use the hashes that made it.
type prover struct {
	all struct {
		captures seen[string] // by content digest
		hosts    seen[[8]byte]
		prints   seen[[16]byte]
		samples  map[[16]byte]int64 // of prints that stand there more than once
	}
	captures seen[string] // of classes by capture, and so on
	hosts    seen[[8]byte]
	prints   seen[[16]byte]
	spans    seen[span]
	owns     seen[own]
	sessions seen[own] // by session, where one can give several samples
	units    bool
}

func newProver(units bool) *prover {
	p := &prover{captures: seen[string]{}, hosts: seen[[8]byte]{}, prints: seen[[16]byte]{}, spans: seen[span]{}, owns: seen[own]{}, sessions: seen[own]{}, units: units}
	p.all.captures, p.all.hosts, p.all.prints, p.all.samples = seen[string]{}, seen[[8]byte]{}, seen[[16]byte]{}, map[[16]byte]int64{}
	return p
}

// add counts a sample that is in a part.
func (p *prover) add(s *Sample, capture string, k *class, side int) {
	p.all.captures.add(capture, side)
	if s.Row.Host != [8]byte{} {
		p.all.hosts.add(s.Row.Host, side)
	}
	if _, again := p.all.prints[s.Print]; again {
		p.all.samples[s.Print]++
	}
	p.all.prints.add(s.Print, side)
	switch k.by {
	case Capture:
		p.captures.add(capture, side)
	case Host:
		p.hosts.add(s.Row.Host, side)
	case Session:
		if p.units {
			p.sessions.add(own{s.Row.Capture, s.Row.Session}, side)
		} else {
			p.prints.add(s.Print, side)
		}
	case Time:
		part := 0
		for _, c := range k.cuts {
			if s.Row.Start >= c.at {
				part++
			}
		}
		p.spans.add(span{k.Label, part}, side)
	case None:
		p.owns.add(own{s.Row.Capture, s.Row.Session}, side)
	}
}

// proof is what was counted; classes is their number by way.
func (c *computation) proof(p *prover, classes [ways]int64) (out Proof) {
	n := len(c.parts)
	_, out.Captures = p.all.captures.count(n)
	_, out.Hosts = p.all.hosts.count(n)
	for print, m := range p.all.prints {
		if m.several() {
			out.Equal++
			out.EqualSamples += 1 + p.all.samples[print]
		}
	}
	out.Groups = []Groups{}
	bySession := p.prints.count
	if p.units {
		bySession = p.sessions.count
	}
	for by, count := range []func(int) ([]int64, int64){p.captures.count, bySession, p.hosts.count, p.spans.count, p.owns.count} {
		if classes[by] == 0 {
			continue
		}
		g := Groups{By: By(by).String(), Classes: classes[by]}
		by, several := count(n)
		g.Sides, g.OnTwoSides = counts(c.parts, c.o.Folds > 0, by), several
		out.Groups = append(out.Groups, g)
	}
	return out
}

// record counts once more, now from the sides as they are.
func (c *computation) record() (*Record, error) {
	r := &Record{
		Format: Format, Version: 1, Settings: c.o.Settings(),
		Samples: int64(len(c.sides)), Classes: []Class{}, Assignment: string(c.sides),
	}
	if c.o.Folds > 0 || c.o.Given != nil {
		r.Version, r.Given = 3, c.given
	}
	if c.o.Method == Quota {
		r.Version, r.How, r.Rounds = max(r.Version, 2), string(c.how), slices.Clone(c.rounds)
		if n := len(r.Rounds); r.Samples > 0 && (n == 0 || r.Rounds[n-1] < r.Samples) {
			r.Rounds = append(r.Rounds, r.Samples)
		}
	}
	p, i, all := newProver(c.in.Units), 0, make([]int64, len(c.parts))
	err := c.each(func(s *Sample, k *class) error {
		at := c.partOf(c.sides[i])
		if i++; at >= 0 {
			p.add(s, c.in.Captures[s.Row.Capture], k, at)
			all[at]++
			k.samples[at]++
		}
		return nil
	})
	r.Sides = counts(c.parts, c.o.Folds > 0, all)
	if err != nil {
		return nil, err
	}
	var by [ways]int64
	for _, k := range c.classes {
		if k.total == 0 && !k.decided {
			continue
		}
		if k.decided {
			k.By = k.by.String()
			by[k.by]++
			for i, n := range k.samples {
				if n == 0 {
					k.Empty = append(k.Empty, c.parts[i].name)
				}
			}
		}
		for reason, n := range k.LeftOut {
			if r.LeftOut == nil {
				r.LeftOut = map[string]int64{}
			}
			r.LeftOut[reason] += n
		}
		k.Samples = counts(c.parts, c.o.Folds > 0, k.samples)
		r.Classes = append(r.Classes, k.Class)
	}
	r.Proof = c.proof(p, by)
	return r, nil
}
