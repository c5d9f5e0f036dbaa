package flows

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// peekLen is how many bytes of a table tell its encoding and its line ends.
const peekLen = 1 << 16

// plainText returns a reader of the table as UTF-8 (or Windows-1252, see className) with
// lines that end in \n or \r\n. same reports whether its bytes are those of src.
func plainText(src io.Reader) (text *bufio.Reader, same bool) {
	text, same = bufio.NewReaderSize(src, peekLen), true
	begin, _ := text.Peek(4)
	switch little, found := utf16Order(begin); {
	case found:
		text, same = bufio.NewReaderSize(&utf16Reader{in: text, little: little}, peekLen), false
	}
	begin, _ = text.Peek(peekLen) // an error comes again with the first line
	if end := bytes.IndexAny(begin, "\r\n"); end >= 0 && begin[end] == '\r' && end+1 < len(begin) && begin[end+1] != '\n' {
		text = bufio.NewReaderSize(&lineEnds{text}, peekLen)
	}
	return text, same
}

// utf16Order tells the order of bytes of UTF-16 by its byte order mark, or by the zero
// bytes that a text of Latin letters has.
func utf16Order(begin []byte) (little, found bool) {
	if len(begin) < 2 {
		return false, false
	}
	switch {
	case begin[0] == 0xff && begin[1] == 0xfe:
		return true, true
	case begin[0] == 0xfe && begin[1] == 0xff:
		return false, true
	case len(begin) < 4:
		return false, false
	case begin[0] != 0 && begin[1] == 0 && begin[2] != 0 && begin[3] == 0:
		return true, true
	}
	return false, begin[0] == 0 && begin[1] != 0 && begin[2] == 0 && begin[3] != 0
}

// utf16Reader turns UTF-16 into UTF-8. Half a character becomes U+FFFD.
type utf16Reader struct {
	in     *bufio.Reader
	little bool
	out    []byte // made and not yet read
	high   rune   // first half of a character, or 0
}

func (u *utf16Reader) Read(b []byte) (int, error) {
	for len(u.out) == 0 {
		var pair [2]byte
		if _, err := io.ReadFull(u.in, pair[:]); err != nil {
			if u.high != 0 {
				u.high = 0
				u.out = utf8.AppendRune(u.out[:0], utf8.RuneError)
				break
			}
			return 0, err // also of half a unit: the text is cut off
		}
		r := rune(pair[0])<<8 | rune(pair[1])
		if u.little {
			r = rune(pair[1])<<8 | rune(pair[0])
		}
		u.out = u.unit(u.out[:0], r)
	}
	n := copy(b, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) unit(out []byte, r rune) []byte {
	if u.high != 0 {
		whole := utf16.DecodeRune(u.high, r)
		u.high = 0
		out = utf8.AppendRune(out, whole)
		if whole != utf8.RuneError {
			return out
		}
	}
	switch {
	case r >= 0xd800 && r < 0xdc00:
		u.high = r
		return out
	case utf16.IsSurrogate(r):
		r = utf8.RuneError
	}
	return utf8.AppendRune(out, r)
}

// lineEnds turns the line ends of old Macintosh programs, \r, into \n.
type lineEnds struct{ in io.Reader }

func (l *lineEnds) Read(b []byte) (int, error) {
	n, err := l.in.Read(b)
	for i, c := range b[:n] {
		if c == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
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
