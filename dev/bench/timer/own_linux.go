package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// every is how often a process is looked at: what lives shorter is missed.
const every = 5 * time.Millisecond

// watch looks at the memory of a process until stop is called, which returns the
// most anonymous memory that was seen, in KiB: heap, stacks and written copies,
// without mappings of files, be they on a disk or a memory file system.
// It is 0 if the process has gone before it was looked at.
func watch(pid int) (stop func() int64) {
	done, most := make(chan struct{}), make(chan int64)
	go func() {
		path, highest := fmt.Sprintf("/proc/%d/status", pid), int64(0)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			text, _ := os.ReadFile(path) // gone: nothing is found
			highest = max(highest, anonymous(text))
			select {
			case <-tick.C:
			case <-done:
				most <- highest
				return
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-most
	}
}

// anonymous finds the line "RssAnon:      1234 kB".
func anonymous(status []byte) int64 {
	for line := range bytes.Lines(status) {
		if f := bytes.Fields(line); len(f) == 3 && string(f[0]) == "RssAnon:" {
			n, err := strconv.ParseInt(string(f[1]), 10, 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}
