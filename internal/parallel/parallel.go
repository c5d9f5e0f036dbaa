// Package parallel runs the parts of a computation side by side and waits for them. Beside
// mill it is the only package that starts goroutines; none outlives a call, but those of Start. What a
// part computes must not depend on the worker that runs it: then the result is the same for
// any number of workers.
package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Workers is how many workers a request for n means: n, or one a core where n is 0.
func Workers(n int) int {
	if n <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// Each calls f for every part 0 ... parts-1, on at most workers goroutines at a time, and
// returns when all calls have returned. worker is 0 ... workers-1 and names the caller's
// scratch memory: calls of one worker follow one another. Once ctx is done, or a call has
// failed, no further part begins; the error is that of the lowest part that failed, else
// that of ctx.
func Each(ctx context.Context, workers, parts int, f func(worker, part int) error) error {
	workers = min(workers, parts)
	if workers <= 1 {
		for i := range parts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(0, i); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	var (
		next   atomic.Int64
		failed atomic.Bool
		wait   sync.WaitGroup
		lock   sync.Mutex
		first  = parts
		cause  error
	)
	for w := range workers {
		wait.Go(func() {
			for !failed.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= parts {
					return
				}
				if err := f(w, i); err != nil {
					failed.Store(true)
					lock.Lock()
					if i < first {
						first, cause = i, err
					}
					lock.Unlock()
				}
			}
		})
	}
	wait.Wait()
	if cause != nil {
		return cause
	}
	return ctx.Err()
}

// Start has work done beside the caller. Who starts it waits for its end.
func Start(work func()) { go work() }

// Helped calls f with a function that has tasks done by as many goroutines as there are
// workers beside the caller's, and returns when f and the tasks that were begun have. A task
// that nobody has begun by then is never done.
func Helped(workers int, f func(run func(task func()))) {
	var (
		lock  sync.Mutex
		wake  = sync.NewCond(&lock)
		tasks []func()
		ended bool
		wait  sync.WaitGroup
	)
	for range workers - 1 {
		wait.Go(func() {
			lock.Lock()
			defer lock.Unlock()
			for {
				switch {
				case ended:
					return
				case len(tasks) == 0:
					wake.Wait()
				default:
					task := tasks[0]
					tasks = tasks[1:]
					lock.Unlock()
					task()
					lock.Lock()
				}
			}
		})
	}
	defer wait.Wait()
	defer func() {
		lock.Lock()
		ended = true
		lock.Unlock()
		wake.Broadcast()
	}()
	f(func(task func()) {
		lock.Lock()
		tasks = append(tasks, task)
		lock.Unlock()
		wake.Signal()
	})
}
