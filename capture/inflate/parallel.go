package inflate

// input is a part of the compressed stream: that of a chunk, and the beginning
// of the next one's.
type input struct {
	buf  []byte
	in   []byte // what of buf was read
	base int64  // offset of in[0] in the stream
	len  int    // bytes of in that belong to the chunk
}

// parallel is what a Reader has that divides its input. The Reader is the front:
// its state is what is known to be true. Where it stands at the beginning of a
// block, and a chunk was decoded from that very bit on, it jumps to where the
// chunk stopped; else it goes on by itself until it meets one. Nothing that a
// chunk has guessed is used but in this way.
type parallel struct {
	o      Options
	memory memory

	inputs []*input // from the front's on
	queue  []*chunk // in front of it, being decoded
	ready  []*chunk // that it has jumped over, being resolved
	now    *chunk   // is handed out
	next   int      // segment of it
	length int      // of the next chunk's input in bytes
	least  int      // bounds of length
	most   int
	over   int  // overlap
	ended  bool // src has no more
}

func newParallel(o Options) *parallel {
	return &parallel{
		o: o, length: chunkLen, least: leastChunk, most: chunkLen, over: overlap,
		memory: memory{enough: o.Workers * (workerMemory - chunkMemory/4)},
	}
}

// workerMemory is what a Reader may take in bytes for each worker.
const workerMemory = 24 << 20

// advance hands out a segment of a chunk; false: there is none, and the front
// has to go on by itself.
func (p *parallel) advance(z *Reader) bool {
	for {
		p.topUp(z)
		p.join(z)
		if p.now == nil {
			if len(p.ready) == 0 {
				return false
			}
			p.now, p.ready = p.ready[0], p.ready[1:]
			p.next = 0
			p.now.resolve.wait()
		}
		if p.handOut(z) {
			return true
		}
	}
}

// handOut hands out the next segment; false: it was the last one or empty.
func (p *parallel) handOut(z *Reader) bool {
	c := p.now
	if p.next == len(c.segments) {
		p.now = nil
		c.reset()
		return false
	}
	s := &c.segments[p.next]
	p.next++
	z.deliver(s)
	if s.lastOfRun {
		z.crc = crcJoin(z.crc, s.crc, s.size)
		z.size += s.size
	}
	if s.ends {
		z.endMember(s.trailer)
	}
	return len(z.rest) > 0 || z.err != nil
}

// inFlight is how many chunks take memory.
func (p *parallel) inFlight() int {
	n := len(p.queue) + len(p.ready)
	if p.now != nil {
		n++
	}
	return n
}

// topUp begins chunks, as many as may be.
func (p *parallel) topUp(z *Reader) {
	for z.m.begun && len(p.inputs) > 0 && !p.ended && p.inFlight() < p.o.Workers+2 {
		in := p.read(z)
		if in == nil {
			return
		}
		c := &chunk{input: in, to: in.len, bgzf: z.m.bgzf, raw: z.m.raw, memory: &p.memory}
		c.speculate = newTask(c.decode)
		if n := len(p.queue); n > 0 {
			p.queue[n-1].follow(c)
		}
		p.queue = append(p.queue, c)
		p.o.Run(c.speculate.run)
	}
}

// read reads the next part of the input; nil: there is none.
func (p *parallel) read(z *Reader) *input {
	if p.ended {
		return nil
	}
	in := p.memory.input(p.most + p.over)
	in.base, in.len = 0, p.length
	n := 0
	if k := len(p.inputs); k > 0 {
		last := p.inputs[k-1]
		in.base = last.base + int64(last.len)
		n = copy(in.buf, last.in[last.len:])
	}
	m := z.fill(in.buf[n : in.len+p.over])
	in.in = in.buf[:n+m]
	if z.readErr != nil {
		p.ended = true
		in.len = len(in.in)
		if m == 0 {
			p.memory.putInput(in)
			return nil
		}
	}
	p.inputs = append(p.inputs, in)
	return in
}

// join lets the front jump over chunks that begin where it stands.
func (p *parallel) join(z *Reader) {
	for len(p.queue) > 0 && z.m.isBoundary() {
		c := p.queue[0]
		at := z.m.bit() + int(z.m.base-c.base)*8 // in the chunk's input
		if at < 0 {
			return
		}
		if !c.speculate.isDone() && at >= c.from*8 && c.known() == nil {
			c.prove(&proof{at: c.base*8 + int64(at), member: z.m.place == atHeader, window: z.window()})
		}
		if !c.speculate.isDone() && (p.now != nil || len(p.ready) > 0) {
			return // there is something to hand out meanwhile
		}
		c.speculate.wait()
		switch {
		case c.start == at && c.isMember == (z.m.place == atHeader) && c.fits(z.known()):
			p.accept(z, c)
		case at < c.to*8 && (c.start < 0 || c.start > at):
			return
		default:
			p.drop()
		}
	}
}

// isBoundary tells whether a chunk could begin where m is.
func (m *members) isBoundary() bool {
	if m.place == atHeader {
		m.skipZeros()
		return m.begun
	}
	return m.place == inData && m.kind == betweenBlocks && !m.final
}

// known is how many bytes of the window are known.
func (z *Reader) known() int { return min(windowLen, z.o-z.low) }

// window is a copy of it.
func (z *Reader) window() []byte { return append([]byte(nil), z.out[z.o-z.known():z.o]...) }

// accept lets the front jump over the first chunk of the queue.
func (p *parallel) accept(z *Reader, c *chunk) {
	p.queue = p.queue[1:]
	c.window = z.window()
	tail := c.tail(c.window)
	p.memory.putMembers(z.m)
	z.m, c.m = c.m, nil
	z.o, z.low = copy(z.out, tail), 0
	if c.began >= 0 {
		z.began = c.began
	}
	p.passed(c.input)
	if c.used > 0 {
		covered := z.m.bit() - c.start
		p.length = max(min(int(int64(covered)*(chunkMemory/10)/int64(c.used)), p.most), p.least)
	}
	c.resolve = newTask(c.finish)
	p.ready = append(p.ready, c)
	p.o.Run(c.resolve.run)
}

// drop gives the first chunk of the queue up.
func (p *parallel) drop() {
	c := p.queue[0]
	p.queue = p.queue[1:]
	c.dropped.Store(true)
	c.speculate.end()
	c.reset()
	if c.m != nil { // unless it has panicked
		p.memory.putMembers(c.m)
	}
}

// passed frees inputs and chunks before the one that the front has come to.
func (p *parallel) passed(in *input) {
	for p.inputs[0] != in {
		if len(p.queue) > 0 && p.queue[0].input == p.inputs[0] {
			p.drop()
		}
		p.memory.putInput(p.inputs[0])
		p.inputs = p.inputs[1:]
	}
}

// more lets the front go on with the next input.
func (p *parallel) more(z *Reader) bool {
	if len(p.inputs) < 2 && p.read(z) == nil {
		return false
	}
	m := z.m
	bit := m.bit()
	at := m.base + int64(bit>>3)
	rest := m.in[bit>>3:]
	if len(p.inputs) > 1 {
		p.passed(p.inputs[1])
	}
	if next := p.inputs[0]; at >= next.base {
		m.in, m.base = next.in, next.base
	} else { // a header that is longer than the overlap
		known := int(at + int64(len(rest)) - next.base)
		m.in, m.base = append(rest[:len(rest):len(rest)], next.in[known:]...), at
	}
	m.goTo(int(at-m.base)*8 + bit&7)
	return true
}

// close gives all chunks up.
func (p *parallel) close() {
	for len(p.queue) > 0 {
		p.drop()
	}
	if p.now != nil {
		p.ready = append(p.ready, p.now)
	}
	for _, c := range p.ready {
		c.resolve.end()
	}
	p.now, p.ready, p.inputs, p.ended = nil, nil, nil, true
}
