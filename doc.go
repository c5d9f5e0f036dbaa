// Package pcapmill is the front page of a dataset compiler for network traffic: packet
// captures in, datasets for machine learning out. It has no code. It follows one byte
// through the packages, whose comments rely on it.
//
// # The trip of a byte
//
//  1. capture recognises a file by content, undoes compression, and lends packets: one by
//     one (Reader), or block by block to several workers (Blocks). A record that cannot be
//     read ends the capture there, with its offset.
//  2. header.Decode notes where each header of the packet stands. It never fails: a packet
//     it cannot finish carries a header.Reason. Its table of link types also says where
//     link addresses stand. header.Drop gives irrelevant packets a reason too, so every
//     packet is used or counted under one reason.
//  3. session takes the five-tuple, before anything is masked. A used packet travels on as
//     a header.Layout, which says where its headers stand and nothing else.
//  4. mask writes the packet's bytes, without what a model must not learn, into the prefix
//     of its session. A packet whose session is full costs a decode and one lookup, no copy.
//  5. At the end of the capture the prefixes, padded with zeros, are the samples. Duplicates
//     are dropped; label has said which class the capture is.
//  6. store appends samples, labels and rows. When they are safe on disk it commits them by
//     replacing the manifest whole.
//
// mill makes this happen. Goroutines start there and, within one call, in
// internal/parallel.
//
// # One merge
//
// What any contiguous run of a capture's packets adds up to for one session is a
// session.Partial, and session.Merge joins neighbours. It is associative: a table of
// sessions can be spilled to disk at any moment and merged back, and machines can add up
// parts of one capture and exchange them. Workers inside a capture do not need it: they
// decode blocks in any order, but every table gets its packets in the order of the capture.
//
// # Where to start reading
//
// A Go program calls mill.Prepare and mill.Run for what the command does, mill.Extract for
// the sessions of one capture, and store.Open for a finished dataset. docs/go-api.md has the
// rest, docs/design.md the packages, docs/spec.md what the bytes mean.
package pcapmill
