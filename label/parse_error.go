package label

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A ParseError says what is wrong with the text of a class table, and where.
type ParseError struct {
	// Name is what Parse or Load was given.
	Name string
	// Line and Column count from 1; Column counts characters.
	Line, Column int
	// Msg says what is wrong, and often what would be right.
	Msg string
	// Excerpt is the line (shortened if long) and below it a caret at the column;
	// empty if there is no such line.
	Excerpt string
}

// Error is "name:line:column: message", and the excerpt on further lines.
func (e *ParseError) Error() string {
	msg := fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Msg)
	if e.Excerpt != "" {
		msg += "\n" + e.Excerpt
	}
	return msg
}

// Paths are the paths that the error names.
func (e *ParseError) Paths() []string { return []string{e.Name} }

// Characters of a long line that an excerpt shows before and behind its column.
const (
	excerptBefore = 40
	excerptBehind = 30
)

// excerpt shows the line with a caret below the column. JSON without line breaks
// has one line of any length, so only the neighbourhood of the column is shown.
func (s *source) excerpt(line, column int) string {
	text, ok := s.line(line)
	if !ok || strings.TrimSpace(text) == "" {
		return ""
	}
	chars := []rune(text)
	at := min(max(column-1, 0), len(chars))
	from, to := max(at-excerptBefore, 0), min(at+excerptBehind, len(chars))
	var shown, caret strings.Builder
	if from > 0 {
		shown.WriteString("…")
		caret.WriteString(" ")
	}
	for i, r := range chars[from:to] {
		switch {
		case r == '\t': // keeps its width in both lines
			shown.WriteByte('\t')
		case unicode.IsControl(r) || r == utf8.RuneError:
			shown.WriteByte('?')
		default:
			shown.WriteRune(r)
		}
		switch {
		case from+i >= at:
		case r == '\t':
			caret.WriteByte('\t')
		default:
			caret.WriteByte(' ')
		}
	}
	if to < len(chars) {
		shown.WriteString("…")
	}
	return fmt.Sprintf("  | %s\n  | %s^", shown.String(), caret.String())
}

// line returns line number n, which counts from 1, without its line break.
func (s *source) line(n int) (string, bool) {
	rest := s.text
	for ; n > 1; n-- {
		_, next := cutLine(rest)
		if next == "" {
			return "", false
		}
		rest = next
	}
	text, _ := cutLine(rest)
	return text, n == 1
}

// A place is a byte offset together with the line and column it is at.
type place struct{ offset, line, column int }

// position returns the line and column of the byte at offset; both count from 1. It
// goes on from where it was asked last, so that asking for all places of a text in
// order reads the text once, however long its lines are.
func (s *source) position(offset int) (line, column int) {
	p := &s.last
	if p.line == 0 || offset < p.offset {
		*p = place{0, 1, 1}
	}
	for p.offset < min(offset, len(s.text)) {
		r, n := utf8.DecodeRuneInString(s.text[p.offset:])
		p.offset += n
		p.column++
		crlf := r == '\r' && strings.HasPrefix(s.text[p.offset:], "\n")
		if strings.ContainsRune(lineBreaks, r) && !crlf {
			p.line, p.column = p.line+1, 1
		}
	}
	return p.line, p.column
}

// lineBreaks are the line breaks of YAML, of which CR LF counts once.
const lineBreaks = "\r\n\u0085\u2028\u2029"

// cutLine cuts s behind its first line break and returns the line without it.
func cutLine(s string) (line, rest string) {
	i := strings.IndexAny(s, lineBreaks)
	if i < 0 {
		return s, ""
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	if strings.HasPrefix(s[i:], "\r\n") {
		n = 2
	}
	return s[:i], s[i+n:]
}

// shown returns a text from a file as a message can show it: quoted, what would
// act on a terminal escaped, and not longer than a line.
func shown(text string) string {
	const most = 60
	if chars := []rune(text); len(chars) > most {
		text = string(chars[:most]) + "…"
	}
	return strconv.Quote(text)
}
