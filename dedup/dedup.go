// Package dedup keeps the first of equal things: a set of digests, each with
// the labels under which it stands in the dataset.
//
// Two sessions are duplicates when they have the same label and compare equal;
// the first stays. Equal ones under different labels are a conflict: both stay,
// and the number is reported, because no model can tell them apart.
package dedup

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// Mode says what is compared.
type Mode uint8

// Modes.
const (
	Sample  Mode = iota // the finished sample
	Session             // all bytes of the session, before they are cut or padded
	None                // nothing is dropped; conflicts of samples are counted
)

var modeNames = []string{"sample", "session", "none"}

func (m Mode) String() string { return modeNames[m] }

// ParseMode reads "sample", "session" or "none".
func ParseMode(text string) (Mode, error) {
	for i, n := range modeNames {
		if n == text {
			return Mode(i), nil
		}
	}
	return 0, fmt.Errorf("dedup: no mode %q: have sample, session, none", text)
}

// Digest is what stands for a sample or a session: 128 bits, so that among 2^40
// things the chance of an accidental match is below 2^-48.
type Digest [16]byte

// OfSample is the digest of a finished sample: the first half of its SHA-256.
func OfSample(sample []byte) Digest {
	sum := sha256.Sum256(sample)
	return Digest(sum[:16])
}

// Set remembers digests and the labels under which they stand.
type Set struct {
	first map[Digest]uint16   // label under which a digest stood first
	more  map[Digest][]uint16 // all labels, sorted, of the digests that have several: rare
}

// NewSet returns an empty set.
func NewSet() *Set {
	return &Set{first: map[Digest]uint16{}, more: map[Digest][]uint16{}}
}

// Len is the number of different digests.
func (s *Set) Len() int { return len(s.first) }

// Add records a digest under a label. seen: it already stood there under this
// label. conflict: it already stood there under another one.
func (s *Set) Add(d Digest, label uint16) (seen, conflict bool) {
	first, ok := s.first[d]
	if !ok {
		s.first[d] = label
		return false, false
	}
	all, several := s.more[d]
	if !several {
		if first == label {
			return true, false
		}
		all = []uint16{first}
	}
	at, seen := slices.BinarySearch(all, label)
	if !seen {
		s.more[d] = slices.Insert(all, at, label)
	}
	return seen, true
}
