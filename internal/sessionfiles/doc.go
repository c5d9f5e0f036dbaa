// Package sessionfiles writes the sessions of captures as captures of their own, masked, one
// file a session: what programs read that were written for the output of SplitCap or
// PcapSplitter.
//
//	CLASS/c00003-s0000017.pcap     session 17 of capture 3, both counted from 0
//	__pcapmill/sessions.jsonl      a line for each file, see Line
//
// A folder is called as package dataset/png calls it. Sorted by name, the files of a class
// are in the order of the captures, and within one in that of the sessions' first kept
// packets. Where units are flows, packets or parts of sessions, each has its file and counts
// as a session here.
//
// # Packets
//
// A record holds the bytes that the packet contributes to a sample, so the records of a file
// one after another are what its sample begins with. Relative numbers are resolved. The
// original length of a record is that of the packet's headers as they stand there and of its
// payload on the wire.
//
// The link type is Ethernet (1) where the frame is kept, and raw IP (101) where packets
// begin at their IP header. A policy that leaves no packets is refused, see Check: addresses
// cut out of the header, padding behind UDP headers, payload alone.
//
// Files are pcap, little-endian, in microseconds (what is finer is cut off: most programs
// that read such files know no other), snap length 262144. With Comments they are pcapng in
// nanoseconds, and each packet has the comment ID,CLASS that pcapML reads; ID counts the
// sessions of the run from 0. A pcap file has one link type, so a session with packets of
// two is refused there; in pcapng each has its interface.
//
// # Bounds
//
// One file is open at a time. Records are collected in memory, at most Buffer bytes, and then
// appended to their files; beside that some 150 bytes a session of the capture in hand stay
// in memory.
//
// The folder appears as a whole, at the end; before, all stands in a hidden folder beside
// it. Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
package sessionfiles
