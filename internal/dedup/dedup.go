// Package dedup keeps the first of equal things: a set of digests, each with
// the labels under which it stands in the dataset.
//
// Two sessions are duplicates when they have the same label and compare equal;
// the first stays. Equal ones under different labels are a conflict: both stay,
// and the number is reported, because no model can tell them apart.
package dedup

import (
	"crypto/sha256"
	"encoding/binary"
)

// Digest is what stands for a sample or a session: 128 bits, so that among 2^40
// things the chance of an accidental match is below 2^-48.
type Digest [16]byte

// OfSample is the digest of a finished sample: the first half of the SHA-256 of
// its bytes without the zeros at its end. Equal samples are equal without them
// too, and most samples end in many; so what was not padded yet may be given.
func OfSample(sample []byte) Digest {
	n := len(sample)
	for n >= 8 && binary.LittleEndian.Uint64(sample[n-8:]) == 0 {
		n -= 8
	}
	for n > 0 && sample[n-1] == 0 {
		n--
	}
	sum := sha256.Sum256(sample[:n])
	return Digest(sum[:16])
}
