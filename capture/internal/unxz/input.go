package unxz

import (
	"errors"
	"io"
)

// errShort says that the input ends too early.
var errShort = errors.New("the input ends")

// input is the compressed bytes from a place on.
type input struct {
	src   io.Reader
	buf   []byte
	at    int   // in buf
	base  int64 // of buf[0]
	ended error // of src
}

// piece is how much is read at a time, in bytes.
const piece = 64 << 10

func (in *input) pos() int64 { return in.base + int64(in.at) }

// need returns the next n bytes, or as many as there are. They are valid until the next call.
func (in *input) need(n int) []byte {
	for len(in.buf)-in.at < n && in.ended == nil {
		if in.at > 0 {
			in.base += int64(in.at)
			in.buf = in.buf[:copy(in.buf, in.buf[in.at:])]
			in.at = 0
		}
		have := len(in.buf)
		if cap(in.buf)-have < piece {
			in.buf = append(make([]byte, 0, 2*have+2*piece), in.buf...)
		}
		m := 0
		m, in.ended = read(in.src, in.buf[have:have+piece])
		in.buf = in.buf[:have+m]
	}
	return in.buf[in.at:min(len(in.buf), in.at+n)]
}

func (in *input) skip(n int) { in.at += n }

// take moves the next n bytes to memory of their own, buf if it is large enough. If there are
// fewer, it moves nothing and returns nil.
func (in *input) take(n int, buf []byte) []byte {
	from := in.pos()
	have := copyOf(in.buf[in.at:min(len(in.buf), in.at+n)], buf)
	in.at += len(have)
	for len(have) < n {
		if len(have) == cap(have) {
			have = append(make([]byte, 0, min(n, 2*len(have)+piece)), have...)
		}
		m := 0
		if in.ended == nil {
			m, in.ended = read(in.src, have[len(have):min(n, cap(have))])
		}
		if have = have[:len(have)+m]; in.ended != nil {
			break
		}
	}
	rest := in.buf[in.at:]
	if len(have) < n {
		in.buf, in.at, in.base = append(have, rest...), 0, from
		return nil
	}
	if len(rest) == 0 {
		in.buf, in.at, in.base = in.buf[:0], 0, from+int64(n)
	}
	return have
}

// back puts bytes back that stood in front of those that come.
func (in *input) back(parts ...[]byte) {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	in.base = in.pos() - int64(len(all))
	in.buf, in.at = append(all, in.buf[in.at:]...), 0
}

func copyOf(b, to []byte) []byte { return append(to[:0], b...) }

// read is one Read that gives something, or an error.
func read(src io.Reader, b []byte) (n int, err error) {
	for range 100 {
		if n, err = src.Read(b); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}
