package names

import "math"

// DNS visits the labels of names in the DNS messages of a payload, without their length
// bytes, and returns how many names are cut. Over TCP each message stands behind its length
// of two bytes, which is at least 12; a segment that begins inside a message is walked as if
// it did not.
//
// Names stand in questions, before records, and in the data of records of the types NS,
// CNAME, SOA (two), PTR, MX, SRV, DNAME, RRSIG, NSEC, SVCB and HTTPS. A pointer ends a name:
// what it points at is visited where it stands. The walk ends at what is cut or impossible;
// what was found before stays found.
func DNS(payload []byte, udp bool, visit Visit) (cut int) {
	if udp {
		w := dns{b: payload, end: len(payload), whole: math.MaxInt, visit: visit}
		w.message(0)
		return w.cut
	}
	for at := 0; at+2 <= len(payload); {
		length := int(payload[at])<<8 | int(payload[at+1])
		if length < dnsHeader {
			return cut
		}
		at += 2
		w := dns{b: payload, end: min(at+length, len(payload)), whole: at + length, visit: visit}
		ok := w.message(at)
		if cut += w.cut; !ok {
			return cut
		}
		at += length
	}
	return cut
}

const dnsHeader = 12

// dns walks one message.
type dns struct {
	b     []byte
	end   int // of what is there of the message
	whole int // where the message ends, at least end; over UDP nothing says it
	visit Visit
	cut   int
}

// message walks the message at an offset and reports whether it was there to its end.
func (w *dns) message(at int) bool {
	if at+dnsHeader > w.end {
		return false
	}
	count := func(i int) int { return int(w.b[at+i])<<8 | int(w.b[at+i+1]) }
	questions, records := count(4), count(6)+count(8)+count(10)
	at += dnsHeader
	ok := true
	for range questions {
		if at, ok = w.name(at, w.end); !ok || at+4 > w.end {
			return false
		}
		at += 4 // type and class
	}
	for range records {
		if at, ok = w.record(at); !ok {
			return false
		}
	}
	return true
}

// record walks one resource record: name, type, class, time to live, length of its data.
func (w *dns) record(at int) (next int, ok bool) {
	if at, ok = w.name(at, w.end); !ok || at+10 > w.end {
		return 0, false
	}
	kind, length := int(w.b[at])<<8|int(w.b[at+1]), int(w.b[at+8])<<8|int(w.b[at+9])
	at += 10
	next = at + length
	if next > w.whole {
		return 0, false
	}
	to := min(next, w.end)
	if skip, names := namesIn(kind); names > 0 {
		for at += skip; names > 0; names-- {
			if at, ok = w.name(at, to); !ok {
				return 0, false
			}
		}
	}
	return next, next <= w.end
}

// namesIn says how many names stand in the data of a record of some type, behind how many bytes.
func namesIn(kind int) (skip, names int) {
	switch kind {
	case 2, 5, 12, 39, 47: // NS, CNAME, PTR, DNAME, NSEC
		return 0, 1
	case 6: // SOA
		return 0, 2
	case 15, 64, 65: // MX, SVCB, HTTPS
		return 2, 1
	case 33: // SRV
		return 6, 1
	case 46: // RRSIG
		return 18, 1
	}
	return 0, 0
}

// name walks the name at an offset, which ends before to, and returns what stands behind it.
func (w *dns) name(at, to int) (next int, ok bool) {
	const longest, pointer = 63, 0xc0
	for from := at; ; {
		n := 0
		if at < to {
			n = int(w.b[at])
		}
		switch behind := at + 1 + n; {
		case at < to && n == 0:
			return at + 1, true
		case at+2 <= to && n >= pointer:
			return at + 2, true
		case at < to && n > longest && n < pointer:
			return 0, false
		case at < to && n <= longest && behind <= to:
			w.visit(at+1, n)
			at = behind
			continue
		case n <= longest && at+1 < to: // a part of the label
			w.visit(at+1, to-at-1)
		}
		if to == len(w.b) && (at > from || at < to) {
			w.cut++
		}
		return 0, false
	}
}
