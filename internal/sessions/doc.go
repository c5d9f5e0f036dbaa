// Package sessions adds up the packets of a capture, session by session, for several
// goroutines and in bounded memory. It holds the engines; what they compute is said in
// package session.
//
//	Run      a stretch of a capture, decoded: Packets dealt out by the hash of their five-tuple
//	Table    partials of the packets it was given, by five-tuple, in the order of first packets
//	Breaker  numbers the sessions of a five-tuple where sessions end early
//	Spill    tables that were spilled to disk, and their merger
//	List     the sessions of a capture in order, out of tables and spills
//
// All packets of one session go to one table, and each table gets its packets in the order
// of the capture. So tables need no locks, and the List is the same for any number of them.
package sessions
