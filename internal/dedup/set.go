package dedup

import (
	"encoding/binary"
	"slices"

	"github.com/pcapmill/pcapmill/internal/pages"
)

// Set remembers digests and the labels under which they stand. It takes 18 bytes a place,
// of which at most three quarters are in use.
//
// It is not a map, because a lookup in a large set mostly waits for memory. A lookup here
// touches one cache line, Touch lets the waits of many lookups overlap, and finding and
// adding are one lookup.
//
// It consists of shards, by the first byte of the digest. Several goroutines may use it at
// once if each has shards of its own.
type Set struct{ shards [Shards]shard }

// Shards is the number of shards of a Set.
const Shards = 16

// shard is the part of a set with the digests of which Shard is the same.
type shard struct {
	keys   []key
	labels []uint16            // by place: the label under which the digest stood first
	more   map[Digest][]uint16 // all labels, sorted, of the digests that have several: rare
	n      int
	zero   bool   // the digest of zeros, which marks a free place, is in the set,
	zeros  uint16 // first under this label
	sink   uint64 // keeps Touch from being optimised away

	_ [32]byte // a line of its own: shards are written side by side
}

// key is a digest in two words.
type key struct{ a, b uint64 }

func (d *Digest) key() key {
	return key{binary.LittleEndian.Uint64(d[:8]), binary.LittleEndian.Uint64(d[8:])}
}

// NewSet returns an empty set.
func NewSet() *Set {
	s := &Set{}
	for i := range s.shards {
		s.shards[i] = shard{keys: make([]key, 64), labels: make([]uint16, 64), more: map[Digest][]uint16{}}
	}
	return s
}

// Shard is the number of the shard that a digest is in, 0 to Shards-1.
func Shard(d Digest) int { return int(d[0] % Shards) }

func (s *Set) of(d Digest) *shard { return &s.shards[Shard(d)] }

// Len is the number of different digests.
func (s *Set) Len() (n int) {
	for i := range s.shards {
		n += s.shards[i].n
	}
	return n
}

// Bytes is the memory that the set holds.
func (s *Set) Bytes() (n int64) {
	for i := range s.shards {
		n += int64(len(s.shards[i].keys)) * 18
	}
	return n
}

// Touch loads what Add needs for a digest. It is for many digests in a row,
// before many calls of Add.
func (s *Set) Touch(d Digest) { s.of(d).touch(d) }

func (s *shard) touch(d Digest) {
	s.sink += s.keys[d.key().b&uint64(len(s.keys)-1)].a
}

// Add records a digest under a label. seen: it already stood there under this
// label. conflict: it already stood there under another one.
func (s *Set) Add(d Digest, label uint16) (seen, conflict bool) { return s.of(d).add(d, label) }

func (s *shard) add(d Digest, label uint16) (seen, conflict bool) {
	first, ok := s.put(d.key(), label)
	if !ok {
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

// put finds the label of a digest, or adds it.
func (s *shard) put(k key, label uint16) (first uint16, ok bool) {
	if k == (key{}) {
		first, ok = s.zeros, s.zero
		if !ok {
			s.zeros, s.zero = label, true
			s.n++
		}
		return first, ok
	}
	mask := uint64(len(s.keys) - 1)
	for i := k.b & mask; ; i = (i + 1) & mask {
		switch s.keys[i] {
		case k:
			return s.labels[i], true
		case key{}:
			s.keys[i], s.labels[i] = k, label
			if s.n++; s.n > len(s.keys)*3/4 {
				s.grow()
			}
			return 0, false
		}
	}
}

func (s *shard) grow() {
	keys, labels := s.keys, s.labels
	s.keys, s.labels = pages.Zeros[key](2*len(keys)), pages.Zeros[uint16](2*len(keys))
	mask := uint64(len(s.keys) - 1)
	for at, k := range keys {
		if k == (key{}) {
			continue
		}
		i := k.b & mask
		for s.keys[i] != (key{}) {
			i = (i + 1) & mask
		}
		s.keys[i], s.labels[i] = k, labels[at]
	}
}
