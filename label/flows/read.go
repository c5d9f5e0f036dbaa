package flows

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is the longest line in bytes.
const maxLine = 1 << 20

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
	class      []byte // lent, as the line is
}

// table reads one file.
type table struct {
	o         *Options
	clock     *Clock
	name      string
	in        *bufio.Reader
	line      int
	separator byte
	at        [roleCount]int // columns by role; -1: none
	fields    [][]byte
	text      []byte
	read      int64 // bytes up to the end of the line in hand
}

func (t *table) errorf(format string, args ...any) error {
	return &Error{Line{t.name, t.line}, fmt.Sprintf(format, args...)}
}

// next reads a line without its end. The text is lent until the next call: a table of millions
// of rows is read without garbage, which would double the memory that the rows take.
func (t *table) next() ([]byte, error) {
	t.line++
	t.text = t.text[:0]
	for {
		piece, err := t.in.ReadSlice('\n')
		if len(t.text)+len(piece) > maxLine {
			return nil, t.errorf("the line has more than %d bytes", maxLine)
		}
		t.text = append(t.text, piece...)
		t.read += int64(len(piece))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(t.text) > 0:
		case err != nil:
			return nil, err
		}
		return bytes.TrimRight(t.text, "\r\n"), nil
	}
}

// header finds separator and columns.
func (t *table) header() error {
	text, err := t.next()
	if err == io.EOF {
		return t.errorf("the table is empty: need a line with the names of the columns")
	}
	if err != nil {
		return err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var first error
	for _, t.separator = range []byte(",;\t") {
		if err = t.find(text); err == nil {
			return nil
		}
		if first == nil || bytes.IndexByte(text, t.separator) >= 0 {
			first = err
		}
	}
	return first
}

func (t *table) find(header []byte) error {
	if err := t.cut(header); err != nil {
		return err
	}
	for i, r := range roles {
		t.at[i] = -1
		want := *r.at(&t.o.Columns)
		if want == "" {
			continue
		}
		for k, name := range t.fields {
			switch {
			case !strings.EqualFold(strings.TrimSpace(string(name)), want):
			case t.at[i] >= 0:
				return t.errorf("column %q stands twice", want)
			default:
				t.at[i] = k
			}
		}
		if t.at[i] < 0 {
			return t.errorf("there is no column %q, which %s is to be", want, r.name)
		}
	}
	return nil
}

// cut divides a line into t.fields, which are parts of the line.
func (t *table) cut(line []byte) error {
	t.fields = t.fields[:0]
	for {
		rest := bytes.TrimLeft(line, " ")
		if len(rest) == 0 || rest[0] != '"' {
			end := bytes.IndexByte(line, t.separator)
			if end < 0 {
				t.fields = append(t.fields, line)
				return nil
			}
			t.fields = append(t.fields, line[:end])
			line = line[end+1:]
			continue
		}
		var field []byte
		for rest = rest[1:]; ; rest = rest[1:] {
			end := bytes.IndexByte(rest, '"')
			if end < 0 {
				return t.errorf("a quote is not closed in this line")
			}
			part, more := rest[:end], rest[end+1:]
			doubled := len(more) > 0 && more[0] == '"'
			if doubled {
				part = rest[:end+1] // with one of the two
			}
			if rest = more; len(field) == 0 {
				field = part[:len(part):len(part)] // no copy: there is hardly ever a second part
			} else {
				field = append(field, part...)
			}
			if !doubled {
				break
			}
		}
		t.fields = append(t.fields, field)
		if rest = bytes.TrimLeft(rest, " "); len(rest) == 0 {
			return nil
		}
		if rest[0] != t.separator {
			return t.errorf("text behind a quoted field")
		}
		line = rest[1:]
	}
}

// skip is why a row is left.
type skip uint8

const (
	taken skip = iota
	blank
	otherProtocol
	noClass
)

// parse reads the row of a line.
func (t *table) parse(line []byte) (r row, why skip, err error) {
	if err := t.cut(line); err != nil {
		return r, 0, err
	}
	if !slices.ContainsFunc(t.fields, func(f []byte) bool { return len(bytes.TrimSpace(f)) > 0 }) {
		return r, blank, nil
	}
	var f [roleCount][]byte
	for i, k := range t.at {
		if k >= len(t.fields) {
			return r, 0, t.errorf("%d fields, but column %q is number %d", len(t.fields), *roles[i].at(&t.o.Columns), k+1)
		}
		if k >= 0 {
			f[i] = bytes.TrimSpace(t.fields[k])
		}
	}
	switch p := f[proto]; {
	case string(p) == "6" || bytes.EqualFold(p, []byte("tcp")):
		r.proto = 6
	case string(p) == "17" || bytes.EqualFold(p, []byte("udp")):
		r.proto = 17
	default:
		p := strings.ToLower(string(p))
		if _, err := strconv.ParseUint(strings.TrimSuffix(p, ".0"), 10, 8); err != nil && strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || p == "" {
			return r, 0, t.errorf("protocol: need a number or a name")
		}
		return r, otherProtocol, nil
	}
	if r.class, err = t.className(f[class]); err != nil || len(r.class) == 0 {
		return r, noClass, err
	}
	if r.a, err = t.endpoint(f[srcIP], f[srcPort], "src"); err != nil {
		return r, 0, err
	}
	if r.b, err = t.endpoint(f[dstIP], f[dstPort], "dst"); err != nil {
		return r, 0, err
	}
	return r, taken, t.interval(&r, &f)
}

// endpoint reads address and port. The message has neither.
func (t *table) endpoint(ip, port []byte, which string) (netip.AddrPort, error) {
	a, err := parseAddr(ip)
	if err != nil || a.Zone() != "" {
		return netip.AddrPort{}, t.errorf("%s_ip is no IP address", which)
	}
	p, err := strconv.ParseUint(string(bytes.TrimSuffix(port, []byte(".0"))), 10, 16)
	if err != nil {
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
		d, err := strconv.ParseFloat(string(f[duration]), 64)
		if err != nil || math.IsNaN(d) {
			return t.errorf("duration %q is no number", short(string(f[duration])))
		}
		ns := max(0, d) * float64(t.o.Unit)
		if ns >= (math.MaxInt64-float64(r.end))/2 {
			return t.errorf("duration %q is out of range", short(string(f[duration])))
		}
		r.end += int64(math.Ceil(ns))
	}
	return nil
}

// parseAddr is netip.ParseAddr, which allocates, with a short way for IPv4.
func parseAddr(text []byte) (netip.Addr, error) {
	var a [4]byte
	part, digits, n := 0, 0, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9' && digits < 3 && (digits == 0 || n > 0):
			n, digits = n*10+int(c-'0'), digits+1
			continue
		case c == '.' && digits > 0 && n <= 255 && part < 3:
			a[part], part, digits, n = byte(n), part+1, 0, 0
			continue
		}
		return netip.ParseAddr(string(text))
	}
	if part != 3 || digits == 0 || n > 255 {
		return netip.ParseAddr(string(text))
	}
	a[3] = byte(n)
	return netip.AddrFrom4(a), nil
}

// className is a class as the table of classes can have it; empty for none.
func (t *table) className(text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		text = []byte(fromWindows(string(text)))
	}
	text = bytes.TrimFunc(text, unicode.IsSpace)
	switch {
	case len(text) == 0 || string(text) == "-" || bytes.EqualFold(text, []byte("unknown")):
		return nil, nil
	case len(text) > 255:
		return nil, t.errorf("the class has %d bytes: at most 255", len(text))
	case bytes.ContainsFunc(text, unicode.IsControl):
		return nil, t.errorf("the class has control characters")
	}
	return text, nil
}

// windows are the characters 0x80 to 0x9f of Windows-1252; � where there is none.
var windows = []rune("€�‚ƒ„…†‡ˆ‰Š‹Œ�Ž��‘’“”•–—˜™š›œ�žŸ")

func fromWindows(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 0x80 && c < 0xa0:
			b.WriteRune(windows[c-0x80])
		default:
			b.WriteRune(rune(c))
		}
	}
	return b.String()
}

// short is the beginning of a field, for messages.
func short(text string) string {
	const most = 40
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
