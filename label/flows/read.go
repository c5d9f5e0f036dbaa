package flows

import (
	"bufio"
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
	"unsafe"
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
	class      string
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
	fields    []string
	text      []byte
	read      int64 // bytes up to the end of the line in hand
}

func (t *table) errorf(format string, args ...any) error {
	return &Error{Line{t.name, t.line}, fmt.Sprintf(format, args...)}
}

// next reads a line without its end. The text is lent until the next call: a table of millions
// of rows is read without garbage, which would double the memory that the rows take.
func (t *table) next() (string, error) {
	t.line++
	t.text = t.text[:0]
	for {
		piece, err := t.in.ReadSlice('\n')
		if len(t.text)+len(piece) > maxLine {
			return "", t.errorf("the line has more than %d bytes", maxLine)
		}
		t.text = append(t.text, piece...)
		t.read += int64(len(piece))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(t.text) > 0:
		case err != nil:
			return "", err
		}
		return strings.TrimRight(unsafe.String(unsafe.SliceData(t.text), len(t.text)), "\r\n"), nil
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
	text = strings.TrimPrefix(text, "\ufeff")
	var first error
	for _, t.separator = range []byte(",;\t") {
		if err = t.find(text); err == nil {
			return nil
		}
		if first == nil || strings.ContainsRune(text, rune(t.separator)) {
			first = err
		}
	}
	return first
}

func (t *table) find(header string) error {
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
			case !strings.EqualFold(strings.TrimSpace(name), want):
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

// cut divides a line into t.fields.
func (t *table) cut(line string) error {
	t.fields = t.fields[:0]
	for {
		rest := strings.TrimLeft(line, " ")
		if !strings.HasPrefix(rest, `"`) {
			field, more, found := strings.Cut(line, string(rune(t.separator)))
			t.fields = append(t.fields, field)
			if !found {
				return nil
			}
			line = more
			continue
		}
		var field string
		for rest = rest[1:]; ; rest = rest[1:] {
			part, more, found := strings.Cut(rest, `"`)
			if !found {
				return t.errorf("a quote is not closed in this line")
			}
			doubled := strings.HasPrefix(more, `"`)
			if doubled {
				part = rest[:len(part)+1] // with one of the two
			}
			if rest = more; field == "" {
				field = part // no copy: there is hardly ever a second part
			} else {
				field += part
			}
			if !doubled {
				break
			}
		}
		t.fields = append(t.fields, field)
		if rest = strings.TrimLeft(rest, " "); rest == "" {
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
func (t *table) parse(line string) (r row, why skip, err error) {
	if err := t.cut(line); err != nil {
		return r, 0, err
	}
	if !slices.ContainsFunc(t.fields, func(f string) bool { return strings.TrimSpace(f) != "" }) {
		return r, blank, nil
	}
	var f [roleCount]string
	for i, k := range t.at {
		if k >= len(t.fields) {
			return r, 0, t.errorf("%d fields, but column %q is number %d", len(t.fields), *roles[i].at(&t.o.Columns), k+1)
		}
		if k >= 0 {
			f[i] = strings.TrimSpace(t.fields[k])
		}
	}
	switch p := f[proto]; {
	case p == "6" || strings.EqualFold(p, "tcp"):
		r.proto = 6
	case p == "17" || strings.EqualFold(p, "udp"):
		r.proto = 17
	default:
		p = strings.ToLower(p)
		if _, err := strconv.ParseUint(strings.TrimSuffix(p, ".0"), 10, 8); err != nil && strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || p == "" {
			return r, 0, t.errorf("protocol: need a number or a name")
		}
		return r, otherProtocol, nil
	}
	if r.class, err = t.className(f[class]); err != nil || r.class == "" {
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
func (t *table) endpoint(ip, port, which string) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Zone() != "" {
		return netip.AddrPort{}, t.errorf("%s_ip is no IP address", which)
	}
	p, err := strconv.ParseUint(strings.TrimSuffix(port, ".0"), 10, 16)
	if err != nil {
		return netip.AddrPort{}, t.errorf("%s_port is no port: need 0 to 65535", which)
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), nil
}

func (t *table) interval(r *row, f *[roleCount]string) error {
	at, coarse, err := t.clock.Read(f[start])
	if err != nil {
		return t.errorf("start: %v", err)
	}
	r.start, r.end = at, at+coarse
	switch {
	case f[end] != "":
		at, coarse, err := t.clock.Read(f[end])
		if err != nil {
			return t.errorf("end: %v", err)
		}
		if at+coarse < r.start {
			return t.errorf("the flow ends before it starts")
		}
		r.end = max(r.end, at+coarse)
	case f[duration] != "":
		d, err := strconv.ParseFloat(f[duration], 64)
		if err != nil || math.IsNaN(d) {
			return t.errorf("duration %q is no number", short(f[duration]))
		}
		ns := max(0, d) * float64(t.o.Unit)
		if ns >= (math.MaxInt64-float64(r.end))/2 {
			return t.errorf("duration %q is out of range", short(f[duration]))
		}
		r.end += int64(math.Ceil(ns))
	}
	return nil
}

// className is a class as the table of classes can have it; "" for none.
func (t *table) className(text string) (string, error) {
	if !utf8.ValidString(text) {
		text = fromWindows(text)
	}
	text = strings.TrimFunc(text, unicode.IsSpace)
	switch {
	case text == "" || text == "-" || strings.EqualFold(text, "unknown"):
		return "", nil
	case len(text) > 255:
		return "", t.errorf("the class has %d bytes: at most 255", len(text))
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", t.errorf("the class has control characters")
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
