// Package mill turns captures into a dataset. It plans and schedules; other packages find
// files, read packets, add up sessions and store samples. It is the only package that
// starts goroutines.
//
// # Plan and run
//
// Options are what the user asked for. Prepare looks at the paths and returns a Plan: which
// captures are read, in which order, with which label, and what is skipped and why. It
// writes nothing. Run carries the plan out. A plan can be written as JSON and read back.
//
// Extract gives the sessions of one capture, with statistics, and makes no dataset.
//
// # Scheduling
//
// A capture is a job, and its tasks go to any worker:
//
//   - decode: a block of a mebibyte is read, hashed and decoded, from a place where records
//     seem to begin;
//   - place: blocks are put behind each other, in order. What was decoded counts only if
//     the block before ended exactly there (capture.Sequence);
//   - apply: the packets of placed blocks, dealt out by the hash of their five-tuple, are
//     added to one of a few tables (sessions.Table), each in the order of the capture;
//   - help: a piece of a large gzip file is decoded from where a block seems to begin
//     (package inflate); whoever reads the stream takes it if that was right;
//   - seal: a table is finished; with the last one the capture is.
//
// A small plain capture is read with one call, and the worker that has done so takes it through
// all of its tasks and makes its samples.
//
// The scheduler prefers early captures, so that one large capture and many small ones keep
// all workers busy alike. When tables outgrow the memory of the run they are spilled to
// disk. A capture that can only be read as a stream (compressed, FIFO) has a goroutine that
// reads ahead of the workers.
//
// One goroutine takes finished captures in the order of the plan and drops duplicates; of a
// large one, a second goroutine writes what is left. So the bytes do not depend on the
// number of workers, the length of blocks, memory or timing. Tests compare every way with
// the slow twin, which reads each capture in one loop.
package mill
