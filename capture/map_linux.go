package capture

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// windowLen is how much of a file is mapped at a time, in bytes: enough that
// mapping costs nothing, few enough that what is mapped stays small.
const windowLen = 16 << 20

// mapping maps a file window by window. A window is unmapped when all its blocks
// were released.
type mapping struct {
	f    *os.File
	mu   sync.Mutex
	open map[int64]*window // by number
}

type window struct {
	m      *mapping
	number int64
	mem    []byte
	left   int // blocks that were not released yet
}

// local are the file systems whose files are mapped: a page of theirs goes away
// only when the file is cut. Elsewhere (NFS, SMB, FUSE) it may at any time.
var local = map[int64]bool{
	unix.EXT4_SUPER_MAGIC: true, unix.XFS_SUPER_MAGIC: true, unix.BTRFS_SUPER_MAGIC: true, unix.TMPFS_MAGIC: true,
	unix.F2FS_SUPER_MAGIC: true, unix.OVERLAYFS_SUPER_MAGIC: true,
}

// newMapping prepares to map a regular file, or returns nil if it should be read.
func newMapping(f *os.File, block int) *mapping {
	var fs unix.Statfs_t
	if windowLen%block != 0 || unix.Fstatfs(int(f.Fd()), &fs) != nil || !local[int64(fs.Type)] {
		return nil
	}
	return &mapping{f: f, open: map[int64]*window{}}
}

// block lends length bytes of the file at offset at, or as many as there are.
// ok is false if they must be read instead. Each block is asked for once.
func (m *mapping) block(at int64, length int) (data []byte, w *window, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	number := at / windowLen
	w = m.open[number]
	if w == nil {
		info, err := m.f.Stat()
		if err != nil || info.Size() <= at {
			return nil, nil, false
		}
		n := min(info.Size()-number*windowLen, windowLen)
		mem, err := unix.Mmap(int(m.f.Fd()), number*windowLen, int(n), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			return nil, nil, false
		}
		w = &window{m: m, number: number, mem: mem, left: int((n + int64(length) - 1) / int64(length))}
		m.open[number] = w
	}
	from := int(at - number*windowLen)
	if from >= len(w.mem) {
		return nil, nil, false // the file has grown since
	}
	data = w.mem[from:min(from+length, len(w.mem))]
	// What is not in memory is read here, and an error is one of this call.
	if unix.Madvise(data, unix.MADV_POPULATE_READ) == unix.EFAULT {
		w.release()
		return nil, nil, false
	}
	return data[:len(data):len(data)], w, true
}

// put releases a block.
func (m *mapping) put(w *window) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.release()
}

func (w *window) release() {
	if w.left--; w.left == 0 {
		delete(w.m.open, w.number)
		_ = unix.Munmap(w.mem) // it was mapped
	}
}

// close unmaps what is left.
func (m *mapping) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for number, w := range m.open {
		delete(m.open, number)
		_ = unix.Munmap(w.mem)
	}
}
