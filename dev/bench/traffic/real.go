package traffic

import "encoding/binary"

// pages is what servers send as text: headers, then lines of a few forms whose values
// differ.
func pages(r *random) []byte {
	text := words(r)
	word := func(low, high int) []byte {
		n := r.between(low, high)
		at := r.below(len(text) - n)
		return text[at : at+n]
	}
	b := make([]byte, 0, poolLen+4096)
	for len(b) < poolLen {
		b = append(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-cache\r\nServer: "...)
		b = append(b, word(4, 8)...)
		b = append(b, "\r\nConnection: keep-alive\r\n\r\n"...)
		for range r.between(10, 60) {
			b = append(b, "{\"id\": \""...)
			b = digits(b, r.below(1<<20))
			b = append(b, "\", \"state\": \"active\", \"name\": \""...)
			b = append(b, word(6, 20)...)
			b = append(b, "\", \"value\": "...)
			b = digits(b, r.below(1000))
			b = append(b, "},\n"...)
		}
	}
	return b[:poolLen]
}

func digits(b []byte, n int) []byte {
	if n >= 10 {
		b = digits(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

// What the payload of a session of the shape real is, of 16 in all.
const (
	sealed  = 5 // TLS application data
	reading = 8 // pages, one after the other
	// The others send the same few hundred bytes again and again, with a counter.
)

// fillReal writes payload that compresses as that of real captures does. Each packet
// is different from all others: the first bytes of the session's sequence number, a
// nonce, or a counter see to that.
func (m *maker) fillReal(b []byte, x *session) {
	at := int(mix(uint64(x.ports[0])<<32|uint64(x.client)) % (poolLen - 2*maxFrame))
	switch kind := at % 16; {
	case kind < sealed:
		m.fill(b, false)
		if len(b) > 13 && x.proto == 6 {
			copy(b, "\x17\x03\x03")
			binary.BigEndian.PutUint16(b[3:], uint16(len(b)-5))
			binary.BigEndian.PutUint64(b[5:], m.r.next())
		}
	case kind < sealed+reading:
		from := (at + x.done*fullSegment) % (poolLen - maxFrame)
		copy(b, m.pool[2][from:])
		m.stamp(b)
	default:
		copy(b, m.pool[0][at:at+min(len(b), 96)])
		for i := 96; i < len(b); i++ {
			b[i] = 0
		}
		m.stamp(b)
	}
}

// stamp makes a packet one of a kind.
func (m *maker) stamp(b []byte) {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], m.r.next())
	copy(b, n[:])
}
