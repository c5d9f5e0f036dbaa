package mask

import "github.com/pcapmill/pcapmill/header"

// Masker applies a policy. It keeps a cache of pseudonyms and a scratch buffer
// and is not safe for concurrent use; make one a goroutine.
type Masker struct {
	Policy
	pseudonyms *Pseudonymizer
	prefixes   *Pseudonymizer // of IP Prefix; else nil
	scratch    []byte

	relative bool   // Policy.Relative
	pieces   bool   // bytes are cut out or inserted
	fixed    *fixed // of fields in fixed headers; nil: all are kept
	options  bool   // a field behind the fixed headers is not kept
	names    bool   // names in payload are not kept
	view     view
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
	m.relative, m.names = p.Relative(), p.MasksNames()
	m.pieces = p.IP == Remove || p.UDPPad
	m.fixed = p.fixedMasks()
	for _, f := range []Field{IPFragment, IPOptions, TCPAck, TCPOptions, TCPTimestamps} {
		m.options = m.options || p.Fields[f] != Keep
	}
	return m
}

// Write writes the first min(len(dst), Len(l)) bytes that the packet
// contributes to dst and returns their number. data are the packet's captured
// bytes, at least up to l.End; they are not changed. Relative numbers are zeros,
// see Numbers.
func (m *Masker) Write(dst, data []byte, l *header.Layout) int {
	start := m.Start(l)
	if m.Content == Payload {
		n := copy(dst, data[start:l.End()])
		m.editPayload(dst[:n], data, l)
		return n
	}
	if m.pieces && (m.IP == Remove || l.IsUDP()) {
		return m.writePieces(dst, data, l)
	}
	n := copy(dst, data[start:m.end(l)])
	m.edit(dst[:n], data, l, start)
	if at := l.Payload() - start; n > at {
		m.editPayload(dst[at:n], data, l)
	}
	return n
}

// Append appends all bytes that the packet contributes.
func (m *Masker) Append(dst, data []byte, l *header.Layout) []byte {
	n := m.Len(l)
	at := len(dst)
	for cap(dst)-at < n {
		dst = append(dst[:cap(dst)], 0)
	}
	dst = dst[:at+n]
	m.Write(dst[at:], data, l)
	return dst
}

// edit masks the fields of headers in dst, which holds a copy of data from offset
// start on, cut anywhere.
func (m *Masker) edit(dst, data []byte, l *header.Layout, start int) {
	if m.MAC != Remove && l.IsEthernet() {
		m.editMAC(dst, data, 0)
		m.editMAC(dst, data, 6)
		l.InnerMACs(data, func(at int) { m.editMAC(dst, data, at) })
	}
	if m.IP != Keep {
		at, length := l.Addresses()
		switch m.IP {
		case Zero:
			zero(dst, at-start, 2*length)
		case Anonymize, Prefix:
			m.pseudonym(dst, data, at, length, start)
			m.pseudonym(dst, data, at+length, length, start)
		}
		if l.HasOptions() {
			m.editOptions(dst, data, l, start)
		}
	}
	if m.Ports == Zero {
		zero(dst, l.Transport()-start, 4)
	}
	if m.Checksums == Zero {
		if !l.IsIPv6() {
			zero(dst, l.Network()-start+10, 2)
		}
		if l.IsUDP() {
			zero(dst, l.Transport()-start+6, 2)
		} else {
			zero(dst, l.Transport()-start+16, 2)
		}
	}
	if m.fixed != nil {
		m.fixed.apply(dst, l, start)
	}
	if m.options {
		m.editFields(dst, data, l, start)
	}
}

// editOptions masks the addresses in options and extension headers. Remove zeroes
// them: cut out, they would leave an option that is shorter than it says.
func (m *Masker) editOptions(dst, data []byte, l *header.Layout, start int) {
	_, length := l.Addresses()
	l.OptionAddresses(data, func(at int) {
		if m.IP == Anonymize || m.IP == Prefix {
			m.pseudonym(dst, data, at, length, start)
		} else {
			zero(dst, at-start, length)
		}
	})
}

// pseudonym replaces the IP address of the given length at offset at of data.
func (m *Masker) pseudonym(dst, data []byte, at, length, start int) {
	z := m.pseudonyms
	if m.prefixes != nil {
		z = m.prefixes
	}
	var p [16]byte
	z.ip(p[:length], data[at:at+length])
	put(dst, at-start, p[:length])
}

// editMAC masks the MAC address at offset at of the captured bytes, which dst is a copy of.
func (m *Masker) editMAC(dst, data []byte, at int) {
	switch m.MAC {
	case Zero:
		zero(dst, at, 6)
	case Anonymize:
		var p [6]byte
		m.pseudonyms.mac(p[:], data[at:at+6])
		put(dst, at, p[:])
	}
}

// writePieces is Write where bytes are cut out or inserted: the headers are
// masked in a scratch copy, then put together piece by piece.
func (m *Masker) writePieces(dst, data []byte, l *header.Layout) int {
	start, payload := m.Start(l), l.Payload()
	m.scratch = append(m.scratch[:0], data[start:payload]...)
	headers := m.scratch
	m.edit(headers, data, l, start)

	n := 0
	if m.IP == Remove {
		at, length := l.Addresses()
		n += copy(dst, headers[:at-start])
		n += copy(dst[n:], headers[at-start+2*length:])
	} else {
		n += copy(dst, headers)
	}
	if m.UDPPad && l.IsUDP() {
		pad := dst[n:min(n+udpPad, len(dst))]
		clear(pad)
		n += len(pad)
	}
	shown := copy(dst[n:], data[payload:m.end(l)])
	m.editPayload(dst[n:n+shown], data, l)
	return n + shown
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
