// Package names finds the names of hosts in the payload of single packets: in TLS
// ClientHellos, in HTTP/1 requests and in DNS messages.
//
// It keeps no state between packets and copies nothing. It looks at what was captured of a
// payload, visits each name or part of a name as a span of bytes, and counts a name as cut
// where it runs on behind the payload's end: the rest of it stands in a segment that this
// package cannot know. Spans may overlap; a payload can be anything.
//
// It does not find names in QUIC, certificates, HTTP/2 and bodies.
//
// Sources: RFC 6066 (server_name), RFC 9112, RFC 1035, RFC 2782, RFC 4034, RFC 6672, RFC
// 6762, RFC 4795, RFC 9460.
package names

import "bytes"

// Visit is told of a part of a name: length bytes at offset at of the payload.
type Visit = func(at, length int)

// sniHead is how many bytes stand before the name in a server_name extension: type, two
// lengths, type of name, length.
const sniHead = 9

// SNICut is how many names SNI finds cut, without a search: such a name is all that the
// payload ends with of bytes that names have, but for the length byte before it, which can
// look like one of them.
func SNICut(payload []byte) (cut int) {
	from := len(payload)
	for from > 0 && hostByte[payload[from-1]] {
		if from--; len(payload)-from > 255 {
			return 0
		}
	}
	for name := from; name <= from+1 && name < len(payload); name++ {
		if at := name - sniHead; at >= 0 {
			if n, ok := sniAt(payload[at:]); ok && n > len(payload)-name {
				cut++
			}
		}
	}
	return cut
}

// MaxSNI is the most bytes from the beginning of a server_name extension to the end of its name.
const MaxSNI = sniHead + 255

// SNI visits the host names in server_name extensions of TLS, wherever they stand in a
// payload, and returns how many are cut: two zero bytes, length L, length L-2, a zero byte,
// length N = L-5 with 1 <= N <= 255 (three lengths of two bytes), then the N bytes of the
// name, or as many as are there and at least one, all of them letters, digits, '.', '-' or
// '_'. So a ClientHello is found in a second segment, in DTLS, behind STARTTLS and in a
// proxy's tunnel.
func SNI(payload []byte, visit Visit) (cut int) {
	for at := 0; at+sniHead < len(payload); at++ {
		if payload[at] != 0 {
			n := bytes.IndexByte(payload[at:], 0)
			if n < 0 || at+n+sniHead >= len(payload) {
				return cut
			}
			at += n
		}
		name, ok := sniAt(payload[at:])
		if !ok {
			continue
		}
		there := min(name, len(payload)-at-sniHead)
		if there < name {
			cut++
		}
		visit(at+sniHead, there)
	}
	return cut
}

// sniAt reports whether an extension with a name begins at b, and how long the name says
// that it is. b has more than sniHead bytes.
func sniAt(b []byte) (name int, ok bool) {
	// From the end: in a run of zeros the length of the name is the first to fail.
	name = int(b[8])
	if b[7] != 0 || name == 0 || b[6] != 0 || b[1] != 0 || b[0] != 0 {
		return 0, false
	}
	if int(b[2])<<8|int(b[3]) != name+5 || int(b[4])<<8|int(b[5]) != name+3 {
		return 0, false
	}
	for _, c := range b[sniHead:min(sniHead+name, len(b))] {
		if !hostByte[c] {
			return 0, false
		}
	}
	return name, true
}

// hostByte says which bytes a host name has.
var hostByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_'
	}
	return t
}()
