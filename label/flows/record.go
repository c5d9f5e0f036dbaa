package flows

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxLine is the longest row in bytes.
const maxLine = 1 << 20

// form is how the rows of a table are written.
type form uint8

const (
	formCSV  form = iota
	formZeek      // fields with a separator and no quotes, lines with # in front say how
	formJSON      // an object a line
)

// table reads one file.
type table struct {
	o         *Options
	clock     *Clock
	name      string
	in        *bufio.Reader
	line      int // of the row in hand: where it begins
	lines     int // read so far
	form      form
	separator byte
	unset     string         // Zeek's word for a field without a value
	at        [roleCount]int // columns by role; -1: none
	tail      bool           // the last column holds several with blanks between
	fields    [][]byte
	text      []byte
	held      []byte // a line that was looked at and is still to be read
	read      int64  // bytes up to the end of the line in hand
	csv       *csv.Reader
	feed      feed
	cells     []byte // text of fields that encoding/csv has given
}

// physical reads a line without its end. The text is lent until the next call: a table of
// millions of rows is read without garbage, which would double the memory that the rows take.
func (t *table) physical() ([]byte, error) {
	t.lines++
	t.text = t.text[:0]
	for {
		piece, err := t.in.ReadSlice('\n')
		if len(t.text)+len(piece) > maxLine {
			t.line = t.lines
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

// next is the line that a row begins with, lent until the next call.
func (t *table) next() ([]byte, error) {
	if line := t.held; line != nil {
		t.held = nil
		return line, nil
	}
	for {
		line, err := t.physical()
		if t.line = t.lines; err != nil || t.form != formZeek || len(line) == 0 || line[0] != '#' {
			return line, err
		}
		if err := t.directive(line); err != nil {
			return nil, err
		}
	}
}

// cut divides a row into t.fields, which are lent until the next call. It reads further
// lines if a quoted field has line breaks. An error that is no *Error ends the table.
func (t *table) cut(line []byte) error {
	t.fields = t.fields[:0]
	switch {
	case t.form == formJSON:
		return t.cutObject(line)
	case t.form == formCSV && quoted(line, t.separator):
		return t.cutQuoted(line)
	}
	for {
		end := bytes.IndexByte(line, t.separator)
		if end < 0 {
			break
		}
		t.fields = append(t.fields, line[:end])
		line = line[end+1:]
	}
	if t.tail {
		for {
			end := bytes.Index(line, tailSeparator)
			if end < 0 {
				break
			}
			t.fields = append(t.fields, line[:end])
			line = line[end+len(tailSeparator):]
		}
	}
	t.fields = append(t.fields, line)
	return nil
}

// tailSeparator stands between label and detailed-label in conn.log.labeled of IoT-23.
var tailSeparator = []byte("   ")

// quoted reports whether a field begins with a quote.
func quoted(line []byte, separator byte) bool {
	for {
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			return false
		}
		before := line[:i]
		if separator != '\t' {
			before = bytes.TrimRight(before, " ")
		}
		if len(before) == 0 || before[len(before)-1] == separator {
			return true
		}
		line = line[i+1:]
		if next := bytes.IndexByte(line, separator); next >= 0 {
			line = line[next:]
		} else {
			return false
		}
	}
}

// feed hands a csv.Reader the lines of one row, one a call, so that it never reads further
// than the row.
type feed struct {
	t    *table
	rest []byte
	size int // of the row in hand
	err  error
}

func (f *feed) Read(b []byte) (int, error) {
	if len(f.rest) == 0 {
		line, err := f.t.physical()
		if f.size += len(line); err == nil && f.size > maxLine {
			err = f.t.errorf("the row has more than %d bytes: a quote that is opened in this line may not be closed", maxLine)
		}
		if err != nil {
			f.err = err
			return 0, err
		}
		f.rest = append(append(f.rest[:0], line...), '\n')
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func newCSV(r io.Reader, separator byte) *csv.Reader {
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = rune(separator), -1, true
	c.TrimLeadingSpace = separator != '\t' // it would take tabs for blanks
	return c
}

// cutQuoted is cut by encoding/csv.
func (t *table) cutQuoted(line []byte) error {
	t.feed.t, t.feed.size, t.feed.err = t, len(line), nil
	t.feed.rest = append(append(t.feed.rest[:0], line...), '\n')
	if t.csv == nil {
		t.csv = newCSV(&t.feed, t.separator)
	}
	record, err := t.csv.Read()
	var parse *csv.ParseError
	switch {
	case err == nil:
	case t.feed.err == io.EOF:
		return &structureError{t.errorf("a quote is not closed from this line to the end of the table")}
	case t.feed.err != nil:
		return &structureError{t.feed.err}
	case errors.As(err, &parse):
		t.csv = nil // what it holds of the row is not wanted
		if errors.Is(err, csv.ErrQuote) {
			return t.errorf("text behind a quoted field")
		}
		return t.errorf("%v", parse.Err)
	default:
		return &structureError{err}
	}
	t.cells = t.cells[:0]
	for _, field := range record {
		t.cells = append(t.cells, field...)
	}
	from := 0
	for _, field := range record {
		t.fields = append(t.fields, t.cells[from:from+len(field)])
		from += len(field)
	}
	return nil
}

// structureError is about all that follows in the table, not about one row.
type structureError struct{ error }

func (e *structureError) Unwrap() error { return e.error }

// cutObject gives t.fields the values of the columns, by role.
func (t *table) cutObject(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(line, &object); err != nil {
		return t.errorf("not a JSON object: %v", err)
	}
	for _, r := range roles {
		var value []byte
		if path := *r.at(&t.o.Columns); path != "" {
			value = member(object, path)
		}
		t.fields = append(t.fields, value)
	}
	return nil
}

// member is the text of a scalar by its dotted path; nil if there is none. A member whose
// name has the dots in it, as in the logs of Zeek, goes before one in an inner object.
func member(object map[string]json.RawMessage, path string) []byte {
	if raw, ok := object[path]; ok {
		switch raw[0] {
		case 'n', '{', '[':
			return nil
		case '"':
			var text string
			if json.Unmarshal(raw, &text) != nil {
				return nil
			}
			return []byte(text)
		}
		return raw
	}
	for i, c := range path {
		if c != '.' {
			continue
		}
		var inner map[string]json.RawMessage
		if raw := object[path[:i]]; len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &inner) != nil {
			continue
		}
		if value := member(inner, path[i+1:]); value != nil {
			return value
		}
	}
	return nil
}

// text8 is a column's name as UTF-8.
func text8(name []byte) string {
	if !utf8.Valid(name) {
		return strings.TrimSpace(fromWindows(string(name)))
	}
	return strings.TrimSpace(string(name))
}
