package bunzip

import "sync/atomic"

// task is something that is done once, by whoever comes first.
type task struct {
	claimed  atomic.Bool
	done     chan struct{}
	do       func()
	panicked any // what do has panicked with: the Reader does so in its place
}

func newTask(do func()) *task { return &task{do: do, done: make(chan struct{})} }

// run does the task unless somebody has begun it.
func (t *task) run() {
	if !t.claimed.CompareAndSwap(false, true) {
		return
	}
	defer func() {
		t.panicked = recover()
		close(t.done)
	}()
	t.do()
}

// end returns when the task is done, and does it if nobody has begun it.
func (t *task) end() {
	t.run()
	<-t.done
}

// wait is end for whoever wants the result.
func (t *task) wait() {
	if t.end(); t.panicked != nil {
		panic(t.panicked)
	}
}

func (t *task) isDone() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}
