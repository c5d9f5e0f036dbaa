// Package csv writes the table of samples as text, samples.csv: RFC 4180 with lines
// that end in a line feed, one line of column names, and one line a sample. Columns,
// order and units are those of dataset/table; a time is RFC 3339 in UTC with nine
// decimals, a null cell is empty.
//
// It exists for spreadsheets and command lines; Parquet holds the same in a fraction
// of the space and with types.
package csv

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"time"

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
func (Exporter) Export(ctx context.Context, dir string, v dataset.View) ([]dataset.File, error) {
	out, err := dataset.CreateOutput(dir, FileName)
	if err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	defer out.Abort()
	made := dataset.File{}
	if err = write(ctx, out, v); err == nil {
		made, err = out.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("csv: %s: %w", filepath.Join(dir, FileName), err)
	}
	return []dataset.File{made}, nil
}

func write(ctx context.Context, out io.Writer, v dataset.View) error {
	w := csv.NewWriter(out)
	columns := table.Columns()
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.Name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	t, row, n := table.New(v), make([]table.Value, len(columns)), int64(0)
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
		return v.Text
	case k == table.Time:
		return time.Unix(0, v.Int).UTC().Format("2006-01-02T15:04:05.000000000Z")
	}
	return strconv.FormatInt(v.Int, 10)
}
