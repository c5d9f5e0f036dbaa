package parallel

import (
	"sync/atomic"
	"testing"
)

// TestHelped: tasks are done beside the caller, all that were begun are done at the end, and
// nobody does one later.
func TestHelped(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 5} {
		var begun, done atomic.Int64
		stop := make(chan struct{})
		Helped(workers, func(run func(func())) {
			all := make(chan struct{}, 100)
			for range 100 {
				run(func() { begun.Add(1); all <- struct{}{}; done.Add(1) })
			}
			if workers > 1 {
				for range 100 {
					<-all
				}
			}
			for range 50 {
				run(func() { begun.Add(1); <-stop; done.Add(1) })
			}
			close(stop)
		})
		if b, d := begun.Load(), done.Load(); b != d || workers < 2 && b != 0 || workers > 1 && b < 100 {
			t.Errorf("%d workers: %d tasks begun, %d done", workers, b, d)
		}
	}
}
