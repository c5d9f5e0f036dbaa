package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// patience is how long after an interrupt a command may take to end by itself. What takes longer
// hangs in a call that nothing can interrupt: opening a FIFO that nobody writes to, reading a
// share that does not answer.
const patience = 1500 * time.Millisecond

// watchdog ends the process after an interrupt if the command does not. A dataset stands that as
// it stands a kill.
type watchdog struct {
	held  atomic.Int32 // parts of the command that end by themselves, and must not be cut short
	ended atomic.Bool  // the command has returned
}

type watchdogKey struct{}

// watched gives a context that is done at an interrupt its watchdog. The function it returns must
// be called when the command has returned.
func watched(ctx context.Context, stderr io.Writer) (_ context.Context, ended func()) {
	w := &watchdog{}
	context.AfterFunc(ctx, func() {
		if w.wait(patience, 50*time.Millisecond) {
			return
		}
		fmt.Fprintln(stderr, "pcapmill: interrupted while it waited for a file")
		os.Exit(exitInterrupted)
	})
	return context.WithValue(ctx, watchdogKey{}, w), func() { w.ended.Store(true) }
}

// wait reports whether the command returned in time. What is held does not count.
func (w *watchdog) wait(patience, step time.Duration) bool {
	last := time.Now().Add(patience)
	for !w.ended.Load() {
		now := time.Now()
		switch {
		case w.held.Load() > 0:
			last = now.Add(patience / 3)
		case now.After(last):
			return false
		}
		time.Sleep(step)
	}
	return true
}

// hold keeps the watchdog off until release is called: for what notices the interrupt itself, and
// then has work to finish, such as a run that stores what it has read.
func hold(ctx context.Context) (release func()) {
	w, ok := ctx.Value(watchdogKey{}).(*watchdog)
	if !ok {
		return func() {}
	}
	w.held.Add(1)
	return func() { w.held.Add(-1) }
}
