package mill

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"path/filepath"
	"sort"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/session"
)

// Chunk is a part of a capture of a plan, which is read by itself: on any machine, in any
// order. It is the whole capture where From is 0 and To its size on disk.
//
// In a plan with groups (see Options.Group) a chunk is all captures of a group: From is 0,
// and To is the bytes that they have together.
type Chunk struct {
	Input int // place in Plan.Captures; of a group, that of the first capture
	capture.Chunk
	Group []int // places of the captures of a group, in order; nil in a plan without groups
}

// Limits of a plan's chunks and parts.
const (
	MinChunk = 64      // bytes; records are found again at the beginning of each
	MaxParts = 1 << 16 // each map task holds a buffer a part
)

// Divide divides the plan's captures into chunks of about so many bytes, and the sessions
// into parts, for [ReadChunks]. A capture is one chunk if it is compressed or in an archive, or if what
// becomes of a packet depends on all packets before it (time-outs, restarts, --resync); or
// if it is small: no chunk has less than half of length or more than one and a half. With
// groups, each group is one chunk, whatever its length. The error says what cannot be divided: what can be read only once.
func (p *Plan) Divide(length int64, parts int) error {
	switch {
	case length < MinChunk:
		return fmt.Errorf("chunks of %d bytes: need %d or more", length, MinChunk)
	case parts < 1 || parts > MaxParts:
		return fmt.Errorf("%d parts: need 1 to %d", parts, MaxParts)
	}
	if p.LabelFrom == FromComment {
		return errors.New("labels from comments: only convert reads them; a plan cannot be divided")
	}
	for i := range p.Captures {
		if in := &p.Captures[i]; in.Stream {
			return fmt.Errorf("%s can be read only once, and a plan is for files: store it in one", in.Path)
		}
	}
	p.Chunks, p.chunkOf, p.Parts = nil, nil, parts
	if p.Group != "" {
		return p.divideGroups()
	}
	for i := range p.Captures {
		in := &p.Captures[i]
		if in.Size <= length || in.Format.Compression != "" || in.member != nil || p.inOrder() {
			p.Chunks = append(p.Chunks, Chunk{Input: i, Chunk: capture.Chunk{To: in.Size}})
			continue
		}
		for at := int64(0); at < in.Size; {
			to := at + length
			if in.Size-to < length/2 {
				to = in.Size
			}
			p.Chunks = append(p.Chunks, Chunk{Input: i, Chunk: capture.Chunk{From: at, To: to}})
			at = to
		}
	}
	return nil
}

// Absolute makes the paths of the plan absolute, so that processes in other directories can
// carry it out.
func (p *Plan) Absolute() (err error) {
	for i := range p.Captures {
		in := &p.Captures[i]
		switch {
		case in.Stream:
			continue
		case in.member != nil:
			member := *in.member
			if member.Archive, err = absolute(member.Archive); err != nil {
				return err
			}
			in.member, in.Path = &member, member.Path()
		default:
			if in.Path, err = absolute(in.Path); err != nil {
				return err
			}
		}
	}
	if p.LabelFrom == FromTable {
		p.Table.Path, err = filepath.Abs(p.Table.Path)
	}
	return err
}

func absolute(path string) (string, error) {
	if objects.Is(path) {
		return path, nil
	}
	return filepath.Abs(path)
}

// inOrder reports whether what becomes of a packet depends on all packets of its capture before it.
func (o *Options) inOrder() bool { return o.Breaks != (session.Breaks{}) || o.Resync }

// checkChunks reports chunks that do not cover the captures in order, each once.
func (p *Plan) checkChunks() error {
	if (len(p.Chunks) == 0) != (p.Parts == 0) || p.Parts < 0 || p.Parts > MaxParts {
		return fmt.Errorf("%d chunks and %d parts", len(p.Chunks), p.Parts)
	}
	if p.Parts == 0 {
		return nil
	}
	if p.Group != "" {
		return p.checkGroupChunks()
	}
	input, at := 0, int64(0)
	for n, c := range p.Chunks {
		if c.Group != nil || input == len(p.Captures) || c.Input != input || c.From != at || c.To > p.Captures[input].Size || c.To <= at && p.Captures[input].Size > 0 {
			return fmt.Errorf("chunk %d is not the next part of the captures", n)
		}
		if at = c.To; at == p.Captures[input].Size {
			input, at = input+1, 0
		}
		whole := c.From == 0 && c.To == p.Captures[c.Input].Size
		if !whole && (p.inOrder() || p.Captures[c.Input].Format.Compression != "" || p.Captures[c.Input].member != nil) {
			return fmt.Errorf("chunk %d: its capture cannot be divided", n)
		}
	}
	if input != len(p.Captures) {
		return errors.New("its chunks end before the captures do")
	}
	return nil
}

// ChunksOf is the range of the chunks of a capture in the plan's list. Captures of a group
// have the same one.
func (p *Plan) ChunksOf(input int) (from, to int) {
	if p.chunkOf != nil {
		return p.chunkOf[input], p.chunkOf[input] + 1
	}
	first := func(input int) int {
		return sort.Search(len(p.Chunks), func(n int) bool { return p.Chunks[n].Input >= input })
	}
	return first(input), first(input + 1)
}

// chunk numbers of packets in a capture that was divided: those of the chunk in its capture
// stand above the number in the chunk, so that sessions are in order before the numbers of
// packets in earlier chunks are known.
const numberBits = 40

// NumberIn makes the number of a packet in a chunk, from 1, one that is in the order of the
// capture. chunk is the place of the chunk in its capture; with groups, the place of the
// capture in its group. ok is false if there is no room.
func NumberIn(chunk int, number uint64) (_ uint64, ok bool) {
	return uint64(chunk)<<numberBits | number, bits.Len64(number) <= numberBits && bits.Len64(uint64(chunk)) <= 64-numberBits
}

// SplitNumber gives back what NumberIn was given.
func SplitNumber(n uint64) (chunk int, number uint64) {
	return int(n >> numberBits), n & (1<<numberBits - 1)
}

// numberOf is the number of a packet in its capture. before are the packets of the chunks
// before each.
func numberOf(n uint64, before []uint64) (uint64, error) {
	chunk, number := SplitNumber(n)
	if chunk >= len(before) {
		return 0, fmt.Errorf("a packet of chunk %d, and its capture has %d", chunk, len(before))
	}
	return before[chunk] + number, nil
}

// ReadChunks reads chunks of the plan, by their numbers, side by side, and calls f for each in any order, one at a
// time. xs is what the chunk adds up to: one Extraction, or one for each capture of a group,
// with the sessions that begin in it. They are lent for the call; packets are numbered within
// the chunk. Groups are read one after the other. It checks the key and the captures that it reads, before it begins and after each; what has changed is
// refused with a *[PlanError]. A capture that the system cannot read, or for which there is not enough
// memory, is an error here, and not damage: on another machine, or later, it may be read.
func ReadChunks(ctx context.Context, p *Plan, chunks []int, f func(chunk int, xs []*Extraction) error, progress *Progress) error {
	if progress == nil {
		progress = &Progress{}
	}
	if err := p.checkPlanned(); err != nil {
		return err
	}
	if err := p.checkKey(); err != nil {
		return err
	}
	if p.Group != "" {
		for _, n := range chunks {
			if err := p.readGroup(ctx, n, f, progress); err != nil {
				return err
			}
		}
		return nil
	}
	part := *p
	part.Captures = make([]Input, len(chunks))
	for i, n := range chunks {
		c := &p.Chunks[n]
		part.Captures[i] = p.Captures[c.Input]
		if in := &part.Captures[i]; c.From != 0 || c.To != in.Size {
			in.chunk = &c.Chunk
		}
	}
	if err := part.checkCaptures(ctx); err != nil {
		return err
	}
	work, stop := context.WithCancel(ctx)
	answers, release, wait, _ := start(work, &part, progress, nil)
	defer wait()
	defer stop()
	for range chunks {
		var a answer
		select {
		case a = <-answers:
		case <-ctx.Done():
			return ctx.Err()
		}
		in := &part.Captures[a.i]
		if a.err != nil {
			return unreadable(in.Path, a.err)
		}
		err := a.x.readable()
		if err == nil {
			err = (&Plan{Captures: []Input{*in}}).checkCaptures(ctx)
		}
		if err == nil {
			err = f(chunks[a.i], []*Extraction{a.x})
		}
		if err := errors.Join(err, a.x.Close()); err != nil {
			return err
		}
		release()
	}
	return nil
}

// readable is the damage of a capture if it is of this machine, else nil.
func (x *Extraction) readable() error {
	if d := x.Damage; d != nil && errors.Is(d, capture.ErrUnreadable) {
		return d
	}
	return nil
}

// ReadCapture reads a whole capture of the plan.
func ReadCapture(ctx context.Context, p *Plan, input int, progress *Progress) (*Extraction, error) {
	one := *p
	one.Captures = p.Captures[input : input+1]
	work, stop := context.WithCancel(ctx)
	defer stop()
	answers, _, wait, _ := start(work, &one, progress, nil)
	defer wait()
	select {
	case a := <-answers:
		return a.x, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
