// Package task is work that is done once: by a goroutine that was asked to, or by the one that
// needs the result, if it comes first. It starts no goroutine.
package task

import "sync/atomic"

// Task is something that is done once, by whoever comes first.
type Task struct {
	claimed  atomic.Bool
	done     chan struct{}
	do       func()
	panicked any // what do has panicked with: Wait does so in its place
}

// New returns a Task.
func New(do func()) *Task { return &Task{do: do, done: make(chan struct{})} }

// Run does the task unless somebody has begun it.
func (t *Task) Run() {
	if !t.claimed.CompareAndSwap(false, true) {
		return
	}
	defer func() {
		t.panicked = recover()
		close(t.done)
	}()
	t.do()
}

// End returns when the task is done, and does it if nobody has begun it.
func (t *Task) End() {
	t.Run()
	<-t.done
}

// Wait is End for whoever wants the result.
func (t *Task) Wait() {
	if t.End(); t.panicked != nil {
		panic(t.panicked)
	}
}

// IsDone reports whether the task is done.
func (t *Task) IsDone() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}
