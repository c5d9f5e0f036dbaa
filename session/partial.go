package session

// Partial is what a contiguous run of packets of a capture adds up to for one
// session. The zero value is the empty run.
type Partial struct {
	First   uint64 // number of the first kept packet in its capture, from 1; 0 for the empty run
	Packets uint64 // kept packets
	Bytes   uint64 // bytes they contributed, before any cut
	Prefix  []byte // the first min(Bytes, limit) of those bytes
	Print   Print  // fingerprint of all of them, if asked for
}

// Merge joins two neighbouring runs of the same session; earlier stands before
// later in the capture. limit bounds the prefix in bytes and is the same
// everywhere. The result may share memory with earlier.Prefix: the bytes behind
// it, up to its capacity, are Merge's to use.
//
// Merge is associative, and the empty Partial is its neutral element.
func Merge(earlier, later Partial, limit int) Partial {
	if earlier.Packets == 0 {
		return later
	}
	if later.Packets == 0 {
		return earlier
	}
	room := max(limit-len(earlier.Prefix), 0)
	return Partial{
		First:   earlier.First,
		Packets: earlier.Packets + later.Packets,
		Bytes:   earlier.Bytes + later.Bytes,
		Prefix:  append(earlier.Prefix, later.Prefix[:min(room, len(later.Prefix))]...),
		Print:   earlier.Print.join(later.Print, later.Bytes),
	}
}
