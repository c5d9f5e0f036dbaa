package text

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
)

// TSV is the exporter of ET-BERT's files.
type TSV struct{}

// Name implements [dataset.Exporter].
func (TSV) Name() string { return "tsv" }

// tsvNames are the files by side.
var tsvNames = map[dataset.Side]string{
	dataset.Whole: "train_dataset.tsv", dataset.Train: "train_dataset.tsv", dataset.Validation: "valid_dataset.tsv", dataset.Test: "test_dataset.tsv",
}

const noLabels = "nolabel_test_dataset.tsv"

// Export implements [dataset.Exporter].
func (x TSV) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	if err := fits(x, v); err != nil {
		return nil, err
	}
	labelled := func(b []byte, e *dataset.Entry) ([]byte, error) {
		b = strconv.AppendInt(b, int64(e.Label), 10)
		b = append(b, '\t')
		return append(append(b, e.Data...), "\r\n"...), clean(e)
	}
	bare := func(b []byte, e *dataset.Entry) ([]byte, error) {
		return append(append(b, e.Data...), '\n'), clean(e)
	}
	var files []dataset.File
	for _, s := range v.Sides() {
		made, err := write(ctx, dir, tsvNames[s], "label\ttext_a\r\n", v, s, labelled)
		if err != nil {
			return nil, err
		}
		files = append(files, made)
		if s == dataset.Test {
			made, err := write(ctx, dir, noLabels, "text_a\n", v, s, bare)
			if err != nil {
				return nil, err
			}
			files = append(files, made)
		}
	}
	classes, err := dir.WriteClasses(v)
	return append(files, classes), err
}

// clean refuses a text that would break a line of a table.
func clean(e *dataset.Entry) error {
	if bytes.ContainsAny(e.Data, "\t\r\n") {
		return fmt.Errorf("sample %d has a tab or a line end in its text, which a table of tab-separated values cannot hold", e.Index)
	}
	return nil
}

// JSON is the exporter of JSON lines.
type JSON struct{}

// Name implements [dataset.Exporter].
func (JSON) Name() string { return "jsonl" }

// Export implements [dataset.Exporter].
func (x JSON) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	if err := fits(x, v); err != nil {
		return nil, err
	}
	row := func(b []byte, e *dataset.Entry) ([]byte, error) {
		class, err := json.Marshal(dataset.ClassName(v, e.Label))
		if err != nil {
			return nil, err
		}
		label := e.Label
		if label == v.Unknown() {
			label = -1
		}
		b = fmt.Appendf(b, `{"index":%d,"label":%d,"class":%s,`, e.Index, label, class)
		if len(e.Data) > 2 && e.Data[0] == '{' && json.Valid(e.Data) {
			return append(append(b, e.Data[1:]...), '\n'), nil
		}
		text, err := json.Marshal(string(e.Data))
		if err != nil {
			return nil, err
		}
		b = append(b, `"text":`...)
		return append(append(b, text...), "}\n"...), nil
	}
	var files []dataset.File
	for _, s := range v.Sides() {
		name := s.String()
		if s == dataset.Whole {
			name = dataset.Train.String()
		}
		made, err := write(ctx, dir, name+".jsonl", "", v, s, row)
		if err != nil {
			return nil, err
		}
		files = append(files, made)
	}
	return files, nil
}

// fits refuses arrays.
func fits(x dataset.Exporter, v dataset.View) error {
	if t := v.Spec().Type; t != dataset.Text {
		return fmt.Errorf("%w: %s needs text, and samples are %v", dataset.ErrUnfit, x.Name(), v.Spec())
	}
	return nil
}

// write makes a file of a line about each sample of a side. row appends it.
func write(ctx context.Context, dir dataset.Folder, name, head string, v dataset.View, s dataset.Side,
	row func(b []byte, e *dataset.Entry) ([]byte, error),
) (dataset.File, error) {
	out, err := dir.Create(name)
	if err != nil {
		return dataset.File{}, err
	}
	defer out.Abort()
	if _, err := out.Write([]byte(head)); err != nil {
		return dataset.File{}, err
	}
	var b []byte
	have := int64(0)
	err = v.Each(ctx, s, func(e *dataset.Entry) (err error) {
		have++
		if b, err = row(b[:0], e); err != nil {
			return err
		}
		_, err = out.Write(b)
		return err
	})
	if err == nil {
		err = dataset.CheckLen(v, s, have)
	}
	if err != nil {
		return dataset.File{}, fmt.Errorf("%s: %w", dir.Path(name), err)
	}
	return out.Close()
}
