// Package mill turns captures into a dataset. It is the room that knows all the
// others, and the only one that starts goroutines.
//
// Options are what the user asked for. Prepare looks at the paths and makes a
// Plan: which captures will be read, in which order, with which label, and what
// is skipped and why; nothing is written. Run carries the Plan out.
//
// A capture is a job. Its blocks of a mebibyte are read, hashed and decoded by
// any worker, each from a place where records seem to begin; a
// capture.Sequence takes them in order, and what a worker found counts only if
// the block before ended exactly there. The decoded packets are dealt out to a
// few sessions.Tables by the hash of their five-tuple, and each table takes its
// packets in the order of the capture. The scheduler hands out these tasks, of
// early captures before late ones, so one large capture and many small ones keep
// all workers busy alike. When tables outgrow the memory of the run, they are
// spilled. A capture that can only be read as a stream (compressed, FIFO) has a
// goroutine that reads ahead of the workers.
//
// One goroutine takes finished captures in the order of the plan and drops
// duplicates; of a large one, a second goroutine writes what is left. So the
// bytes written do not depend on the number of workers, the length of blocks,
// memory or timing: tests compare every way with the slow twin, which reads each
// capture in one loop.
package mill
