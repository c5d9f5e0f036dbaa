package capture

import (
	"os"
	"time"
)

// grace is for how long an interrupted stream is still read, if it has something.
const grace = 500 * time.Millisecond

// interrupted reports whether the stream is to end.
func (s *source) interrupted() bool {
	select {
	case <-s.interrupt:
		return true
	default:
		return false
	}
}

// await waits until the stream has something to read or has ended. It returns false
// if the stream was interrupted and there is nothing more to read in time.
func (s *source) await() bool {
	const step = 50 * time.Millisecond
	f, isFile := s.r.(*os.File)
	for {
		if s.interrupted() {
			if s.last.IsZero() {
				s.last = time.Now().Add(grace)
			}
			if time.Now().After(s.last) {
				return false
			}
		}
		if !isFile || readable(f, step) {
			return true
		}
	}
}
