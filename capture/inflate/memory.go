package inflate

import "sync"

// memory lends what chunks need, and keeps what it is given back, as long as that
// is not too much: a chunk has symbols first and bytes later.
type memory struct {
	mu      sync.Mutex
	of16    [][]uint16
	of8     [][]byte
	inputs  []*input
	decoder []*members
	made    int // bytes of all that is lent or kept
	enough  int // of made, to keep nothing more
}

// pop takes the last of some things, or makes one of so many bytes.
func pop[T any](m *memory, free *[]T, make func() T, bytes int) T {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(*free)
	if n == 0 {
		m.made += bytes
		return make()
	}
	x := (*free)[n-1]
	*free = (*free)[:n-1]
	return x
}

// push keeps a thing of so many bytes, unless there are enough for now.
func push[T any](m *memory, free *[]T, x T, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made > m.enough {
		m.made -= bytes
		return
	}
	*free = append(*free, x)
}

const (
	pieceSize   = windowLen + pieceLen + slack // symbols
	decoderSize = (litSize + distSize) * 4     // bytes, about
)

func (m *memory) get16() []uint16 {
	return pop(m, &m.of16, func() []uint16 { return make([]uint16, pieceSize) }, 2*pieceSize)
}

func (m *memory) get8() []byte {
	return pop(m, &m.of8, func() []byte { return make([]byte, pieceSize) }, pieceSize)
}

func (m *memory) members() *members {
	return pop(m, &m.decoder, func() *members { return new(members) }, decoderSize)
}

// input lends a buffer for n bytes; n is the same in all calls.
func (m *memory) input(n int) *input {
	return pop(m, &m.inputs, func() *input { return &input{buf: make([]byte, n)} }, n)
}

func (m *memory) put16(p []uint16)      { push(m, &m.of16, p, 2*pieceSize) }
func (m *memory) put8(p []byte)         { push(m, &m.of8, p, pieceSize) }
func (m *memory) putMembers(d *members) { push(m, &m.decoder, d, decoderSize) }
func (m *memory) putInput(i *input)     { push(m, &m.inputs, i, len(i.buf)) }
