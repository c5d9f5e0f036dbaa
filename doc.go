// Package pcapmill is the front page of a dataset compiler for network traffic:
// packet captures in, datasets that machine-learning people train on out. There
// is no code here; this is the trip of a byte, told once. The rooms are the
// sub-packages, and their comments rely on it.
//
// # The trip of a byte
//
//  1. capture sniffs a file, undoes compression, and lends packets, one by one
//     (Reader) or block by block to several workers (Blocks): time, link
//     type, captured bytes, original length, position. Its codecs, capture/pcap
//     and capture/pcapng, parse byte slices and know nothing about networks.
//     A record that cannot be read ends the capture there, with its offset.
//  2. header.Decode writes down where each header of the packet starts and
//     ends. It cannot fail: what it cannot finish gets a header.Reason. Its
//     table of link types says where link addresses stand, too.
//  3. header.Drop gives irrelevant packets a reason too. Every packet is either
//     used or counted under one reason.
//  4. session takes the key from the offsets, before anything is masked, and
//     finds the session of the packet in the one of the capture's Tables that
//     the key's hash says. From here on a header.Layout travels with it.
//  5. mask writes the packet's bytes, without what a model must not learn, into
//     the room that the session's prefix still has. Packets of a session that
//     is full cost a decode and a look-up, and no copy.
//  6. At the end of the capture the prefixes, padded with zeros, are the
//     samples. dedup drops those that the dataset already has; label has said
//     which class the capture is.
//  7. dataset/idx appends samples and labels, and when they are safe on disk,
//     manifest commits them by being replaced whole.
//
// mill is the room that makes this happen, and the only one with goroutines.
//
// # One merge
//
// What any contiguous run of a capture's packets adds up to for one session is
// a session.Partial, and session.Merge joins neighbours. It is associative: so a
// table can be put aside on disk at any moment when memory is short, and merged
// back. Workers inside a capture do not even need it: they take blocks apart in
// any order, but every table gets its packets in the order of the capture.
//
// # Where to start reading
//
// From Go: mill.Prepare and mill.Run do what the command does; mill.Extract
// gives the sessions of one capture. docs/go-api.md maps what the earlier
// Python script offered to its place here.
package pcapmill
