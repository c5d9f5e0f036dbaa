package manifest

import (
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Sum is the 128-bit XXH3 of what is written to it: fast enough to go over all
// samples in every run. It finds what a disk or a copy has changed; it does not
// authenticate (SHA-256 of whole files does).
type Sum struct{ h xxh3.Hasher }

// NewSum returns the sum of nothing.
func NewSum() *Sum { return &Sum{} }

// Write adds bytes. It never fails.
func (s *Sum) Write(b []byte) (int, error) { return s.h.Write(b) }

// Text is the sum in 32 hexadecimal digits.
func (s *Sum) Text() string {
	sum := s.h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}

// SumOf is the sum of b, as text.
func SumOf(b []byte) string {
	sum := xxh3.Hash128(b).Bytes()
	return hex.EncodeToString(sum[:])
}
