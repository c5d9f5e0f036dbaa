package session

import "github.com/pcapmill/pcapmill/header"

// Partial is what a contiguous run of packets of a capture adds up to for one
// session. The zero value is the empty run.
type Partial struct {
	First   uint64      // number of the first kept packet in its capture, from 1; 0 for the empty run
	Up      bool        // whether that one went from the lower endpoint to the higher
	Start   int64       // its time, nanoseconds since 1970
	Last    int64       // the latest time of a kept packet
	Packets [2]uint64   // kept packets: from the lower endpoint, from the higher
	Sizes   [2]uint64   // of these, bytes from the IP header to the packet's end
	Bytes   uint64      // bytes they contributed, before any cut
	Matched header.Drop // kinds of packets that are among them and take the session away, if asked for
	Prefix  []byte      // the first min(Bytes, limit) of those bytes, unless a form says what is kept
	State   []byte      // what a form keeps in its place
	Print   Print       // fingerprint of all of them, if asked for
}

// A Form says what a partial keeps of its packets where that is no prefix: a state, which is
// plain bytes. The packets of a run give the same state however it is cut into shorter ones.
type Form interface {
	// Bound is the largest number of bytes that a state has.
	Bound() int
	// Merge joins the states of two neighbouring runs, in the memory of earlier: the bytes
	// behind it, up to its capacity, are Merge's to use. The result has at most
	// min(Bound, len(earlier)+len(later)) bytes, and later is not changed. An empty state is
	// that of no packets.
	Merge(earlier, later []byte) []byte
}

// Keep is what partials keep of the bytes of their packets: the state of a form, or without
// one a prefix of at most Limit bytes.
type Keep struct {
	Limit int
	Form  Form // or nil
}

// Bound is the largest number of bytes that a partial keeps.
func (k Keep) Bound() int {
	if k.Form != nil {
		return k.Form.Bound()
	}
	return max(k.Limit, 0)
}

// Count is the number of kept packets, both directions together.
func (p *Partial) Count() uint64 { return p.Packets[0] + p.Packets[1] }

// Merge is [Keep.Merge] for prefixes of at most limit bytes.
func Merge(earlier, later Partial, limit int) Partial {
	return Keep{Limit: limit}.Merge(earlier, later)
}

// Merge joins two neighbouring runs of the same session; earlier stands before
// later in the capture. k is the same everywhere. The result may share memory with
// the prefix or state of earlier: the bytes behind it, up to its capacity, are
// Merge's to use.
//
// Merge is associative, and the empty Partial is its neutral element.
func (k Keep) Merge(earlier, later Partial) Partial {
	if earlier.First == 0 {
		return later
	}
	if later.First == 0 {
		return earlier
	}
	p := earlier
	p.Last = max(earlier.Last, later.Last)
	for d := range p.Packets {
		p.Packets[d] += later.Packets[d]
		p.Sizes[d] += later.Sizes[d]
	}
	p.Bytes += later.Bytes
	p.Matched |= later.Matched
	if k.Form != nil {
		p.State = k.Form.Merge(earlier.State, later.State)
	} else {
		room := max(k.Limit-len(earlier.Prefix), 0)
		p.Prefix = append(earlier.Prefix, later.Prefix[:min(room, len(later.Prefix))]...)
	}
	if earlier.Print != (Print{}) || later.Print != (Print{}) { // else nobody asked for it
		p.Print = earlier.Print.join(later.Print, later.Bytes)
	}
	return p
}
