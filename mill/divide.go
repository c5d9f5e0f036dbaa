package mill

// Several workers decode one large gzip, bzip2 or xz capture, or one large member of a ZIP
// archive: see packages inflate, bunzip and unxz.
// What they do is a task of the capture, behind placing and applying, so that blocks never
// pile up, and before decoding, so that whoever reads the stream does not wait.

// leastDivided is the size in bytes from which dividing a file pays: in gzip eight of the
// pieces of 1 MiB that are read at once, in bzip2 some four blocks, and in xz two at least.
var leastDivided = map[string]int64{"gzip": 8 << 20, "bzip2": 2 << 20, "xz": 2 << 20}

// pieceMemory is what a divided capture takes for each worker, in bytes: what package
// inflate promises, and more than package bunzip takes. Blocks of xz may take more, see lend.
const pieceMemory = 24 << 20

// divide decides how many workers decode a capture, and reserves the memory; 0: the
// stream is decoded by whoever reads it. One capture is divided at a time: several keep
// the workers busy as they are.
func (sc *scheduler) divide(j *job) int {
	least, can := leastDivided[j.in.Format.Compression]
	size := j.in.Size
	if m := j.in.member; m != nil { // what is compressed in it is not divided
		least, size = leastDivided["gzip"], m.Divisible()
		can = size > 0 && j.in.Format.Compression == ""
	}
	if sc.p.divided > 0 {
		least = sc.p.divided
	}
	if !can || sc.p.serial || sc.p.LabelFrom == FromComment || j.in.Stream || size < least {
		return 0
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for _, k := range sc.jobs {
		if k.aside > 0 {
			return 0
		}
	}
	free := min(sc.most-sc.reserved, sc.most/2) // the rest is for windows and large records
	n := min(int64(sc.p.workers()), free/pieceMemory)
	if n < 2 {
		return 0
	}
	j.aside = n * pieceMemory
	j.wants += j.aside
	sc.take(j)
	return int(n)
}

// lend grants a capture that is divided so many bytes besides, in all, if half of the memory
// for captures has room for all that it divides, and nobody else has taken it.
func (sc *scheduler) lend(j *job, total int64) bool {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	more := total - j.spared
	if more <= 0 {
		return true
	}
	if j.aside == 0 || j.aside+more > sc.most/2 || sc.reserved+more > sc.most {
		return false
	}
	j.spared, j.aside, j.held = total, j.aside+more, j.held+more
	sc.reserved += more
	sc.progress.reserved.Store(sc.reserved)
	return true
}

// help leaves a task of a capture's decoder to any worker.
func (sc *scheduler) help(j *job, task func()) {
	sc.mu.Lock()
	j.helping = append(j.helping, task)
	sc.mu.Unlock()
	sc.wake.Broadcast()
}

// helpOf takes the first such task, or one of the archive that the capture is read from; nil
// if there is none. The lock is held.
func (j *job) helpOf() (task func()) {
	from := &j.helping
	if len(*from) == 0 && j.solid != nil {
		from = &j.solid.helping
	}
	if len(*from) == 0 {
		return nil
	}
	task, *from = (*from)[0], (*from)[1:]
	return task
}
