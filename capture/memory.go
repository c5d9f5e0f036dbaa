package capture

import (
	"fmt"
	"sync"
)

// MemoryError says that reading a capture on would take more memory than it may have, see
// Options. It was not taken.
type MemoryError struct {
	What string // that needs it, like "the window of the zstd stream"
	Need int64  // bytes that the capture would take in all
	Most int64  // bytes that it may take
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s needs %d MiB of memory, and --memory leaves %d MiB for it", e.What, mebibytes(e.Need), e.Most>>20)
}

// Hint says what a person can do about it.
func (e *MemoryError) Hint() string { return "--memory gives more" }

// mebibytes is n bytes in MiB, rounded up.
func mebibytes(n int64) int64 { return (n + 1<<20 - 1) >> 20 }

// memory counts what a capture takes beyond the buffers that every capture has: the
// window of its decoder and the largest record, as soon as either is known.
//
// In Blocks, windows are asked for by whoever reads, records by whoever puts the blocks
// together.
type memory struct {
	mu      sync.Mutex
	most    int64             // 0: no limit
	grow    func(int64) error // see Options.Grow; may be nil
	granted int64             // what grow was told
	window  int64
	record  int64
	err     error // why a window was refused, or more was not granted; for good
}

// smallRecord is the size in bytes up to which a record is not counted: buffers have
// room for it.
const smallRecord = BlockLen

// total is what is counted, in bytes.
func (m *memory) total() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.window + m.record
}

// refused is why something was not granted, or nil.
func (m *memory) refused() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// forWindow counts the window of a decoder, and has it granted.
func (m *memory) forWindow(bytes int64, what string) error {
	return m.count(&m.window, bytes, what, true)
}

// forRecord counts a record or block. copies is how many times its bytes are held while
// it is read. It is granted here if ask is true.
func (m *memory) forRecord(bytes, copies int64, what string, ask bool) error {
	if bytes <= smallRecord {
		return nil
	}
	return m.count(&m.record, bytes*copies, what, ask)
}

func (m *memory) count(part *int64, bytes int64, what string, ask bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if bytes <= *part || m.err != nil {
		return m.err
	}
	total := m.window + m.record - *part + bytes
	if m.most > 0 && total > m.most {
		err := &MemoryError{What: what, Need: total, Most: m.most}
		if part == &m.window { // a record may turn out to be cut off
			m.err = err
		}
		return err
	}
	*part = bytes
	if !ask || m.grow == nil || total <= m.granted {
		return nil
	}
	m.mu.Unlock() // it may wait
	err := m.grow(total)
	m.mu.Lock()
	m.err, m.granted = err, total
	return err
}

// Memory is what the capture takes beyond the buffers that every capture has, in bytes,
// as far as it is known. It does not shrink.
func (r *Reader) Memory() int64 { return r.memory.total() }

// tooLarge is the damage of a record or block for which there is no memory.
func (r *Reader) tooLarge(err error) *Damage {
	return &Damage{
		Path: r.path, Packet: r.packets + 1, Offset: r.base + int64(r.at),
		Kind: ErrUnreadable, Detail: err.Error(), Err: err,
	}
}

// needLarge is need for a record or block that may be large: *Damage if the stream ends
// before, or if all of it is there and there is no memory for it.
func (r *Reader) needLarge(n int, what string) error {
	have, ok := int64(0), false
	refused := r.memory.forRecord(int64(n), 2, "the "+what, true) // the buffer, and a shorter one that it grew from
	if refused == nil {
		ok = r.need(n)
		have = int64(r.end - r.at)
	} else {
		start := r.base + int64(r.at)
		if have, ok = r.skip(int64(n)); ok {
			r.base, r.at, r.end = start, 0, 0
			return r.tooLarge(refused)
		}
	}
	if !ok {
		return r.cut(have, int64(n), what)
	}
	return nil
}
