//go:build unix

package capture

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// readable waits for at most wait until reading the file would not wait, and reports
// whether that is so.
func readable(f *os.File, wait time.Duration) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(wait.Milliseconds()))
	return n > 0 || err != nil && err != unix.EINTR // reading tells what is wrong
}
