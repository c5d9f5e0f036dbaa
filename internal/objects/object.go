package objects

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"
)

// What an open object takes of memory.
const (
	bigWindow    = 4 << 20 // bytes of a range that is read ahead
	bigWindows   = 4
	smallWindow  = 128 << 10 // for reads here and there, as of the directory of an archive
	smallWindows = 8
)

// Memory is what an open object takes at most, in bytes.
const Memory = bigWindows*bigWindow + smallWindows*smallWindow

// object is an open object.
type object struct {
	ctx   context.Context
	close context.CancelFunc
	s     store
	info  *Info
	p     patience

	big, small windows

	at     int64 // of Read
	stream *body
	end    int64 // nothing behind it will be read
}

func newObject(ctx context.Context, s store, info *Info) *object {
	o := &object{s: s, info: info, end: info.Bytes, p: usual}
	o.ctx, o.close = context.WithCancel(ctx)
	o.big = windows{o: o, length: bigWindow, most: bigWindows}
	o.small = windows{o: o, length: smallWindow, most: smallWindows}
	return o
}

// Expect says that nothing behind a place will be read of a File, so that it is not read ahead.
func Expect(f File, end int64) {
	if o, ok := f.(*object); ok {
		o.end = min(o.info.Bytes, end)
	}
}

// Section is a stream of the bytes from one place to another of a file. A File that is an object
// is read by requests of its own, and by no window. It ends at the latest when the File is closed.
func Section(f io.ReaderAt, from, to int64) io.Reader {
	if o, ok := f.(*object); ok {
		return &named{&body{o: o, at: from, to: min(to, o.info.Bytes)}, o}
	}
	return io.NewSectionReader(f, from, to-from)
}

func (o *object) Name() string               { return o.info.Place.String() }
func (o *object) Stat() (fs.FileInfo, error) { return o.info, nil }

// Close ends all requests.
func (o *object) Close() error {
	if o.stream != nil {
		_ = o.stream.Close() // it was only read
	}
	o.close()
	o.big.wait()
	o.small.wait()
	return nil
}

// fail names the object in an error that is not io.EOF.
func (o *object) fail(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &fs.PathError{Op: "read", Path: o.Name(), Err: err}
}

// ReadAt reads by windows. Windows behind one that is read in large pieces are read ahead.
func (o *object) ReadAt(b []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, o.fail(errors.New("a place before its first byte"))
	}
	w := &o.big
	if len(b) <= smallWindow {
		w = &o.small
	}
	for n < len(b) {
		if at+int64(n) >= o.info.Bytes {
			return n, io.EOF
		}
		m, err := w.read(b[n:], at+int64(n))
		if n += m; err != nil {
			return n, o.fail(err)
		}
	}
	return n, nil
}

// Read implements [io.Reader].
func (o *object) Read(b []byte) (n int, err error) {
	if o.stream == nil {
		o.stream = &body{o: o, at: o.at, to: o.info.Bytes}
	}
	n, err = o.stream.Read(b)
	o.at += int64(n)
	return n, o.fail(err)
}

// named is a body whose errors name the object.
type named struct {
	*body
	o *object
}

func (n *named) Read(b []byte) (int, error) {
	m, err := n.body.Read(b)
	return m, n.o.fail(err)
}

// patience is how a body that breaks off is asked for again.
type patience struct {
	tries int           // in a row that bring no byte
	pause time.Duration // doubled with each of them
	still time.Duration // without a byte, until a request is given up
}

var usual = patience{5, 200 * time.Millisecond, time.Minute}

// first is how many bytes the first request for a body asks for: more is asked for by who does
// not only look at the beginning.
const first = 128 << 10

// body is a stream of a range of an object. It goes on where a request ended or broke off.
type body struct {
	o      *object
	at, to int64
	next   int64 // how many bytes the next request asks for; 0: first
	end    int64 // of the request
	r      io.ReadCloser
	cancel context.CancelFunc
	timer  *time.Timer
	failed int
}

func (y *body) Read(b []byte) (int, error) {
	for {
		if y.at >= y.to {
			return 0, io.EOF
		}
		if err := y.o.ctx.Err(); err != nil {
			return 0, err
		}
		n, err := y.once(b)
		y.at += int64(n)
		if err != nil || y.at == y.end {
			_ = y.Close() // what is missing is asked for anew
		}
		switch {
		case n > 0:
			y.failed = 0
			return n, nil
		case err == nil:
			continue
		case final(err):
			return 0, err
		}
		if y.failed++; y.failed == y.o.p.tries {
			return 0, err
		}
		if err := sleep(y.o.ctx, y.o.p.pause<<y.failed); err != nil {
			return 0, err
		}
	}
}

// once reads from the request, which is made if there is none.
func (y *body) once(b []byte) (int, error) {
	if y.r == nil {
		ctx, cancel := context.WithCancel(y.o.ctx)
		y.cancel = cancel
		y.timer = time.AfterFunc(y.o.p.still, cancel)
		length := max(y.next, first)
		y.next, y.end = length*8, min(y.at+length, y.to)
		r, err := y.o.s.get(ctx, y.o.info.Place, y.o.info.Tag, y.at, y.end)
		if err != nil {
			return 0, y.why(err)
		}
		y.r = r
	}
	y.timer.Reset(y.o.p.still)
	n, err := y.r.Read(b[:min(int64(len(b)), y.end-y.at)])
	if err == io.EOF && y.at+int64(n) < y.end {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		err = y.why(err)
	}
	return n, err
}

// errStill is why a request that was not answered in time was given up.
var errStill = errors.New("the store sent nothing for too long")

// why is the reason for an error: that of a request which was given up is that it stood still.
func (y *body) why(err error) error {
	if errors.Is(err, context.Canceled) && y.o.ctx.Err() == nil {
		return errStill
	}
	if err == io.ErrUnexpectedEOF {
		return errors.New("the connection to the store broke off")
	}
	return err
}

// Close ends the request.
func (y *body) Close() error {
	if y.timer != nil {
		y.timer.Stop()
	}
	if y.cancel != nil {
		y.cancel()
	}
	var err error
	if y.r != nil {
		err = y.r.Close()
	}
	y.r, y.cancel, y.timer = nil, nil, nil
	return err
}

// final reports whether it is of no use to ask again.
func final(err error) bool {
	return errors.Is(err, ErrChanged) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, new(*givenUp))
}

// givenUp is an error of a request that was tried often enough.
type givenUp struct{ error }

func (e *givenUp) Unwrap() error { return e.error }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
