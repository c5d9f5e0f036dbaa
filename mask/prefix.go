package mask

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// PrefixKeyLen is the length in bytes of a key of prefix-preserving pseudonyms:
// 16 of the cipher's key, 16 of the pad.
const PrefixKeyLen = 32

// prefixer is Crypto-PAn: two addresses that share their first n bits, and no
// more, get pseudonyms that share their first n bits, and no more; so subnets
// stay subnets, and the mapping is one to one.
//
// Bit i of the pseudonym is bit i of the address, flipped by the first bit of
// AES-128 over a block of the address's first i bits followed by the rest of the
// pad. The pad is the encryption of the key's second half. IPv4 and
// IPv6 differ only in the number of bits.
//
// Source: J. Xu, J. Fan, M. Ammar, S. Moon, "Prefix-Preserving IP Address
// Anonymization", ICNP 2002, and their implementation of it; the IPv6 form is
// the one of the ports that test against each other (yacryptopan and others).
type prefixer struct {
	block cipher.Block
	pad   [2]uint64 // big-endian
	in    [aes.BlockSize]byte
	out   [aes.BlockSize]byte
	stems []stem
}

// stem is one line of a direct-mapped cache of halves: how the first half of an address is
// flipped does not depend on the rest, and addresses of a network share it.
type stem struct {
	half   uint64 // as in the address, behind it zeros
	flip   uint64
	length int // of the half in bits; 0: unused
}

const stemLines = 1 << 10

// PrefixKeyError says that a key has the wrong length for prefix-preserving
// pseudonyms.
type PrefixKeyError struct {
	Have int // bytes; 0: there is no key
}

func (e *PrefixKeyError) Error() string {
	have := "there is no key"
	if e.Have > 0 {
		have = fmt.Sprintf("this one has %d", e.Have)
	}
	return fmt.Sprintf("prefix-preserving pseudonyms (--ip prefix) need a key of exactly %d bytes, %s", PrefixKeyLen, have)
}

// CheckPrefixKey reports a key that is not PrefixKeyLen bytes long with a
// *PrefixKeyError.
func CheckPrefixKey(key []byte) error {
	if len(key) != PrefixKeyLen {
		return &PrefixKeyError{len(key)}
	}
	return nil
}

// newPrefixer needs a key that CheckPrefixKey accepts.
func newPrefixer(key []byte) (*prefixer, error) {
	if err := CheckPrefixKey(key); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		return nil, err
	}
	p := &prefixer{block: block}
	block.Encrypt(p.out[:], key[16:])
	p.pad = [2]uint64{binary.BigEndian.Uint64(p.out[:8]), binary.BigEndian.Uint64(p.out[8:])}
	return p, nil
}

// write puts the pseudonym of an address of 4 or 16 bytes into dst, of the same
// length.
func (p *prefixer) write(dst, address []byte) {
	var wide [16]byte
	copy(wide[:], address)
	high, low := binary.BigEndian.Uint64(wide[:8]), binary.BigEndian.Uint64(wide[8:])
	half := 4 * len(address)
	var flip [2]uint64
	flip[0] = p.stem(high&^(^uint64(0)>>half), half)
	p.flips(&flip, high, low, half, 2*half)
	binary.BigEndian.PutUint64(wide[:8], high^flip[0])
	binary.BigEndian.PutUint64(wide[8:], low^flip[1])
	copy(dst, wide[:])
}

// stem is how the first bits of an address are flipped, half of its bits, which high begins
// with.
func (p *prefixer) stem(high uint64, half int) uint64 {
	if p.stems == nil {
		p.stems = make([]stem, stemLines)
	}
	s := &p.stems[high*0x9e3779b97f4a7c15>>(64-10)]
	if s.length != half || s.half != high {
		var flip [2]uint64
		p.flips(&flip, high, 0, 0, half)
		*s = stem{high, flip[0], half}
	}
	return s.flip
}

// flips adds the bits from one to another, which is not among them, of what an address is
// flipped by.
func (p *prefixer) flips(flip *[2]uint64, high, low uint64, from, to int) {
	for i := from; i < to; i++ {
		// The first i bits of the block are the address's, the others the pad's.
		ours := [2]uint64{^uint64(0), 0}
		if i < 64 {
			ours[0] = ^(^uint64(0) >> i)
		} else {
			ours[1] = ^(^uint64(0) >> (i - 64))
		}
		binary.BigEndian.PutUint64(p.in[:8], high&ours[0]|p.pad[0]&^ours[0])
		binary.BigEndian.PutUint64(p.in[8:], low&ours[1]|p.pad[1]&^ours[1])
		p.block.Encrypt(p.out[:], p.in[:])
		flip[i/64] |= uint64(p.out[0]>>7) << (63 - i%64)
	}
}
