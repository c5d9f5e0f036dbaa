package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"net"
	"net/netip"
)

// Pseudonymizer replaces addresses by pseudonyms: the first 4 (IPv4), 16 (IPv6)
// or 6 (MAC) bytes of SHA-256, or of HMAC-SHA-256 under a key, over the
// address's canonical text: dotted quad, RFC 5952, or lower-case with colons.
// In a MAC pseudonym the locally-administered bit is set and the multicast bit
// cleared. Equal addresses get equal pseudonyms; the same key gives the same
// ones everywhere.
//
// One of NewPrefixPseudonymizer makes IP pseudonyms by Crypto-PAn instead:
// addresses that share their first n bits, and no more, get pseudonyms that do.
//
// It is not safe for concurrent use.
type Pseudonymizer struct {
	hash  hash.Hash
	pan   *prefixer // nil: digests
	text  []byte
	sum   []byte
	cache []cached
}

// cached is one line of a direct-mapped cache: hashing an address costs some 200 ns,
// a pseudonym that keeps prefixes 32 or 128 blocks of AES, and all packets of a
// session have the same two addresses.
type cached struct {
	address [16]byte
	length  int // 0: unused
	value   [16]byte
}

const cacheLines = 1 << 12

// NewPseudonymizer returns a Pseudonymizer under the given key; nil means none:
// such pseudonyms can be reversed by trying every address.
func NewPseudonymizer(key []byte) *Pseudonymizer {
	z := &Pseudonymizer{hash: sha256.New()}
	if key != nil {
		z.hash = hmac.New(sha256.New, key)
	}
	return z
}

// NewPrefixPseudonymizer returns a Pseudonymizer whose IP pseudonyms keep
// prefixes, under a key of PrefixKeyLen bytes. Its MAC pseudonyms are those of
// NewPseudonymizer. Errors: those of CheckPrefixKey.
func NewPrefixPseudonymizer(key []byte) (*Pseudonymizer, error) {
	pan, err := newPrefixer(key)
	if err != nil {
		return nil, err
	}
	z := NewPseudonymizer(key)
	z.pan = pan
	return z, nil
}

// IP is the pseudonym of an IPv4 or IPv6 address, an address of the same kind.
func (z *Pseudonymizer) IP(a netip.Addr) netip.Addr {
	if a.Is4() {
		b := a.As4()
		var p [4]byte
		z.ip(p[:], b[:])
		return netip.AddrFrom4(p)
	}
	b := a.As16()
	var p [16]byte
	z.ip(p[:], b[:])
	return netip.AddrFrom16(p)
}

// MAC is the pseudonym of a six-byte MAC address.
func (z *Pseudonymizer) MAC(a [6]byte) (p [6]byte) {
	z.mac(p[:], a[:])
	return p
}

// ip writes the pseudonym of the 4 or 16 bytes at address to dst, of the same length.
func (z *Pseudonymizer) ip(dst, address []byte) {
	if z.lookup(dst, address) {
		return
	}
	if z.pan != nil {
		z.pan.write(dst, address)
		z.store(dst, address)
		return
	}
	var a netip.Addr
	if len(address) == 4 {
		a = netip.AddrFrom4([4]byte(address))
	} else {
		a = netip.AddrFrom16([16]byte(address))
	}
	z.digest(dst, a.AppendTo(z.text[:0]))
	z.store(dst, address)
}

func (z *Pseudonymizer) mac(dst, address []byte) {
	if z.lookup(dst, address) {
		return
	}
	z.digest(dst, append(z.text[:0], net.HardwareAddr(address).String()...))
	dst[0] = dst[0]&^1 | 2
	z.store(dst, address)
}

func (z *Pseudonymizer) digest(dst, text []byte) {
	z.text = text // keeps what it has grown to
	z.hash.Reset()
	_, _ = z.hash.Write(text) // never fails
	z.sum = z.hash.Sum(z.sum[:0])
	copy(dst, z.sum)
}

// line is where an address is cached, whatever its kind.
func (z *Pseudonymizer) line(address []byte) *cached {
	if z.cache == nil {
		z.cache = make([]cached, cacheLines)
	}
	var wide [16]byte
	copy(wide[:], address)
	h := binary.LittleEndian.Uint64(wide[:]) ^ binary.LittleEndian.Uint64(wide[8:])*0x9e3779b97f4a7c15
	h *= 0x9e3779b97f4a7c15
	return &z.cache[h>>(64-12)]
}

func (z *Pseudonymizer) lookup(dst, address []byte) bool {
	c := z.line(address)
	if c.length != len(address) || string(c.address[:c.length]) != string(address) {
		return false
	}
	copy(dst, c.value[:c.length])
	return true
}

func (z *Pseudonymizer) store(value, address []byte) {
	c := z.line(address)
	c.length = len(address)
	copy(c.address[:], address)
	copy(c.value[:], value)
}

// KeyID tells keys apart without giving them away: 8 bytes of an HMAC of a
// constant, in hexadecimal; "" for no key.
func KeyID(key []byte) string {
	if key == nil {
		return ""
	}
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte("pcapmill key id"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}
