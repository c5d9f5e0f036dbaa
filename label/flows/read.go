package flows

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"unicode"
	"unicode/utf8"
)

// An Error is about a line of a table.
type Error struct {
	Line Line
	What string
}

// Error names file and line.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Line, e.What) }

// A Line is a place in a table.
type Line struct {
	File string
	Line int // from 1
}

// String is like "flows.csv:17".
func (l Line) String() string { return fmt.Sprintf("%s:%d", l.File, l.Line) }

// row is what a line says.
type row struct {
	a, b       netip.AddrPort
	proto      uint8
	start, end int64
	flags      uint8  // of the record
	class      []byte // lent, as the line is
}

func (t *table) errorf(format string, args ...any) error {
	return &Error{Line{t.name, t.line}, fmt.Sprintf(format, args...)}
}

// skip is why a row is left.
type skip uint8

const (
	taken skip = iota
	blank
	otherProtocol
	noClass
	noPort
	noTime
	badValue
	skips
)

// reasons are the names of skips.
var reasons = [skips]string{
	blank: "blank", otherProtocol: "other-protocol", noClass: "no-label", noPort: "no-port", noTime: "no-time", badValue: "bad-value",
}

// parse reads the row that begins with a line. An error says why the row is left, if that is
// more than the reason says; one that isRow does not know ends the table.
func (t *table) parse(line []byte) (r row, why skip, err error) {
	if err := t.cut(line); err != nil {
		return r, badValue, err
	}
	if !slices.ContainsFunc(t.fields, func(f []byte) bool { return len(bytes.TrimSpace(f)) > 0 }) {
		return r, blank, nil
	}
	var f [roleCount][]byte
	for i, k := range t.at {
		if k >= len(t.fields) {
			return r, badValue, t.errorf("%d fields, but column %q is number %d", len(t.fields), *roles[i].at(&t.o.Columns), k+1)
		}
		if k >= 0 {
			f[i] = t.value(i, t.fields[k])
		}
	}
	if r.class, err = t.className(f[class]); err == nil && len(r.class) == 0 {
		why = noClass
	}
	switch p := f[proto]; {
	case string(p) == "6" || bytes.EqualFold(p, []byte("tcp")):
		r.proto = 6
	case string(p) == "17" || bytes.EqualFold(p, []byte("udp")):
		r.proto = 17
	case len(p) == 0 && why == noClass:
		return r, noClass, nil
	case len(p) == 0:
		return r, badValue, t.errorf("the row has no protocol")
	default:
		n, whole := wholeNumber(p)
		_, real := realNumber(string(p))
		switch {
		case real && (!whole || n > 255):
			return r, badValue, t.errorf("protocol: need a number from 0 to 255, or a name")
		case n != 6 && n != 17:
			return r, otherProtocol, nil
		}
		r.proto = uint8(n)
	}
	switch {
	case err != nil:
		return r, badValue, err
	case why == noClass:
		return r, noClass, nil
	case len(f[srcPort]) == 0 || len(f[dstPort]) == 0:
		return r, noPort, nil
	}
	if r.a, err = t.endpoint(f[srcIP], f[srcPort], "src"); err != nil {
		return r, badValue, err
	}
	if r.b, err = t.endpoint(f[dstIP], f[dstPort], "dst"); err != nil {
		return r, badValue, err
	}
	if len(f[start]) == 0 {
		return r, noTime, t.errorf("the row has no time")
	}
	if err = t.interval(&r, &f); err != nil {
		return r, badValue, err
	}
	return r, taken, nil
}

// endpoint reads address and port. The message has neither.
func (t *table) endpoint(ip, port []byte, which string) (netip.AddrPort, error) {
	a, err := parseAddr(ip)
	if err != nil || a.Zone() != "" {
		return netip.AddrPort{}, t.errorf("%s_ip is no IP address", which)
	}
	p, ok := wholeNumber(port)
	if !ok || p > math.MaxUint16 {
		return netip.AddrPort{}, t.errorf("%s_port is no port: need 0 to 65535", which)
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), nil
}

func (t *table) interval(r *row, f *[roleCount][]byte) error {
	at, coarse, err := t.clock.Read(string(f[start]))
	if err != nil {
		return t.errorf("start: %v", err)
	}
	r.start, r.end = at, at+coarse
	switch {
	case len(f[end]) > 0:
		at, coarse, err := t.clock.Read(string(f[end]))
		if err != nil {
			return t.errorf("end: %v", err)
		}
		if at+coarse < r.start {
			return t.errorf("the flow ends before it starts")
		}
		r.end = max(r.end, at+coarse)
	case len(f[duration]) > 0:
		d, ok := realNumber(string(f[duration]))
		if !ok {
			return t.errorf("duration %q is no number", short(string(f[duration])))
		}
		ns := max(0, d) * float64(t.o.Unit)
		if ns >= (math.MaxInt64-float64(r.end))/2 {
			return t.errorf("duration %q is out of range", short(string(f[duration])))
		}
		r.end += int64(math.Ceil(ns))
	default:
		r.flags = flagOpen
	}
	return nil
}

// className is a class as the table of classes can have it; empty for none.
func (t *table) className(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		text = []byte(fromWindows(string(text)))
	}
	text = bytes.TrimFunc(text, unicode.IsSpace)
	switch {
	case len(text) == 0 && len(t.o.noLabel) > 0:
		return []byte(t.o.noLabel), nil
	case len(text) == 0 || string(text) == "-" || bytes.EqualFold(text, []byte("unknown")):
		return nil, nil
	case len(text) > 255:
		return nil, t.errorf("the class has %d bytes: at most 255", len(text))
	case bytes.ContainsFunc(text, unicode.IsControl):
		return nil, t.errorf("the class has control characters")
	}
	return text, nil
}
