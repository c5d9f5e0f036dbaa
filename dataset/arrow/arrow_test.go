package arrow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/arrow"
	"github.com/pcapmill/pcapmill/internal/datasettest"
)

// tokens is a view whose samples say the bytes of another one's as numbers of the form tokens: in bursts of three.
type tokens struct {
	dataset.View
	salt string
}

func (tokens) Spec() dataset.Spec              { return dataset.Spec{Type: dataset.Text} }
func (tokens) Form() (name, parameters string) { return "tokens", "" }
func (v tokens) Salt() string                  { return v.salt }
func (v tokens) Each(ctx context.Context, s dataset.Side, f func(*dataset.Entry) error) error {
	return v.View.Each(ctx, s, func(e *dataset.Entry) error {
		c := *e
		c.Data = lineOf(e.Data, e.Label)
		return f(&c)
	})
}

// lineOf has the label in its duration, as names of classes need not be different from that of none.
func lineOf(data []byte, label int) []byte {
	r := want{Tokens: [][]uint16{}, Bytes: []uint32{}, Counts: []uint32{}, Directions: []bool{}, IATs: []uint64{}, Duration: uint64(label) << 40, Protocol: 17}
	for burst := range slices.Chunk(data, 3) {
		var numbers []uint16
		for _, b := range burst {
			numbers = append(numbers, uint16(b)<<8|1)
		}
		r.Tokens = append(r.Tokens, numbers)
		r.Bytes, r.Counts = append(r.Bytes, uint32(burst[0])<<24), append(r.Counts, uint32(len(burst)))
		r.Directions, r.IATs = append(r.Directions, burst[0]%2 == 1), append(r.IATs, uint64(burst[0])<<50)
	}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return text
}

// want is a line of the form, R9 of shared/facts/representations.md.
type want struct {
	Tokens     [][]uint16 `json:"burst_tokens"`
	Bytes      []uint32   `json:"bytes"`
	Counts     []uint32   `json:"counts"`
	Directions []bool     `json:"directions"`
	Duration   uint64     `json:"flow_duration"`
	IATs       []uint64   `json:"iats"`
	Protocol   uint16     `json:"protocol"`
}

// exporter exports such views.
type exporter struct {
	arrow.Format
	salt string
}

func (x exporter) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	return x.Format.Export(ctx, dir, tokens{v, x.salt})
}

// read reads the sides back.
func read(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
	all := map[dataset.Side][]datasettest.Item{}
	for _, s := range v.Sides() {
		name := s.String()
		if s == dataset.Whole {
			name = "train"
		}
		all[s] = []datasettest.Item{}
		for _, row := range readFile(t, filepath.Join(dir, name, "data.arrow")) {
			label := int(row.Duration >> 40)
			if class := strings.ToValidUTF8(dataset.ClassName(v, label), "\ufffd"); row.label != class {
				t.Errorf("label %d is called %q, want %q", label, row.label, class)
			}
			all[s] = append(all[s], datasettest.Item{Data: bytesOf(t, row), Label: label})
		}
	}
	return all
}

// bytesOf is the opposite of lineOf.
func bytesOf(t *testing.T, r read1) (data []byte) {
	t.Helper()
	for _, burst := range r.Tokens {
		for _, n := range burst {
			data = append(data, byte(n>>8))
		}
	}
	text, err := json.Marshal(r.want)
	if want := lineOf(data, int(r.Duration>>40)); err != nil || !bytes.Equal(text, want) {
		t.Fatalf("a row says %s, want %s (%v)", text, want, err)
	}
	return data
}

func TestExporter(t *testing.T) {
	datasettest.RunExporter(t, func() dataset.Exporter { return exporter{salt: "pcapmill"} }, read, false)
}

// TestMemoryChangesNoByte: however few samples are sorted at a time; another key gives another order.
func TestMemoryChangesNoByte(t *testing.T) {
	v := datasettest.MakeView(dataset.Spec{Rows: 4, Cols: 5}, 2300, 3, []dataset.Side{dataset.Train, dataset.Test}, 1)
	files := func(memory int64, salt string) (all [2]string) {
		dir := t.TempDir()
		if _, err := (exporter{arrow.Format{Memory: memory}, salt}).Export(t.Context(), dataset.NewFolder(dir), v); err != nil {
			t.Fatal(err)
		}
		for i, side := range []string{"train", "test"} {
			b, err := os.ReadFile(filepath.Join(dir, side, "data.arrow"))
			if err != nil {
				t.Fatal(err)
			}
			all[i] = string(b)
		}
		return all
	}
	usual := files(0, "a")
	for _, memory := range []int64{60_000, 200_000} {
		if files(memory, "a") != usual {
			t.Errorf("with %d bytes of memory there are other bytes", memory)
		}
	}
	if files(0, "b") == usual {
		t.Error("another key gives the same order")
	}
	dir := t.TempDir()
	if _, err := (exporter{salt: "a"}).Export(t.Context(), dataset.NewFolder(dir), v); err != nil {
		t.Fatal(err)
	}
	var train []string
	for i := range v.Samples {
		if v.Samples[i].Side == dataset.Train {
			train = append(train, string(v.Samples[i].Data))
		}
	}
	moved := 0
	for i, row := range readFile(t, filepath.Join(dir, "train", "data.arrow")) {
		if string(bytesOf(t, row)) != train[i] {
			moved++
		}
	}
	if moved < len(train)*8/10 {
		t.Errorf("only %d of %d rows have another place: they are not shuffled", moved, len(train))
	}
}

// oneLine is a view of one sample, which is a line.
type oneLine struct {
	dataset.View
	form, line string
}

func (oneLine) Spec() dataset.Spec                { return dataset.Spec{Type: dataset.Text} }
func (o oneLine) Form() (name, parameters string) { return o.form, "" }
func (o oneLine) Each(_ context.Context, _ dataset.Side, f func(*dataset.Entry) error) error {
	return f(&dataset.Entry{Data: []byte(o.line)})
}

// TestForeignLines: what is no line of the form is an error that names the sample, and other forms do not fit.
func TestForeignLines(t *testing.T) {
	v := datasettest.MakeView(dataset.Spec{Rows: 1, Cols: 1}, 1, 1, nil, 1)
	good := string(lineOf([]byte("abcdef"), 0))
	export := func(form, line string) error {
		_, err := arrow.Format{}.Export(t.Context(), dataset.NewFolder(t.TempDir()), oneLine{v, form, line})
		return err
	}
	if err := export("tokens", good); err != nil {
		t.Fatal(err)
	}
	if err := export("bigrams", good); !errors.Is(err, dataset.ErrUnfit) {
		t.Errorf("another form: %v", err)
	}
	for _, line := range []string{
		"", "{", "00 11", good + " {}", strings.Replace(good, `"bytes":[`, `"bytes":[1,`, 1), strings.Replace(good, `"protocol":17`, `"protocol":70000`, 1),
		strings.Replace(good, `"protocol"`, `"proto"`, 1), strings.Replace(good, `"counts":[`, `"counts":[-1,`, 1),
	} {
		if err := export("tokens", line); err == nil || !strings.Contains(err.Error(), "sample 0 is no line of the form tokens") {
			t.Errorf("%q: %v", line, err)
		}
	}
	if _, err := (arrow.Format{}).Export(t.Context(), dataset.NewFolder(t.TempDir()), v); !errors.Is(err, dataset.ErrUnfit) {
		t.Errorf("an array: %v", err)
	}
}

// TestSchema: columns and types are those of R9.4.
func TestSchema(t *testing.T) {
	dir := t.TempDir()
	v := datasettest.MakeView(dataset.Spec{Rows: 1, Cols: 1}, 0, 1, nil, 1)
	if _, err := (exporter{}).Export(t.Context(), dataset.NewFolder(dir), v); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "train", "data.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	metadata, _, _ := message(t, raw)
	have := fmt.Sprint(schemaOf(metadata))
	const all = "[flow_duration u64 burst_tokens list<list<u16>> directions list<bool> bytes list<u32> iats list<u64> counts list<u32> protocol u16 labels utf8]"
	if have != all {
		t.Errorf("the schema is %s, want %s", have, all)
	}
}
