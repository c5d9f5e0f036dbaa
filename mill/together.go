package mill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/internal/timeorder"
)

// together is a group of captures whose sessions go on from one to the next: see
// Options.Group. It is read in one loop. Its packets go through a [timeorder.Sorter] and get
// their numbers in the group, which decide whatever the numbers in a capture decide
// otherwise; then each session goes to the capture of its first packet. In a divided plan it is
// a chunk, see readGroup.
type together struct {
	p       *Plan
	members []int    // places in the plan
	answers []answer // of each, once it was read
	left    int      // that were not stored yet
	adds    bool     // not all of them are in the dataset
	shared  *shared  // nil: one capture at most has something to add
	sorter  *timeorder.Sorter
	w       *worker
}

// shared is what captures of a group have in common.
type shared struct {
	firsts []uint64 // numbers in the group of the first packets of all sessions, in order
	head   int64    // place of the first capture in the dataset, from 1; 0: none is in
}

// memberBits are those of a packet's number, while the group is read, that say which capture
// it is of. Those above are its number in the group.
const memberBits = 20

// What goes with a packet through the sorter.
const (
	keptFlag  = 1 << 31
	matchMask = 1<<16 - 1
)

// fromGroups stores captures whose sessions go on from one to the next. A group is committed
// whole or not at all.
func (c *collector) fromGroups(ctx context.Context) error {
	list, of, err := c.p.groups()
	if err != nil {
		return err
	}
	groups := make([]together, len(list))
	seam := c.s.w.Captures() > 0 // and nobody was told
	defer func() {
		for i := range groups {
			groups[i].close()
		}
	}()
	for i := range c.p.Captures {
		g := &groups[of[i]]
		if g.answers == nil {
			*g = together{p: c.p, members: list[of[i]], left: len(list[of[i]])}
			switch {
			case ctx.Err() != nil:
			case c.s.source != nil:
				err = g.fetch(ctx, c)
			default:
				err = g.read(ctx, c.progress, c.s.w.Has)
			}
			if ctx.Err() != nil { // what was read whole is stored all the same
				g.close()
				*g = together{}
				c.r.Interrupted = true
				continue
			}
			if err != nil {
				return err
			}
			if seam && g.adds {
				seam = false
				warn(c.ev, "the dataset has captures already: sessions end between those captures and these, because a group is joined only when it is added")
			}
			c.open++
		}
		a := g.answers[len(g.members)-g.left]
		g.answers[len(g.members)-g.left] = answer{}
		if g.left--; g.left == 0 {
			c.open--
		}
		if err := c.take(a); err != nil {
			return err
		}
	}
	return nil
}

// close frees what was not stored.
func (g *together) close() {
	for i := range g.answers {
		if x := g.answers[i].x; x != nil {
			_ = x.Close() // its file has no name
		}
	}
	if g.sorter != nil {
		_ = g.sorter.Close() // the same
		g.sorter = nil
	}
}

// contains reports whether the content of a capture, under its label, is in the dataset.
type contains func(digest string, label uint16) bool

// read reads the group. An error of one capture is in its answer; an error that is returned
// ends the run.
func (g *together) read(ctx context.Context, progress *Progress, has contains) error {
	if err := checkMembers(len(g.members)); err != nil {
		return err
	}
	if progress == nil {
		progress = &Progress{}
	}
	g.w = newWorker(&g.p.Options, progress, sessions.NewSeed())
	g.sorter = timeorder.New(g.p.Tmp, g.room()/4)
	for m, i := range g.members {
		x, err := g.gather(ctx, uint32(m), &g.p.Captures[i])
		g.answers = append(g.answers, answer{i: i, x: x, err: err})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.As(err, new(*spillError)) {
			return fmt.Errorf("%s: %w", g.p.Captures[i].Path, err)
		}
		if x != nil && x.whole(&g.p.Captures[i]) != nil { // some of its packets are among the others
			return x.whole(&g.p.Captures[i])
		}
	}
	again, fresh, err := g.known(has)
	if err != nil {
		return err
	}
	if g.adds = fresh > 0; fresh > 1 {
		g.shared = &shared{}
	}
	if fresh > 0 {
		if err := g.addUp(ctx, again); err != nil {
			return err
		}
	}
	err = g.sorter.Close()
	g.sorter = nil
	return spilling(err)
}

// room is the memory in bytes for the tables of a group.
func (g *together) room() int64 {
	return g.w.o.tableBudget(g.w.total, g.w.progress.taken()) / 2
}

// known says which members have the content of an earlier one: these add nothing. fresh is how
// many add something. If some of the group are in the dataset and others are not, what is in
// it was cut where these would have gone on.
func (g *together) known(has contains) (again []bool, fresh int, err error) {
	again = make([]bool, len(g.answers))
	seen := map[string]bool{}
	var in, out string
	for m, a := range g.answers {
		if a.x == nil {
			again[m] = true
			continue
		}
		at := &g.p.Captures[a.i]
		content := fmt.Sprint(at.Label, " ", a.x.Digest)
		if again[m] = seen[content]; again[m] {
			continue
		}
		seen[content] = true
		if again[m] = has(a.x.Digest.String(), at.Label); again[m] {
			in = at.Path
		} else {
			fresh++
			out = at.Path
		}
	}
	if in != "" && out != "" {
		return nil, 0, fmt.Errorf("%s is in the dataset already, and %s of the same group is not: sessions may go on from one to the other; make the dataset anew from all of them", in, out)
	}
	return again, fresh, nil
}

// gather reads a capture and puts its packets into the sorter.
func (g *together) gather(ctx context.Context, member uint32, in *Input) (x *Extraction, err error) {
	start, w, o := time.Now(), g.w, g.w.o
	a := admission{most: o.captureMemory(w.total)}
	if g.p.opener != nil {
		var done func()
		a, done = g.p.opener.admit(ctx, in, a)
		defer done()
	}
	r, err := in.reader(ctx, a)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	r.MaxExpansion(o.MaxExpansion)
	if o.Resync {
		r.Resync()
	}
	r.TrackDigest()
	x = &Extraction{Format: r.Format(), list: sessions.NewList()}
	var (
		p     capture.Packet
		s     header.Stack
		of    tally
		known int64 // bytes that progress knows of
	)
	of.reset()
	for {
		err := r.Next(&p)
		if err == io.EOF || errors.As(err, &x.Damage) {
			break
		}
		if err != nil {
			return nil, err
		}
		if p.At.Packet%pulse == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			w.progress.Packets.Add(pulse)
			n := r.BytesRead()
			w.progress.Bytes.Add(n - known)
			known = n
		}
		kept := of.count(o, &p, &s)
		if !kept && (!o.Breaks.Restart || s.Reason != header.OK) {
			continue
		}
		q := timeorder.Packet{Time: p.Time, Capture: member, Number: p.At.Packet, Link: uint16(p.LinkType), Original: p.OrigLen, Data: p.Data}
		if kept {
			q.Flags = keptFlag | uint32(of.match)
		}
		if err := g.sorter.Add(&q); err != nil {
			return nil, spilling(err)
		}
	}
	x.add(&of)
	w.progress.Packets.Add(of.packets % pulse)
	x.LinkTypes, x.Gaps, x.Digest, x.Size = r.LinkTypes(), r.Gaps(), r.Digest(), r.BytesRead()
	w.progress.Bytes.Add(x.Size - known)
	if o.InputSHA256 {
		if x.SHA256, err = in.sum(ctx); err != nil {
			return nil, err
		}
	}
	x.Seconds = time.Since(start).Seconds()
	return x, nil
}

// addUp adds the sorted packets up, and gives the captures their sessions. again are the
// members whose packets do not count.
func (g *together) addUp(ctx context.Context, again []bool) (err error) {
	w, o := g.w, g.w.o
	t, spill := o.newTable(w.seed), sessions.NewSpill(o.Tmp)
	defer spill.Close()
	breaker := sessions.NewBreaker(o.Breaks)
	var (
		s      header.Stack
		number uint64
	)
	err = g.sorter.Each(func(p *timeorder.Packet) error {
		if again[p.Capture] {
			return nil
		}
		if number++; number%pulse == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if t.Bytes()+breaker.Bytes() > g.room() {
				if err := spill.Put(t); err != nil {
					return err
				}
			}
		}
		if bits.Len64(number) > 64-memberBits {
			return errors.New("too many packets in a group")
		}
		x := g.answers[p.Capture].x
		var windowed, snapped int64
		if breaker != nil {
			windowed, snapped = breaker.Windowed, breaker.Snapped
		}
		link := header.LinkType(p.Link)
		header.Decode(link, p.Data, p.Original, &s)
		id, l := t.NoteBroken(breaker, p.Data, &s, number<<memberBits|uint64(p.Capture), p.Time, p.Flags&keptFlag != 0, header.Drop(p.Flags&matchMask))
		if l != nil {
			w.contribute(t, id, p.Data, l, w.masker.Len(l), &sessions.Wide{Captured: uint32(len(p.Data)), Original: p.Original, Link: link})
		}
		if breaker != nil {
			x.Reasons[header.OK] -= breaker.Windowed - windowed
			x.Reasons[header.Window] += breaker.Windowed - windowed
			x.snapped -= breaker.Snapped - snapped
		}
		return nil
	})
	if err != nil {
		return spilling(err)
	}
	list, err := w.listed(t, spill)
	if err != nil {
		return spilling(err)
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	list.Mark(breaker)
	return spilling(g.deal(ctx, list))
}

// dealt are the sessions of a group, in their encoding: those of each capture one after the
// other, in their order.
type dealt struct {
	like    *sessions.Table
	f       *os.File // nil: they are in memory
	size    int64
	waiting int // bytes that are not in the file
	parts   []portion
	open    int // lists that are not closed
}

// portion is what goes to one capture.
type portion struct {
	list *sessions.List
	buf  []byte
	n    int // sessions in buf
}

// deal gives each capture the sessions, or units, that begin in it. Numbers of packets are
// those in the group from here on.
func (g *together) deal(ctx context.Context, list *sessions.List) (err error) {
	d := &dealt{like: g.w.o.newTable(g.w.seed), parts: make([]portion, len(g.members))}
	room := int(g.room() / 8)
	for m := range d.parts {
		d.parts[m].list = sessions.NewList()
	}
	err = list.Each(func(i int, s *sessions.Session) error {
		if i%pulse == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		part := &d.parts[s.First&(1<<memberBits-1)]
		s.First >>= memberBits
		s.Unit.Session >>= memberBits
		if s.Unit.Session == 0 || s.Unit.Session == s.First {
			if g.shared != nil {
				g.shared.firsts = append(g.shared.firsts, s.First)
			}
		}
		before := len(part.buf)
		if part.buf, err = s.AppendBinary(part.buf); err != nil {
			return err
		}
		part.n++
		if d.waiting += len(part.buf) - before; d.waiting > room {
			return d.flush(g.p.Tmp)
		}
		return nil
	})
	if err == nil && d.f != nil {
		err = d.flush(g.p.Tmp)
	}
	if err != nil {
		d.close()
		return err
	}
	d.hand(g)
	return nil
}
