package mill

import (
	"context"
	"fmt"
	"slices"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/session"
)

// A group of a divided plan is one chunk. Whoever reads it does what a run on one machine
// does with a group ([together]): sorts its packets by time, and gives each capture the
// sessions that begin in it. What only the dataset knows is left to who assembles it: which
// captures are in it already, and the places of sessions in the group.

// checkMembers reports a group of too many captures.
func checkMembers(n int) error {
	if n > 1<<memberBits {
		return fmt.Errorf("a group of %d captures: need at most %d", n, 1<<memberBits)
	}
	return nil
}

// divideGroups makes each group a chunk, in the order of their first captures.
func (p *Plan) divideGroups() error {
	list, of, err := p.groups()
	if err != nil {
		return err
	}
	for _, members := range list {
		if err := checkMembers(len(members)); err != nil {
			return err
		}
		p.Chunks = append(p.Chunks, Chunk{Input: members[0], Chunk: capture.Chunk{To: p.bytesOf(members)}, Group: members})
	}
	p.chunkOf = of
	return nil
}

// bytesOf is the size in bytes of captures on disk.
func (p *Plan) bytesOf(members []int) (n int64) {
	for _, i := range members {
		n += p.Captures[i].Size
	}
	return n
}

// checkGroupChunks reports chunks that are not groups in the order of their first captures,
// with every capture in one of them.
func (p *Plan) checkGroupChunks() error {
	of := make([]int, len(p.Captures))
	for i := range of {
		of[i] = -1
	}
	left, last := len(of), -1
	for n, c := range p.Chunks {
		if len(c.Group) == 0 || c.Input != c.Group[0] || c.Input <= last {
			return fmt.Errorf("chunk %d is not the next group of captures", n)
		}
		last = c.Input
		before := -1
		for _, i := range c.Group {
			if i <= before || i >= len(of) || of[i] >= 0 {
				return fmt.Errorf("chunk %d: capture %d is in its group, and should not be", n, i)
			}
			of[i], before = n, i
		}
		left -= len(c.Group)
		if size := p.bytesOf(c.Group); c.From != 0 || c.To != size || size < 0 {
			return fmt.Errorf("chunk %d has the bytes %d to %d of its group, need all %d", n, c.From, c.To, size)
		}
		if err := checkMembers(len(c.Group)); err != nil {
			return fmt.Errorf("chunk %d: %w", n, err)
		}
	}
	if left > 0 {
		return fmt.Errorf("%d captures are in no group", left)
	}
	p.chunkOf = of
	return nil
}

// Member is the place of a capture in the group that a chunk is; 0 in a plan without groups.
func (c *Chunk) Member(input int) int {
	place, _ := slices.BinarySearch(c.Group, input)
	return place
}

// Members is how many captures a chunk is of.
func (c *Chunk) Members() int { return max(len(c.Group), 1) }

// readGroup is ReadChunks for a chunk that is a group.
func (p *Plan) readGroup(ctx context.Context, chunk int, f func(chunk int, xs []*Extraction) error, progress *Progress) error {
	part := *p
	part.Chunks, part.chunkOf = nil, nil
	part.Captures = make([]Input, 0, len(p.Chunks[chunk].Group))
	g := &together{p: &part}
	for m, i := range p.Chunks[chunk].Group {
		part.Captures, g.members = append(part.Captures, p.Captures[i]), append(g.members, m)
	}
	part.opener = newOpener(&part)
	if err := part.checkCaptures(ctx); err != nil {
		return err
	}
	defer g.close()
	if err := g.read(ctx, progress, func(string, uint16) bool { return false }); err != nil {
		return err
	}
	var xs []*Extraction
	for _, a := range g.answers {
		if a.err != nil {
			return unreadable(part.Captures[a.i].Path, a.err)
		}
		if err := a.x.readable(); err != nil {
			return err
		}
		xs = append(xs, a.x)
	}
	if err := part.checkCaptures(ctx); err != nil {
		return err
	}
	return f(chunk, xs)
}

// fetch is read for a group that was read elsewhere: it asks the intake's source.
func (g *together) fetch(ctx context.Context, c *collector) error {
	for _, i := range g.members {
		x, err := c.ask(ctx, i)
		if err != nil {
			return err
		}
		g.answers = append(g.answers, answer{i: i, x: x})
	}
	again, fresh, err := g.known(c.s.w.Has)
	if err != nil {
		return err
	}
	if g.adds = fresh > 0; fresh < 2 {
		return nil
	}
	g.shared = &shared{}
	for m, a := range g.answers {
		a.x.shared = g.shared
		if again[m] {
			continue
		}
		err := a.x.Each(func(i int, s *session.Session) error {
			if i%pulse == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if s.Unit.Session == 0 || s.Unit.Session == s.First {
				g.shared.firsts = append(g.shared.firsts, s.First)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(g.shared.firsts)
	return nil
}
