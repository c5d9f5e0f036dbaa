package session

// Session is a session of a capture, or what a run of its packets adds up to for one.
type Session struct {
	Key FiveTuple
	Gen uint16 // which session of its five-tuple, from 0: see [Breaks]
	Partial
}

// Sample writes the session's prefix in full length into dst, which has the length that
// bounds prefixes: its first bytes, and zeros behind.
func (s *Session) Sample(dst []byte) { clear(dst[copy(dst, s.Prefix):]) }

// Breaks says where a session ends although its five-tuple goes on. The zero value is the
// default: nowhere. What goes on is the next session of the five-tuple.
type Breaks struct {
	Idle    int64 // a pause of more than so many nanoseconds since the kept packet before; 0: never
	Restart bool  // a TCP SYN (without ACK) behind a FIN or RST, kept or not
}

// MostSessions is the largest number of sessions that one five-tuple can have in one
// capture; the last one takes what follows.
const MostSessions = 1 << 16
