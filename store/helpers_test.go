package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/dedup"
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

// all collects the entries of a side, their data copied.
func all(t *testing.T, v dataset.View, s dataset.Side) (got []dataset.Entry) {
	t.Helper()
	err := v.Each(context.Background(), s, func(e *dataset.Entry) error {
		c := *e
		c.Data = append([]byte(nil), e.Data...)
		got = append(got, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// form is that of samples of 1x4 bytes in two classes.
func form() store.Form {
	return store.Form{
		Settings: manifest.NewSettings(map[string]string{"length": "4", "shape": "1x4", "dedup": "none"}), Spec: dataset.Spec{Rows: 1, Cols: 4},
		Classes: []manifest.Class{{Label: 0, Name: "a"}, {Label: 1, Name: "b"}},
	}
}

// add appends a capture of n samples, of both classes in turn, and ends it. Sample i of the dataset holds i/2.
func add(w *store.Writer, n int) error {
	c := manifest.Capture{Name: fmt.Sprint("c", w.Captures()), Digest: fmt.Sprint("d", w.Captures()), Class: manifest.BySession, Label: 255}
	k := int64(n)
	c.Packets, c.Used, c.Sessions, c.Samples, c.Exact, c.OriginalBytes = k, k, k, k, k, 4*k
	b := &store.Batch{}
	counts := [2]int64{}
	for i := range k {
		at := w.Manifest().Samples + i
		data := []byte{1, byte(at / 2), 0, 0}
		b.Data = append(b.Data, data...)
		b.Labels = append(b.Labels, uint16(i%2))
		b.Rows = append(b.Rows, dataset.Row{Capture: uint32(w.Captures()), Session: uint64(i), Start: at, Original: 4, Packets: [2]uint64{1, 0}, Digest: dedup.OfSample(data)})
		counts[i%2]++
	}
	for label, n := range counts {
		if n > 0 {
			c.Labels = append(c.Labels, manifest.LabelCount{Label: uint16(label), Samples: n})
		}
	}
	if err := w.Append(b); err != nil {
		return err
	}
	return w.EndCapture(&c)
}

// written is a dataset of captures with so many samples each.
func written(t *testing.T, counts ...int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "dataset")
	w, err := store.Create(dir, form())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range counts {
		if err := add(w, n); err != nil {
			t.Fatal(w.Fail(err))
		}
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}
