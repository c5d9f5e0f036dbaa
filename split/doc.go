// Package split divides a dataset into training, validation and test samples so that
// nothing a model should not know of stands on two sides.
//
// # Groups
//
// Samples that know of each other are a group, and a group goes to one side as a whole.
// What a group is, is [By]:
//
//	capture  all samples of one capture, by its content digest
//	host     all samples whose first kept packet was sent by one host, by its keyed pseudonym
//	session  all samples of equal bytes, wherever they come from: one session, and its twins
//	time     within each class, the samples before, between and after recorded times
//	none     every sample by itself, twins too; for comparison with published numbers
//
// # Assignment
//
// Each group has a number u: the first eight bytes, big-endian, of HMAC-SHA-256 under the
// salt over its kind and identity.
//
// By [Quota], groups are dealt out within each class, in ascending order of u: each goes to
// the side that is furthest below its share of the class's samples. As soon as no more
// groups are left than sides that have nothing, only these sides are looked at. Groups that
// have a side keep it when samples are added; new ones fill what is short. A record keeps how
// many samples there were in each round of dealing, so that all of it can be done again.
// docs/formats/splits.md has the rule in full.
//
// By [Hash], a side is a function of u alone. With weights that add up to w, u*w>>64 is 0 to
// w-1; the numbers from below belong to test, then to validation, the rest to training. So
// the side depends on nothing else in the dataset, and a test set that is made larger keeps
// what it had.
//
// By time, the side is that of Row.Start: a time at a cut belongs to the later side.
//
// The times of the cuts are chosen when a class is first split, so that the sides have the
// shares that were asked for, between two different times, and are recorded. They stay: what
// is added later goes where its time belongs, so shares drift and nothing moves.
//
// # Classes that cannot be split so
//
// A class of which some side would get no sample cannot be split by the groups that were
// asked for: it has too few captures, say. What happens then is the user's choice,
// [Fallback]: an error that lists the classes, or another way for these classes alone, which
// is recorded class by class and stays when samples are added. If the other way leaves a
// side empty too, the record says so and [Record.Warnings] does.
//
// # Left out
//
// A class with fewer samples than MinPerClass is on no side until it has them. Of a class
// with more than MaxPerClass training samples, those stay whose own hashes (the same HMAC,
// over capture and place) are smallest; validation and test keep all of theirs, because a
// capped test set measures another task. When samples are added, an old training sample may
// have to make room, or one that was left out may come in: no sample ever goes from one side
// to another.
//
// # Proof
//
// A [Record] is the whole of a split: settings, the way of each class, counts, the side of
// every sample, and a proof that was counted from that assignment and not from the rule
// behind it: groups on each side, groups on two sides (always 0), and what the split does
// not promise: captures, hosts and equal samples on two sides. [Compute] with a Record of
// the same samples returns the same Record, byte for byte; that is how it is verified.
//
// The package reads and writes no files (package store does), and what it computes
// depends on its arguments only.
package split
