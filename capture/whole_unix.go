//go:build unix

package capture

import "golang.org/x/sys/unix"

// readRegular reads a regular file from its beginning until b is full or the file ends. ok is
// false if it is no regular file, of which nothing is read, or if a call fails: who opens the
// file as a File learns why. It waits for nobody at a FIFO. A File would be registered with
// the poller of the runtime, which takes more calls than all others here, and for nothing.
func readRegular(path string, b []byte) (n int, ok bool) {
	fd, err := again(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0) })
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd) // it was only read
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, false
	}
	for n < len(b) {
		m, err := again(func() (int, error) { return unix.Read(fd, b[n:]) })
		switch {
		case err != nil:
			return 0, false
		case m <= 0:
			return n, true
		}
		n += m
	}
	return n, true
}

// again makes a call until no signal interrupts it.
func again(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}
