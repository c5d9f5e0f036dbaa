package flows

import (
	"hash/maphash"
	"math/bits"
	"reflect"
)

// chunkLen is how many records are allocated at a time: a store never copies what it has, as a
// slice that grows would.
const chunkLen = 1 << 15

// key is a five-tuple, the same whichever way round. A is [4]byte where both addresses are IPv4.
type key[A comparable] struct {
	addr  [2]A
	port  [2]uint16
	proto uint8
}

// record is a row: 40 bytes for IPv4, 64 for IPv6. It holds no pointer, so the garbage
// collector does not look into it. Records with the same key are a chain, in the order of the tables.
type record[A comparable] struct {
	start, end int64
	line       uint32
	next       uint32 // number of the next record of the same hash, plus 1; 0: none
	addr       [2]A
	port       [2]uint16
	class      uint16
	proto      uint8
	flags      uint8
}

// Bits of record.flags.
const (
	flagUsed = 1 << iota
	flagOpen // the row does not say when the flow ended
)

func (r *record[A]) is(k *key[A]) bool {
	return r.addr == k.addr && r.port == k.port && r.proto == k.proto
}

// store holds records by number, and finds them by key.
type store[A comparable] struct {
	chunks [][]record[A]
	n      int
	heads  []uint32 // by hash: number of the first record, plus 1; nil: to be made
	seed   maphash.Seed
	files  []int // number of the first record of each table
}

func (s *store[A]) at(i int) *record[A] { return &s.chunks[i/chunkLen][i%chunkLen] }

// add keeps a record; its number is that of the last one plus 1.
func (s *store[A]) add(k *key[A], r record[A]) {
	r.addr, r.port, r.proto = k.addr, k.port, k.proto
	if s.n == len(s.chunks)*chunkLen {
		s.chunks = append(s.chunks, make([]record[A], chunkLen))
	}
	*s.at(s.n) = r
	s.n++
	s.heads = nil
}

// size is the memory in bytes that n records take, with what finds them.
func (s *store[A]) size(n int64) int64 {
	chunks := (n + chunkLen - 1) / chunkLen
	return chunks*chunkLen*int64(reflect.TypeFor[record[A]]().Size()) + 4*n
}

// index chains the records, the last first, so that each chain is in the order of the tables.
func (s *store[A]) index() {
	if s.heads != nil || s.n == 0 {
		return
	}
	s.seed, s.heads = maphash.MakeSeed(), make([]uint32, s.n)
	for i := s.n - 1; i >= 0; i-- {
		r := s.at(i)
		head := s.head(&key[A]{r.addr, r.port, r.proto})
		r.next, *head = *head, uint32(i+1)
	}
}

func (s *store[A]) head(k *key[A]) *uint32 {
	at, _ := bits.Mul64(maphash.Comparable(s.seed, *k), uint64(len(s.heads)))
	return &s.heads[at]
}

// first returns the number of the first record with this key, or -1.
func (s *store[A]) first(k *key[A]) int {
	if s.n == 0 {
		return -1
	}
	s.index() // rows may have been added since Resolve
	return s.along(k, *s.head(k))
}

// after returns the number of the record with this key after record i, or -1.
func (s *store[A]) after(k *key[A], i int) int { return s.along(k, s.at(i).next) }

func (s *store[A]) along(k *key[A], next uint32) int {
	for next > 0 {
		i := int(next - 1)
		r := s.at(i)
		if r.is(k) {
			return i
		}
		next = r.next
	}
	return -1
}

// file is the number of the table that record i is of.
func (s *store[A]) file(i int) int {
	low, high := 0, len(s.files) // the last table that begins at or before i
	for low+1 < high {
		if mid := (low + high) / 2; s.files[mid] <= i {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}
