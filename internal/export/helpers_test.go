package export_test

import (
	"context"
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// makeDataset writes a dataset of 2x3 samples: capture i gives counts[i] samples of
// class i. Sample n is filled with byte n.
func makeDataset(t *testing.T, counts ...int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := writeDataset(dir, counts...); err != nil {
		t.Fatal(err)
	}
	return dir
}

func exampleDataset() string {
	dir, err := os.MkdirTemp("", "export-example")
	if err == nil {
		err = writeDataset(dir, 2, 3)
	}
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

func writeDataset(dir string, counts ...int64) error {
	m := &manifest.Manifest{Format: manifest.Format, Version: manifest.Version, Rows: 2, Cols: 3}
	m.Settings = manifest.NewSettings(map[string]string{"length": "6", "shape": "2x3", "dedup": "none"})
	m.Tool = manifest.Tool{Name: "pcapmill", Version: "of the test"}
	m.Totals.LeftOut = map[string]int64{}
	w, err := idx.Format{}.Open(dir, dataset.Spec{Rows: 2, Cols: 3}, 0)
	if err != nil {
		return err
	}
	names := []string{"first", "second", "third"}
	for label, n := range counts {
		c := manifest.Capture{Name: names[label] + ".pcap", Label: uint16(label), Class: names[label], FirstSample: m.Samples}
		c.Packets, c.Used, c.Sessions, c.Samples, c.Exact, c.OriginalBytes, c.Seconds = n, n, n, n, n, 6*n, 0.5
		c.Settle()
		for range n {
			b := byte(m.Samples)
			if err := w.Append(dataset.Sample{Data: []byte{b, b, b, b, b, b}, Label: c.Label}); err != nil {
				return err
			}
			m.Samples++
		}
		m.Captures = append(m.Captures, c)
		m.Classes = append(m.Classes, manifest.Class{Label: c.Label, Name: c.Class, Samples: n})
		m.Totals.Add(&c.Counts)
	}
	return errors.Join(w.Commit(), w.Close(), storetest.Write(dir, m))
}

func open(t *testing.T, dir string) *store.View {
	t.Helper()
	v, err := openView(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// fake is an exporter of two files, the second in a folder.
type fake struct {
	text string
	err  error            // instead of the second file
	do   func(dir string) // before it
}

func (fake) Name() string { return "fake" }

func (x fake) Export(_ context.Context, to dataset.Folder, v dataset.View) ([]dataset.File, error) {
	a, err := to.Write("a.txt", []byte(x.text))
	if err != nil {
		return nil, err
	}
	if x.do != nil {
		x.do(to.Path(""))
	}
	if x.err != nil {
		return nil, x.err
	}
	b, err := to.Write("sub/b.txt", []byte(v.Spec().String()))
	return []dataset.File{a, b}, err
}

// tree lists the files and folders below dir.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, e := filepath.Rel(dir, path)
		if rel != "." {
			if d.IsDir() {
				rel += "/"
			}
			names = append(names, filepath.ToSlash(rel))
		}
		return errors.Join(err, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func content(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func openView(dir string) (*store.View, error) {
	d, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	return d.View()
}
