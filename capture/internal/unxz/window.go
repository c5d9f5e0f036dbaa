package unxz

// window is what was decoded of a block: the bytes to which what comes may refer, and those of
// the last chunk.
type window struct {
	buf   []byte
	at    int  // behind the last byte
	begin int  // of the dictionary; below 0 if that was forgotten
	dict  int  // how far back a distance may reach
	fixed bool // buf has all of the block; else it slides
}

// maxChunk is how many bytes a chunk may become.
const maxChunk = 1 << 21

// room makes place for n bytes more, and reports whether it could.
func (w *window) room(n int) bool {
	if w.at+n <= len(w.buf) {
		return true
	}
	if w.fixed {
		return false
	}
	keep := min(w.at, w.at-w.begin, w.dict)
	most := w.dict + max(2*maxChunk, min(w.dict/4, 8*maxChunk))
	defer w.tidy()
	if keep+n <= len(w.buf)/2 || len(w.buf) >= most {
		copy(w.buf, w.buf[w.at-keep:w.at])
		w.begin -= w.at - keep
		w.at = keep
		return true
	}
	buf := make([]byte, max(min(most, 2*len(w.buf)), min(most, keep+n)))
	copy(buf, w.buf[w.at-keep:w.at])
	w.begin -= w.at - keep
	w.buf, w.at = buf, keep
	return true
}

// tidy keeps begin in the range of 32 bits. What counts of it are its lowest bits, and that
// it is further back than dict.
func (w *window) tidy() {
	for w.begin < -(1 << 29) {
		w.begin += 1 << 28
	}
}
