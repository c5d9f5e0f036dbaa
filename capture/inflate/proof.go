package inflate

import "sync"

// proof is what is known to stand before a chunk: the front, or a chunk that itself is
// proven, came to this bit.
type proof struct {
	at     int64  // bit of the stream where a block or a member begins
	member bool   // it is a member
	window []byte // the last bytes before it that distances may reach
}

// link carries proofs from one chunk to the next while both are in work. A chunk
// that gets one need not guess: it begins where the proof says, or, if it has begun
// there already, makes bytes of its markers and goes on without any.
type link struct {
	mu      sync.Mutex
	before  *proof
	next    *chunk
	stopped *proof // where decode ended, without a window; nil: not yet, or not where a chunk may begin
	passed  bool
}

// prove tells a chunk what stands before it, once.
func (c *chunk) prove(p *proof) {
	c.pass(func() {
		if c.link.before == nil {
			c.link.before = p
		}
	})
}

// follow tells a chunk which one is behind it.
func (c *chunk) follow(next *chunk) { c.pass(func() { c.link.next = next }) }

// known is what prove has told, or nil.
func (c *chunk) known() *proof {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.link.before
}

// pass changes the link, and proves the next chunk as soon as this one is proven and
// has stopped. It may read the segments: all chunks before this one are in the queue,
// so that the front cannot have jumped, or it is the front that calls.
func (c *chunk) pass(change func()) {
	l := &c.link
	l.mu.Lock()
	change()
	p, stop, next := l.before, l.stopped, l.next
	ready := p != nil && stop != nil && next != nil && !l.passed && c.isAt(p)
	l.passed = l.passed || ready
	l.mu.Unlock()
	if ready {
		next.prove(&proof{at: stop.at, member: stop.member, window: c.tail(p.window)})
	}
}

// stop notes where decode ended.
func (c *chunk) stop() {
	if !c.m.isBoundary() {
		return
	}
	at := &proof{at: c.m.base*8 + int64(c.m.bit()), member: c.m.place == atHeader}
	c.pass(func() { c.link.stopped = at })
}

// isAt tells whether the chunk was decoded from where the proof is, and whether all
// its markers are bytes of the window.
func (c *chunk) isAt(p *proof) bool {
	return p.at == c.base*8+int64(c.start) && p.member == c.isMember && c.fits(len(p.window))
}

// begin makes start the place of the proof, if the chunk's part of the input has it.
func (c *chunk) begin(p *proof) bool {
	at := p.at - c.base*8
	if at < int64(c.from)*8 || at >= int64(c.to)*8 {
		return false
	}
	c.start, c.isMember = int(at), p.member
	return true
}
