package session

// Partial is what a contiguous run of packets of a capture adds up to for one
// session. The zero value is the empty run.
type Partial struct {
	First   uint64    // number of the first kept packet in its capture, from 1; 0 for the empty run
	Up      bool      // whether that one went from the lower endpoint to the higher
	Start   int64     // its time, nanoseconds since 1970
	Last    int64     // the latest time of a kept packet
	Packets [2]uint64 // kept packets: from the lower endpoint, from the higher
	Sizes   [2]uint64 // of these, bytes from the IP header to the packet's end
	Bytes   uint64    // bytes they contributed, before any cut
	Prefix  []byte    // the first min(Bytes, limit) of those bytes
	Print   Print     // fingerprint of all of them, if asked for
}

// Count is the number of kept packets, both directions together.
func (p *Partial) Count() uint64 { return p.Packets[0] + p.Packets[1] }

// Merge joins two neighbouring runs of the same session; earlier stands before
// later in the capture. limit bounds the prefix in bytes and is the same
// everywhere. The result may share memory with earlier.Prefix: the bytes behind
// it, up to its capacity, are Merge's to use.
//
// Merge is associative, and the empty Partial is its neutral element.
func Merge(earlier, later Partial, limit int) Partial {
	if earlier.First == 0 {
		return later
	}
	if later.First == 0 {
		return earlier
	}
	room := max(limit-len(earlier.Prefix), 0)
	p := earlier
	p.Last = max(earlier.Last, later.Last)
	for d := range p.Packets {
		p.Packets[d] += later.Packets[d]
		p.Sizes[d] += later.Sizes[d]
	}
	p.Bytes += later.Bytes
	p.Prefix = append(earlier.Prefix, later.Prefix[:min(room, len(later.Prefix))]...)
	if earlier.Print != (Print{}) || later.Print != (Print{}) { // else nobody asked for it
		p.Print = earlier.Print.join(later.Print, later.Bytes)
	}
	return p
}
