package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/netip"
)

// Hosts makes the pseudonyms of hosts that stand in the table of samples: the first 8
// bytes of HMAC-SHA-256, under the key, over "pcapmill host", a zero byte, and the
// address's canonical text. They differ from those of a Pseudonymizer under the same
// key, so that a table and the samples beside it cannot be joined by them. Equal
// addresses get equal pseudonyms; the same key gives the same ones everywhere.
//
// It is not safe for concurrent use.
type Hosts struct {
	hash  hash.Hash
	text  []byte
	sum   []byte
	known map[netip.Addr][8]byte
}

// mostHosts bounds the cache of pseudonyms.
const mostHosts = 1 << 14

// NewHosts returns a Hosts for the key. Without a key it is nil, and makes no
// pseudonyms.
func NewHosts(key []byte) *Hosts {
	if key == nil {
		return nil
	}
	return &Hosts{hash: hmac.New(sha256.New, key), known: map[netip.Addr][8]byte{}}
}

// Of is the pseudonym of an address: never zero, unless there is no key.
func (h *Hosts) Of(a netip.Addr) (p [8]byte) {
	if h == nil {
		return p
	}
	if p, ok := h.known[a]; ok {
		return p
	}
	h.text = a.AppendTo(append(h.text[:0], "pcapmill host\x00"...))
	h.hash.Reset()
	_, _ = h.hash.Write(h.text) // never fails
	h.sum = h.hash.Sum(h.sum[:0])
	if copy(p[:], h.sum); p == [8]byte{} {
		p[7] = 1
	}
	if len(h.known) == mostHosts {
		clear(h.known)
	}
	h.known[a] = p
	return p
}
