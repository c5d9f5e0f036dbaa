package mill

import (
	"errors"

	"github.com/pcapmill/pcapmill/capture"
)

// admission is how a capture gets the memory that it takes beyond the buffers that all
// captures have: for the window of its decoder, for its largest record.
type admission struct {
	most int64                   // bytes that it may take
	grow func(total int64) error // see capture.Options; may be nil

	workers int               // that help to decode, see divide
	run     func(task func()) // gives them a task
	spare   func(int64) bool  // more memory for them, if there is; may be nil

	from func() (*capture.Source, error) // opens a member of a compressed archive; else nil
}

// errLater says that a capture cannot be opened now, beside those that are open. It is
// opened again when there is memory.
var errLater = errors.New("no memory for it now")

// leastCapture is what a single capture may take in any case, in bytes.
const leastCapture = 32 << 20

// muchMemory is from how many bytes on memory that a capture gives back is collected at
// once.
const muchMemory = 32 << 20

// captureMemory is what captures may take together for windows and large records, in
// bytes: what is left of total beside what every run takes. One alone may have it all.
func (o *Options) captureMemory(total int64) int64 {
	return max(total-o.fixedMemory()-leastTables, leastCapture)
}

// admit is the admission of a job.
func (sc *scheduler) admit(j *job) admission {
	return sc.within(j, admission{
		most: sc.most, grow: func(total int64) error { return sc.grow(j, total) },
		workers: sc.divide(j), run: func(task func()) { sc.help(j, task) },
		spare: func(total int64) bool { return sc.lend(j, total) },
	})
}

// grow grants a job total bytes. While a file is being opened it does not wait, because
// that would hold a worker: errLater. A stream cannot be opened twice, and is granted what
// it needs at once. Later it waits, in what reads the capture and not in a worker; or in
// the worker that reads the capture as a whole, which others do not wait for.
func (sc *scheduler) grow(j *job, total int64) error {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	j.wants = max(j.wants, total+j.aside-j.held)
	switch {
	case j.isOpen:
		for !sc.grant(j) {
			if sc.over(j) {
				return sc.ctx.Err()
			}
			sc.wake.Wait()
		}
	case j.in.Stream:
		sc.take(j)
	case !sc.grant(j):
		return errLater
	}
	return nil
}

// grant gives a job what it wants, if there is enough. If all who hold memory want more,
// the first of them gets it nevertheless: together they take no more than twice what there
// is for captures, and nobody waits for ever. The lock is held.
func (sc *scheduler) grant(j *job) bool {
	if j.wants > 0 && sc.reserved+j.wants > sc.most && !sc.stuck(j) {
		return false
	}
	sc.take(j)
	return true
}

func (sc *scheduler) take(j *job) {
	if j.wants > 0 {
		j.held += j.wants
		sc.reserved += j.wants
		j.wants = 0
		sc.progress.reserved.Store(sc.reserved)
	}
}

// stuck reports whether all jobs that hold memory want more, and j is the first of them.
func (sc *scheduler) stuck(j *job) bool {
	var first *job
	for _, k := range sc.jobs {
		switch {
		case k.held == 0:
		case k.wants == 0:
			return false
		case first == nil:
			first = k
		}
	}
	return first == j
}

// dismiss gives back what a job holds, when its capture is closed. The lock is held.
func (sc *scheduler) dismiss(j *job) {
	sc.reserved -= j.held
	j.held, j.wants, j.aside, j.spared = 0, 0, 0, 0
	sc.progress.reserved.Store(sc.reserved)
}
