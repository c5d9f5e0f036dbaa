// Package mill turns captures into a dataset. It is the room that knows all the
// others, and the only one that starts goroutines.
//
// Options are what the user asked for. Prepare looks at the paths and makes a
// Plan: which captures will be read, in which order, with which label, and what
// is skipped and why; nothing is written. Run carries the Plan out.
//
// Workers read one capture each and add its packets up to a session.Table; one
// goroutine takes the results in the order of the plan, drops duplicates,
// appends the samples and commits. So the bytes written do not depend on the
// number of workers or on timing.
package mill
