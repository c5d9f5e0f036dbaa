// Package csv writes the table of samples as text, samples.csv: RFC 4180 with lines
// that end in a line feed, one line of column names, and one line a sample. Columns,
// order and units are those of dataset/table; a time is RFC 3339 in UTC with nine
// decimals, a null cell is empty.
//
// A program that opens the file must not run it or break on it, whatever a capture or
// a class is called. So in cells of text columns
//
//   - one apostrophe is put in front of a text that begins with = + - @, one of their
//     full-width forms, or an apostrophe, blanks and unseen characters before it not counted: a spreadsheet
//     would take the first ones for a formula. Who reads the column takes one apostrophe
//     off the front of each cell that begins with one, and has the text again;
//   - a control character (line ends and tabs too) or one that turns the direction of
//     writing is replaced by U+FFFD. Parquet has the text as it is.
//
// Source: OWASP, "CSV Injection".
//
// It exists for spreadsheets and command lines; Parquet holds the same in a fraction
// of the space and with types.
package csv

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
)

// FileName is the file that Export writes.
const FileName = "samples.csv"

// Exporter writes samples.csv. It is a [dataset.Exporter].
type Exporter struct{}

// Name is "csv".
func (Exporter) Name() string { return "csv" }

// Export writes the table below dir. Samples of an unknown class keep the label of
// the label file.
func (Exporter) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	out, err := dir.Create(FileName)
	if err != nil {
		return nil, err
	}
	defer out.Abort()
	made := dataset.File{}
	if err = write(ctx, out, v); err == nil {
		made, err = out.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(FileName), err)
	}
	return []dataset.File{made}, nil
}

func write(ctx context.Context, out io.Writer, v dataset.View) error {
	w := csv.NewWriter(out)
	t := table.New(v)
	columns := t.Columns()
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.Name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	row, n := make([]table.Value, len(columns)), int64(0)
	err := v.Each(ctx, dataset.Whole, func(e *dataset.Entry) error {
		t.Row(row, e)
		for i, c := range columns {
			line[i] = text(c.Kind, row[i])
		}
		n++
		return w.Write(line)
	})
	if err != nil {
		return err
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return dataset.CheckLen(v, dataset.Whole, n)
}

func text(k table.Kind, v table.Value) string {
	switch {
	case v.Null:
		return ""
	case k == table.Text:
		return cell(v.Text)
	case k == table.Time:
		return time.Unix(0, v.Int).UTC().Format("2006-01-02T15:04:05.000000000Z")
	}
	return strconv.FormatInt(v.Int, 10)
}

// cell is a text that no spreadsheet takes for a formula and that holds no control character.
func cell(s string) string {
	if strings.ContainsFunc(s, disturbs) {
		s = strings.Map(func(r rune) rune {
			if disturbs(r) {
				return unicode.ReplacementChar
			}
			return r
		}, s)
	}
	begin := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if r, _ := utf8.DecodeRuneInString(begin); begin != "" && strings.ContainsRune("=+-@'＝＋－＠", r) {
		return "'" + s
	}
	return s
}

// disturbs says whether a character ends a line or a cell, controls a terminal, or turns the direction of writing.
func disturbs(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
