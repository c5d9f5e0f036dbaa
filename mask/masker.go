package mask

import (
	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
)

// Masker applies a policy. It keeps a cache of pseudonyms and a scratch buffer
// and is not safe for concurrent use; make one a goroutine.
type Masker struct {
	Policy
	pseudonyms *Pseudonymizer
	prefixes   *Pseudonymizer // of IP Prefix; else nil
	scratch    []byte
}

// New returns a Masker for the policy. The key is for pseudonyms: with it they
// are HMAC-SHA-256, without (nil) plain SHA-256, which can be reversed by
// trying every address. With IP Prefix the key is that of Crypto-PAn; New
// panics if the policy's CheckKey refuses it.
func New(p Policy, key []byte) *Masker {
	m := &Masker{Policy: p, pseudonyms: NewPseudonymizer(key)}
	if p.KeepsPrefixes() {
		z, err := NewPrefixPseudonymizer(key)
		if err != nil {
			panic(err)
		}
		m.prefixes = z
	}
	return m
}

// Write writes the first min(len(dst), Len(s)) bytes that the packet
// contributes to dst and returns their number. data and s are the packet and
// its decoded headers; data is not changed.
func (m *Masker) Write(dst, data []byte, s *header.Stack) int {
	start := m.Start(s)
	if m.Content == Payload {
		return copy(dst, data[start:s.End])
	}
	if m.IP == Remove || m.UDPPad && s.Proto == header.UDP {
		return m.writePieces(dst, data, s)
	}
	n := copy(dst, data[start:s.End])
	m.edit(dst[:n], data, s, start)
	return n
}

// Append appends all bytes that the packet contributes.
func (m *Masker) Append(dst, data []byte, s *header.Stack) []byte {
	n := m.Len(s)
	at := len(dst)
	for cap(dst)-at < n {
		dst = append(dst[:cap(dst)], 0)
	}
	dst = dst[:at+n]
	m.Write(dst[at:], data, s)
	return dst
}

// edit masks the fields in dst, which holds a copy of data from offset start
// on, cut anywhere.
func (m *Masker) edit(dst, data []byte, s *header.Stack, start int) {
	if start == 0 && s.Link == capture.LinkTypeEthernet && m.MAC != Remove {
		m.editMAC(dst, data)
	}
	at, length := addresses(s)
	switch m.IP {
	case Zero:
		zero(dst, at-start, 2*length)
	case Anonymize, Prefix:
		pseudonyms := m.pseudonyms
		if m.IP == Prefix {
			pseudonyms = m.prefixes
		}
		for range 2 {
			var p [16]byte
			pseudonyms.ip(p[:length], data[at:at+length])
			put(dst, at-start, p[:length])
			at += length
		}
	}
	if m.Ports == Zero {
		zero(dst, s.Transport-start, 4)
	}
	if m.Checksums == Zero {
		if s.Version == 4 {
			zero(dst, s.Network-start+10, 2)
		}
		if s.Proto == header.TCP {
			zero(dst, s.Transport-start+16, 2)
		} else {
			zero(dst, s.Transport-start+6, 2)
		}
	}
}

func (m *Masker) editMAC(dst, data []byte) {
	switch m.MAC {
	case Zero:
		zero(dst, 0, 12)
	case Anonymize:
		for at := 0; at < 12; at += 6 {
			var p [6]byte
			m.pseudonyms.mac(p[:], data[at:at+6])
			put(dst, at, p[:])
		}
	}
}

// writePieces is Write where bytes are cut out or inserted: the headers are
// masked in a scratch copy, then put together piece by piece.
func (m *Masker) writePieces(dst, data []byte, s *header.Stack) int {
	start := m.Start(s)
	m.scratch = append(m.scratch[:0], data[start:s.Payload]...)
	headers := m.scratch
	m.edit(headers, data, s, start)

	n := 0
	if m.IP == Remove {
		at, length := addresses(s)
		n += copy(dst, headers[:at-start])
		n += copy(dst[n:], headers[at-start+2*length:])
	} else {
		n += copy(dst, headers)
	}
	if m.UDPPad && s.Proto == header.UDP {
		pad := dst[n:min(n+udpPad, len(dst))]
		clear(pad)
		n += len(pad)
	}
	return n + copy(dst[n:], data[s.Payload:s.End])
}

// zero clears length bytes at offset at of b, as far as b reaches.
func zero(b []byte, at, length int) {
	if at < len(b) {
		clear(b[at:min(at+length, len(b))])
	}
}

// put copies field to offset at of b, as far as b reaches.
func put(b []byte, at int, field []byte) {
	if at < len(b) {
		copy(b[at:], field)
	}
}
