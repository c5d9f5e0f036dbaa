package text_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/text"
	"github.com/pcapmill/pcapmill/internal/datasettest"
	"github.com/pcapmill/pcapmill/internal/testview"
)

// words is a view whose samples are the bytes of another one's in hexadecimal.
type words struct{ dataset.View }

func (words) Spec() dataset.Spec { return dataset.Spec{Type: dataset.Text} }

func (w words) Each(ctx context.Context, s dataset.Side, f func(*dataset.Entry) error) error {
	return w.View.Each(ctx, s, func(e *dataset.Entry) error {
		c := *e
		c.Data = hex.AppendEncode(nil, e.Data)
		return f(&c)
	})
}

// exporter exports them.
type exporter struct{ dataset.Exporter }

func (x exporter) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	return x.Exporter.Export(ctx, dir, words{v})
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		all = append(all, in.Text())
	}
	if in.Err() != nil {
		t.Fatal(in.Err())
	}
	return all
}

func item(t *testing.T, text, label string, v dataset.View) datasettest.Item {
	t.Helper()
	data, err1 := hex.DecodeString(text)
	n, err2 := strconv.Atoi(label)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if n == -1 {
		n = v.Unknown()
	}
	return datasettest.Item{Data: data, Label: n}
}

func TestTSV(t *testing.T) {
	read := func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
		all := map[dataset.Side][]datasettest.Item{}
		for _, s := range v.Sides() {
			name := map[dataset.Side]string{dataset.Whole: "train", dataset.Train: "train", dataset.Validation: "valid", dataset.Test: "test"}[s]
			rows := lines(t, filepath.Join(dir, name+"_dataset.tsv"))
			if rows[0] != "label\ttext_a" {
				t.Fatalf("first line %q", rows[0])
			}
			all[s] = []datasettest.Item{}
			for _, row := range rows[1:] {
				label, words, _ := strings.Cut(row, "\t")
				all[s] = append(all[s], item(t, words, label, v))
			}
			if s == dataset.Test {
				bare := lines(t, filepath.Join(dir, "nolabel_test_dataset.tsv"))
				if len(bare) != len(rows) || bare[0] != "text_a" {
					t.Fatalf("%d lines without labels, %d with", len(bare), len(rows))
				}
			}
		}
		return all
	}
	datasettest.RunExporter(t, func() dataset.Exporter { return exporter{text.TSV{}} }, read, true)
}

func TestJSON(t *testing.T) {
	read := func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
		all := map[dataset.Side][]datasettest.Item{}
		for _, s := range v.Sides() {
			name := s.String()
			if s == dataset.Whole {
				name = "train"
			}
			all[s] = []datasettest.Item{}
			for _, line := range lines(t, filepath.Join(dir, name+".jsonl")) {
				var row struct {
					Index, Label int
					Class, Text  string
				}
				if err := json.Unmarshal([]byte(line), &row); err != nil {
					t.Fatal(err)
				}
				one := item(t, row.Text, strconv.Itoa(row.Label), v)
				// A byte that is no character is a replacement character each, as a conversion to runes has it.
				if row.Class != string([]rune(dataset.ClassName(v, one.Label))) {
					t.Fatalf("class %q of label %d", row.Class, one.Label)
				}
				all[s] = append(all[s], one)
			}
		}
		return all
	}
	datasettest.RunExporter(t, func() dataset.Exporter { return exporter{text.JSON{}} }, read, true)
}

// fixed is a view of one line.
type fixed struct {
	*testview.View
	line string
}

func (fixed) Spec() dataset.Spec { return dataset.Spec{Type: dataset.Text} }

func (x fixed) Each(_ context.Context, _ dataset.Side, f func(*dataset.Entry) error) error {
	return f(&dataset.Entry{Data: []byte(x.line), Label: 1})
}

// TestGolden: the bytes, as ET-BERT's loader and JSON readers have them.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		x          dataset.Exporter
		line, want string
	}{
		{text.TSV{}, "4500 0028 ", "label\ttext_a\r\n1\t4500 0028 \r\n"},
		{text.JSON{}, "4500 0028", `{"index":0,"label":1,"class":"VPN, \"Chat\"","text":"4500 0028"}` + "\n"},
		{text.JSON{}, `{"bytes":[3],"protocol":6}`, `{"index":0,"label":1,"class":"VPN, \"Chat\"","bytes":[3],"protocol":6}` + "\n"},
		{text.TSV{}, "a\tb", ""},
		{text.TSV{}, "a\rb", ""},
	} {
		dir := t.TempDir()
		files, err := c.x.Export(context.Background(), dataset.NewFolder(dir), fixed{testview.New(1), c.line})
		if c.want == "" {
			if err == nil {
				t.Errorf("%s takes %q", c.x.Name(), c.line)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, files[0].Name))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q (%v), want %q", files[0].Name, got, err, c.want)
		}
	}
	for _, x := range []dataset.Exporter{text.TSV{}, text.JSON{}} {
		if _, err := x.Export(context.Background(), dataset.NewFolder(t.TempDir()), testview.New(3)); !errors.Is(err, dataset.ErrUnfit) {
			t.Errorf("%s takes arrays: %v", x.Name(), err)
		}
	}
}
