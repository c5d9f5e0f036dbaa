package flows

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// header finds out how the rows are written, and where the columns are.
func (t *table) header() error {
	text, err := t.next()
	if err == io.EOF {
		return t.errorf("the table is empty: need a line with the names of the columns")
	}
	if err != nil {
		return err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(text, " \t"), []byte("{")):
		t.form, t.held = formJSON, bytes.Clone(text)
		for i, r := range roles {
			if t.at[i] = i; *r.at(&t.o.Columns) == "" {
				t.at[i] = -1
			}
		}
		return nil
	case bytes.HasPrefix(text, []byte("#separator")), bytes.HasPrefix(text, []byte("#fields")):
		return t.zeekHeader(text)
	}
	if text, err = t.joined(text); err != nil {
		return err
	}
	var first error
	for _, t.separator = range []byte(",;\t|") {
		t.csv = nil
		if err = t.find(text); err == nil {
			return nil
		}
		if first == nil || bytes.IndexByte(text, t.separator) >= 0 && strings.Contains(first.Error(), "there is no column") {
			first = err
		}
	}
	return first
}

// joined is the first row with all of its lines, if quoted fields have line breaks.
func (t *table) joined(text []byte) ([]byte, error) {
	text = bytes.Clone(text)
	for bytes.Count(text, []byte(`"`))%2 == 1 {
		more, err := t.physical()
		if err == io.EOF || err == nil && len(text)+len(more) > maxLine {
			return nil, t.errorf("a quote is not closed in this line")
		}
		if err != nil {
			return nil, err
		}
		text = append(append(text, '\n'), more...)
	}
	return text, nil
}

// find looks for the columns in the first row: by name, or by number if all of them are
// numbers or the preset knows the numbers. Then that row is one of the table, unless it has
// no address where one must be.
func (t *table) find(first []byte) error {
	if err := t.cut(first); err != nil {
		return err
	}
	columns := t.o.Columns
	err := t.named(&columns)
	if err == nil {
		return nil
	}
	given := t.o.numbered()
	if given == nil || t.someNamed(&columns) {
		return err
	}
	most := 0
	for i, n := range given {
		t.at[i] = n - 1
		most = max(most, n)
	}
	if len(t.fields) < most {
		return t.errorf("%d fields in the first line, and column %d is asked for", len(t.fields), most)
	}
	if _, err := parseAddr(bytes.TrimSpace(t.fields[t.at[srcIP]])); err == nil {
		t.held = bytes.Clone(first)
	}
	return nil
}

// named finds the columns by their names, in t.fields.
func (t *table) named(columns *Columns) error {
	for i, r := range roles {
		t.at[i] = -1
		want := *r.at(columns)
		if want == "" {
			continue
		}
		for k, name := range t.fields {
			switch {
			case !strings.EqualFold(text8(name), want):
			case t.at[i] >= 0:
				return t.errorf("column %q stands twice", want)
			default:
				t.at[i] = k
			}
		}
		if t.at[i] < 0 {
			return t.errorf("there is no column %q, which %s is to be; --table-columns %s=NAME names another", want, r.name, r.name)
		}
	}
	return nil
}

// someNamed reports whether some of the columns, though not all, stand in t.fields by their
// names, none of which is a number: then that is a header line.
func (t *table) someNamed(columns *Columns) bool {
	for _, r := range roles {
		want := *r.at(columns)
		if _, err := strconv.Atoi(want); want == "" || err == nil {
			continue
		}
		if slices.ContainsFunc(t.fields, func(name []byte) bool { return strings.EqualFold(text8(name), want) }) {
			return true
		}
	}
	return false
}

// numbered are the numbers of the columns by role, from 1 (0: none); nil if some have none.
func (o *Options) numbered() []int {
	numbers := make([]int, roleCount)
	for i, r := range roles {
		name := *r.at(&o.Columns)
		if name == "" {
			continue
		}
		n, err := strconv.ParseUint(name, 10, 16)
		if err != nil || n == 0 {
			if n = uint64(o.numbers[name]); n == 0 {
				return nil
			}
		}
		numbers[i] = int(n)
	}
	return numbers
}

// zeekHeader reads the lines with # in front up to #fields.
func (t *table) zeekHeader(line []byte) (err error) {
	t.form, t.separator, t.at[0] = formZeek, '\t', -2
	for {
		if err := t.directive(line); err != nil {
			return err
		}
		if t.at[0] != -2 {
			return nil
		}
		line, err = t.physical()
		t.line = t.lines
		switch {
		case err == io.EOF || err == nil && !bytes.HasPrefix(line, []byte("#")):
			return t.errorf("a log of Zeek without #fields before its first row")
		case err != nil:
			return err
		}
	}
}

// directive reads a line with # in front.
func (t *table) directive(line []byte) error {
	if text, ok := bytes.CutPrefix(line, []byte("#separator ")); ok {
		text, err := strconv.Unquote(`"` + string(bytes.TrimSpace(text)) + `"`)
		if err != nil || len(text) != 1 {
			return t.errorf("#separator: need one character, like \\x09")
		}
		t.separator = text[0]
		return nil
	}
	name, value, _ := bytes.Cut(line, []byte{t.separator})
	switch string(name) {
	case "#unset_field":
		t.unset = string(value)
	case "#fields":
		if t.tail = false; bytes.Contains(value, tailSeparator) {
			t.tail = true
		}
		if err := t.cut(bytes.Clone(value)); err != nil {
			return err
		}
		return t.named(&t.o.Columns)
	}
	return nil
}

// isRow reports whether an error is about one row, which is counted, and not about the table.
func isRow(err error) bool {
	var all *structureError
	var e *Error
	return errors.As(err, &e) && !errors.As(err, &all)
}
