package twin

import (
	"encoding/binary"
	"regexp"
	"strings"
)

// name is a name, or a label of one, in a payload. cut says that it goes on behind the end of the payload.
type name struct {
	at, n int
	cut   bool
}

// sni tries the pattern of SPEC part 11 at every byte.
func sni(b []byte) (out []name) {
	for at := range b {
		d := b[at:]
		if len(d) < 10 || string(d[:2]) != "\x00\x00" || d[6] != 0 {
			continue
		}
		long, list, n := be16(d, 2), be16(d, 4), be16(d, 7)
		if list != long-2 || n != long-5 || n < 1 || n > 255 {
			continue
		}
		there := min(n, len(d)-9)
		if strings.Trim(string(d[9:9+there]), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
			continue
		}
		out = append(out, name{at + 9, there, there < n})
	}
	return out
}

var (
	request = regexp.MustCompile(`^([A-Z][A-Z_-]{0,19}) ([^ \r\n]+) HTTP/1\.[0-9](\r\n|\n)`)
	hostRow = regexp.MustCompile(`^(?i:host):[ \t]*`)
	scheme  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)`)
)

func hosts(b []byte) (out []name) {
	text := make([]byte, len(b)) // one byte a character, so that offsets stay: bytes that are not ASCII become '~'
	for i, c := range b {
		if text[i] = c; c > 126 {
			text[i] = '~'
		}
	}
	all := string(text)
	m := request.FindStringSubmatchIndex(all)
	if m == nil {
		return nil
	}
	method, target, at := all[m[2]:m[3]], all[m[4]:m[5]], m[4]
	if method == "CONNECT" {
		out = append(out, name{at, len(target), false})
	} else if a := scheme.FindStringSubmatchIndex(target); a != nil && a[2] < a[3] {
		out = append(out, name{at + a[2], a[3] - a[2], false})
	}
	for at = m[1]; at < len(all); {
		line, _, ended := strings.Cut(all[at:], "\n")
		next := at + len(line) + 1
		if ended {
			line = strings.TrimSuffix(line, "\r")
		}
		if line == "" {
			break
		}
		if h := hostRow.FindString(line); h != "" && len(h) < len(line) {
			out = append(out, name{at + len(h), len(line) - len(h), !ended})
		}
		at = next
	}
	return out
}

// dnsNames walks messages; over TCP each has its length before it.
func dnsNames(b []byte, tcp bool) (out []name) {
	if !tcp {
		d := dnsWalk{b: b, last: 1 << 30}
		d.message(0)
		return d.out
	}
	for at := 0; len(b)-at >= 2; {
		size := be16(b, at)
		if size < 12 {
			break
		}
		d := dnsWalk{b: b[:min(len(b), at+2+size)], last: at + 2 + size, segment: len(b)}
		d.message(at + 2)
		out = append(out, d.out...)
		if d.stuck {
			break
		}
		at += 2 + size
	}
	return out
}

// dnsWalk reads one message. b ends where the message or the segment ends.
type dnsWalk struct {
	b       []byte
	last    int // where the message ends by its length
	segment int // over TCP: length of the payload
	out     []name
	stuck   bool // it is cut or impossible
}

func (d *dnsWalk) message(at int) {
	if len(d.b)-at < 12 {
		d.stuck = true
		return
	}
	questions, rest := be16(d.b, at+4), be16(d.b, at+6)+be16(d.b, at+8)+be16(d.b, at+10)
	at += 12
	for i := 0; i < questions+rest && !d.stuck; i++ {
		at = d.name(at, len(d.b))
		fixed := 4
		if i >= questions {
			fixed = 10
		}
		if d.stuck || len(d.b)-at < fixed {
			d.stuck = true
			return
		}
		if i < questions {
			at += 4
			continue
		}
		kind, size := be16(d.b, at), int(binary.BigEndian.Uint16(d.b[at+8:]))
		at += 10
		if at+size > d.last {
			d.stuck = true
			return
		}
		d.data(kind, at, min(at+size, len(d.b)))
		at += size
		if at > len(d.b) {
			d.stuck = true
		}
	}
}

// data reads the names in the data of a record, which ends at to.
func (d *dnsWalk) data(kind, at, to int) {
	skip, names := 0, 1
	switch kind {
	case 2, 5, 12, 39, 47:
	case 6:
		names = 2
	case 15, 64, 65:
		skip = 2
	case 33:
		skip = 6
	case 46:
		skip = 18
	default:
		return
	}
	at += skip
	for range names {
		if !d.stuck {
			at = d.name(at, to)
		}
	}
}

// name reads the name at an offset and returns what is behind it.
func (d *dnsWalk) name(at, to int) int {
	first := len(d.out)
	end := func() int { // the name goes on behind to
		d.stuck = true
		whole := d.segment == 0 || d.segment == len(d.b)
		if to != len(d.b) || !whole {
			return 0
		}
		if len(d.out) > first {
			d.out[len(d.out)-1].cut = true
		} else if at < to {
			d.out = append(d.out, name{at, 0, true}) // a length byte of it is there, and nothing else
		}
		return 0
	}
	for {
		if at >= to {
			return end()
		}
		n := int(d.b[at])
		switch {
		case n == 0:
			return at + 1
		case n >= 192:
			if at+2 > to {
				return end()
			}
			return at + 2
		case n > 63:
			d.stuck = true
			return 0
		}
		for at++; n > 0 && at < to; n, at = n-1, at+1 {
			d.out = append(d.out, name{at, 1, false})
		}
		if n > 0 {
			at = to - 1 // so that end sees that some of it is there
			return end()
		}
	}
}
