package capture

import (
	"io"
)

// need makes at least n unparsed bytes stand in the buffer and reports whether
// the stream had them. The buffer grows only when it is full of bytes that
// were really there, and never beyond n; with Resync by a quarter more, because
// there the bytes of a long block may be gone through again for what is inside:
// behind one move there is then room for a quarter of n before the next.
func (r *Reader) need(n int) bool {
	limit := n
	if r.resync.on {
		limit += n / 4
	}
	for r.end-r.at < n {
		if r.rerr != nil {
			return false
		}
		if r.at > 0 && (!r.resync.on || len(r.buf)-r.at < n || r.end == len(r.buf)) {
			r.base += int64(r.at)
			r.end = copy(r.buf, r.buf[r.at:r.end])
			r.at = 0
			if len(r.buf) < limit && r.end > n/2 {
				r.buf = append(r.buf, make([]byte, limit-len(r.buf))...)
			}
		}
		if r.end == len(r.buf) {
			r.buf = append(r.buf, make([]byte, min(len(r.buf), limit-len(r.buf)))...)
		}
		r.fill()
	}
	return true
}

// fill reads into the free part of the buffer.
func (r *Reader) fill() {
	n, err := r.plain.Read(r.buf[r.end:])
	for tries := 0; n == 0 && err == nil; tries++ {
		if tries == 100 {
			err = io.ErrNoProgress
			break
		}
		n, err = r.plain.Read(r.buf[r.end:])
	}
	if r.digest != nil {
		r.digest.write(r.buf[r.end : r.end+n])
	}
	r.end += n
	r.rerr = err
}

// skip passes over n bytes that need not be in memory. Where the stream ends
// before, it returns how many were there, and the position stays at the start.
func (r *Reader) skip(n int64) (had int64, ok bool) {
	start := r.base + int64(r.at)
	for n > int64(r.end-r.at) {
		had += int64(r.end - r.at)
		n -= int64(r.end - r.at)
		r.base += int64(r.end)
		r.at, r.end = 0, 0
		if r.rerr != nil {
			r.base = start
			return had, false
		}
		r.fill()
	}
	r.at += int(n)
	return had + n, true
}
