package inflate

import "sync"

// memory lends what chunks need, and keeps what it is given back.
type memory struct {
	mu      sync.Mutex
	of16    [][]uint16
	of8     [][]byte
	inputs  []*input
	decoder []*members
}

// pop takes the last of some things, or makes one.
func pop[T any](mu *sync.Mutex, free *[]T, make func() T) T {
	mu.Lock()
	defer mu.Unlock()
	n := len(*free)
	if n == 0 {
		return make()
	}
	x := (*free)[n-1]
	*free = (*free)[:n-1]
	return x
}

func push[T any](mu *sync.Mutex, free *[]T, x T) {
	mu.Lock()
	defer mu.Unlock()
	*free = append(*free, x)
}

func (m *memory) get16() []uint16 {
	return pop(&m.mu, &m.of16, func() []uint16 { return make([]uint16, windowLen+pieceLen+slack) })
}

func (m *memory) get8() []byte {
	return pop(&m.mu, &m.of8, func() []byte { return make([]byte, windowLen+pieceLen+slack) })
}

func (m *memory) members() *members {
	return pop(&m.mu, &m.decoder, func() *members { return new(members) })
}

// input lends a buffer for n bytes; n is the same in all calls.
func (m *memory) input(n int) *input {
	return pop(&m.mu, &m.inputs, func() *input { return &input{buf: make([]byte, n)} })
}

func (m *memory) put16(p []uint16)      { push(&m.mu, &m.of16, p) }
func (m *memory) put8(p []byte)         { push(&m.mu, &m.of8, p) }
func (m *memory) putMembers(d *members) { push(&m.mu, &m.decoder, d) }
func (m *memory) putInput(i *input)     { push(&m.mu, &m.inputs, i) }
