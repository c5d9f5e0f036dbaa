package mill_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// TestWideLabels: with more than 255 classes labels take four bytes, unknown is 65535, A then B is AB, and another table is
// refused.
func TestWideLabels(t *testing.T) {
	c := defaultChoice()
	c.wide = true
	files := randomFiles(random(7), 6, testcap.Options{Sessions: 12})
	files = append(files, file{name: "odd.cap", raw: randomFiles(random(8), 1, testcap.Options{Sessions: 5})[0].raw})
	dir := t.TempDir()
	paths := write(t, dir, files)
	once, twice := filepath.Join(dir, "once"), filepath.Join(dir, "twice")
	convert(t, paths, once, c.options())
	convert(t, paths[:3], twice, c.options())
	r := convert(t, paths[3:], twice, c.options())
	same(t, "in two runs", dataset(t, twice), dataset(t, once))
	if _, err := verify.Verify(once); err != nil {
		t.Error(err)
	}
	m := r.Manifest
	last := m.Classes[len(m.Classes)-1]
	if m.LabelType != manifest.LabelInt32 || last.Name != "unknown" || last.Label != 65535 || last.Samples == 0 {
		t.Errorf("label type %q, last class %+v", m.LabelType, last)
	}

	c.wide = false
	p, err := mill.Prepare(paths, once, c.options())
	if err != nil {
		t.Fatal(err)
	}
	var settings *store.SettingsError
	if _, err := mill.Run(t.Context(), p, mill.Events{}, nil); !errors.As(err, &settings) {
		t.Errorf("four classes after 300: error %v, want *store.SettingsError", err)
	}

	// A dataset whose labels have another type than its manifest says is broken.
	labels := filepath.Join(once, idx.LabelsName)
	b, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	b[2] = byte(idx.Float32) // of the same size
	if err := os.WriteFile(labels, b, 0o666); err != nil {
		t.Fatal(err)
	}
	var broken *verify.BrokenError
	if _, err := verify.Verify(once); !errors.As(err, &broken) {
		t.Errorf("labels of another type: error %v", err)
	}
}
