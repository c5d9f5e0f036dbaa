package network

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// Path says what happens to a packet between two ports. The zero Path is a perfect wire.
type Path struct {
	Delay  time.Duration // every packet, one way
	Jitter time.Duration // mean of an exponentially distributed extra delay
	Spread time.Duration // each pair of addresses lies up to this much further apart, always the same for the same pair
	Rate   float64       // bits per second that the bottleneck passes on; 0 is no limit
	Loss   float64       // fraction of packets lost
}

// pipe carries frames one way along a Path. Frames of one pair of addresses keep their order; frames of different pairs, which
// come from servers at different distances, may overtake one another.
type pipe struct {
	clock   *Clock
	path    Path
	deliver func(frame []byte)
	wake    chan struct{}
	done    <-chan struct{}

	mu     sync.Mutex
	rng    *rand.Rand
	free   time.Duration            // when the bottleneck has passed on everything sent so far
	last   map[uint64]time.Duration // latest arrival of each pair
	queue  arrivals
	serial uint64
}

// newPipe starts a pipe that ends when done is closed.
func newPipe(c *Clock, path Path, seed uint64, done <-chan struct{}, deliver func([]byte)) *pipe {
	p := &pipe{
		clock: c, path: path, deliver: deliver, done: done,
		wake: make(chan struct{}, 1),
		rng:  rand.New(rand.NewPCG(seed, 0x70697065)),
		last: map[uint64]time.Duration{},
	}
	go p.run()
	return p
}

// send puts a frame on its way; pair names the two addresses in it. The pipe owns frame from now on.
func (p *pipe) send(frame []byte, pair uint64) {
	p.mu.Lock()
	if p.rng.Float64() < p.path.Loss {
		p.mu.Unlock()
		return
	}
	now := p.clock.Elapsed()
	p.free = max(p.free, now)
	if p.path.Rate > 0 {
		p.free += time.Duration(float64(len(frame)*8) / p.path.Rate * float64(time.Second))
	}
	at := p.free + p.path.Delay + time.Duration(p.rng.ExpFloat64()*float64(p.path.Jitter))
	if p.path.Spread > 0 {
		at += time.Duration(pair % uint64(p.path.Spread))
	}
	at = max(at, p.last[pair])
	p.last[pair] = at
	p.serial++
	heap.Push(&p.queue, arrival{at: at, serial: p.serial, frame: frame})
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run hands every frame over when it is due.
func (p *pipe) run() {
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		wait := time.Hour
		p.mu.Lock()
		for len(p.queue) > 0 {
			if wait = p.queue[0].at - p.clock.Elapsed(); wait > 0 {
				break
			}
			frame := heap.Pop(&p.queue).(arrival).frame
			p.mu.Unlock()
			p.deliver(frame)
			p.mu.Lock()
			wait = time.Hour
		}
		p.mu.Unlock()
		t.Reset(p.clock.real(wait))
		select {
		case <-t.C:
		case <-p.wake:
		case <-p.done:
			return
		}
	}
}

// pairOf names the two network addresses of an IP packet, the same in both directions. Anything else is 0.
func pairOf(ip []byte) uint64 {
	switch {
	case len(ip) >= 20 && ip[0]>>4 == 4:
		return hash(ip[12:16]) + hash(ip[16:20])
	case len(ip) >= 40 && ip[0]>>4 == 6:
		return hash(ip[8:24]) + hash(ip[24:40])
	}
	return 0
}

func hash(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

// arrival is a frame and the simulated moment at which it is due; serial keeps the order of equal moments.
type arrival struct {
	at     time.Duration
	serial uint64
	frame  []byte
}

// arrivals is a heap, soonest first.
type arrivals []arrival

func (a arrivals) Len() int { return len(a) }
func (a arrivals) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].serial < a[j].serial
}
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)   { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	*a = (*a)[:last]
	return x
}
