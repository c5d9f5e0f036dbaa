package objects

import (
	"io"
	"sync"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

// windows are ranges of an object that are in memory. All methods may be used side by side.
type windows struct {
	o      *object
	length int64
	most   int // there are more only where more goroutines read, each another one

	mu    sync.Mutex
	open  []*window // the one that was used last stands last
	spare [][]byte
	busy  sync.WaitGroup
}

// window is a range of an object.
type window struct {
	number int64
	users  int
	done   chan struct{} // closed when data and err are there
	data   []byte
	err    error
}

// read reads what the window has from a place on, at least a byte.
func (w *windows) read(b []byte, at int64) (int, error) {
	number := at / w.length
	x, fresh := w.take(number, false)
	if w.length == bigWindow {
		w.ahead(number + 1)
		w.ahead(number + 2)
	}
	if fresh {
		w.fetch(x)
	}
	<-x.done
	defer w.put(x)
	if x.err != nil {
		return 0, x.err
	}
	return copy(b, x.data[at-number*w.length:]), nil
}

// ahead has a window fetched by another goroutine, if there is room for it.
func (w *windows) ahead(number int64) {
	if number*w.length >= w.o.end {
		return
	}
	x, fresh := w.take(number, true)
	if x == nil {
		return
	}
	if !fresh {
		w.put(x)
		return
	}
	w.busy.Add(1)
	parallel.Start(func() {
		defer w.busy.Done()
		w.fetch(x)
		w.put(x)
	})
}

// wait waits for what is fetched ahead.
func (w *windows) wait() { w.busy.Wait() }

// take finds a window, or makes it: then it is fresh, and the caller fetches it. room: nil if
// there is no room for one more. It is the caller's until put.
func (w *windows) take(number int64, room bool) (x *window, fresh bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, x := range w.open {
		if x.number == number {
			copy(w.open[i:], w.open[i+1:])
			w.open[len(w.open)-1] = x
			x.users++
			return x, false
		}
	}
	for i := 0; len(w.open) >= w.most && i < len(w.open); {
		if old := w.open[i]; old.users > 0 {
			i++
		} else {
			w.forget(i)
		}
	}
	if room && len(w.open) >= w.most {
		return nil, false
	}
	x = &window{number: number, users: 1, done: make(chan struct{})}
	w.open = append(w.open, x)
	return x, true
}

// forget gives up a window that nobody uses.
func (w *windows) forget(i int) {
	if b := w.open[i].data; len(w.spare) < 1 && cap(b) > 0 {
		w.spare = append(w.spare, b)
	}
	w.open = append(w.open[:i], w.open[i+1:]...)
}

// put gives a window back. One that could not be read is asked for again.
func (w *windows) put(x *window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x.users--; x.users > 0 {
		return
	}
	for i := range w.open {
		if w.open[i] == x && (x.err != nil || len(w.open) > w.most) {
			w.forget(i)
			return
		}
	}
}

// fetch reads a window.
func (w *windows) fetch(x *window) {
	defer close(x.done)
	from := x.number * w.length
	to := min(from+w.length, w.o.info.Bytes)
	w.mu.Lock()
	var b []byte
	if n := len(w.spare); n > 0 {
		b, w.spare = w.spare[n-1], w.spare[:n-1]
	}
	w.mu.Unlock()
	if int64(cap(b)) < to-from {
		b = make([]byte, to-from)
	}
	x.data = b[:to-from]
	y := &body{o: w.o, at: from, to: to, next: w.length}
	defer y.Close() // it was only read
	_, x.err = io.ReadFull(y, x.data)
}
