package network

import "sync"

// minFrame is the shortest Ethernet frame without its check sequence (IEEE 802.3); cards fill shorter ones up with zeros. As on a
// real machine the filling shows in received frames only: a frame being sent is captured before the card fills it up.
const minFrame = 60

// Switch is an Ethernet segment: a frame goes to the port it is addressed to, broadcast and multicast to all others.
type Switch struct {
	clock *Clock
	path  Path
	seed  uint64
	done  <-chan struct{}

	mu    sync.RWMutex
	ports []*Port
	pipes []*pipe
}

// NewSwitch returns a switch without ports that works until done is closed; path lies between any two of its ports.
func NewSwitch(c *Clock, path Path, seed uint64, done <-chan struct{}) *Switch {
	return &Switch{clock: c, path: path, seed: seed, done: done}
}

// Plug connects an Ethernet port.
func (s *Switch) Plug(p *Port) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = append(s.ports, p)
	s.pipes = append(s.pipes, newPipe(s.clock, s.path, s.seed+uint64(len(s.ports)), s.done, p.receive))
	p.plug(func(frame []byte) { s.forward(p, frame) })
}

func (s *Switch) forward(from *Port, frame []byte) {
	if len(frame) < 14 {
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	dst, group := string(frame[:6]), frame[0]&1 != 0
	for i, p := range s.ports {
		if p == from || !group && string(p.mac) != dst {
			continue
		}
		// Each receiver gets a copy of its own: the stacks keep what they are given.
		copied := make([]byte, max(len(frame), minFrame))
		copy(copied, frame)
		s.pipes[i].send(copied, pairOf(frame[14:]))
	}
}

// Connect joins two bare-IP ports by a line with the same path in both directions. The line works until done is closed.
func Connect(a, b *Port, path Path, seed uint64, done <-chan struct{}) {
	toB := newPipe(a.clock, path, seed, done, b.receive)
	toA := newPipe(a.clock, path, seed+1, done, a.receive)
	a.plug(func(frame []byte) { toB.send(frame, pairOf(frame)) })
	b.plug(func(frame []byte) { toA.send(frame, pairOf(frame)) })
}
