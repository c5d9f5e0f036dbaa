// Package plainjson makes JSON safe to look at: what would disturb a terminal or
// mislead a reader is written as an escape, and a parser sees no difference.
//
// encoding/json escapes the control characters of ASCII, but neither DEL and the
// C1 controls, of which one begins an escape sequence, nor characters that turn the direction of
// writing or are not seen. All of these can stand in file names.
package plainjson

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape returns the JSON text with every character in its strings that does not
// print, spaces apart, as \uXXXX. Outside of strings valid JSON has no such
// character. If there is none, it returns b itself.
func Escape(b []byte) []byte {
	clean := 0
	for clean < len(b) && (b[clean] >= ' ' && b[clean] < 0x7f || b[clean] == '\n') {
		clean++
	}
	if clean == len(b) {
		return b
	}
	out := append(make([]byte, 0, len(b)+64), b[:clean]...)
	for rest := b[clean:]; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r < 0x7f, unicode.IsPrint(r), r == utf8.RuneError:
			out = append(out, rest[:n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		rest = rest[n:]
	}
	return out
}

// Writer escapes what an Encoder writes, which is a whole value at a time.
type Writer struct{ W io.Writer }

func (w Writer) Write(b []byte) (int, error) {
	if _, err := w.W.Write(Escape(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}
