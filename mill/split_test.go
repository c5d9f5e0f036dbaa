package mill_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// TestSplitAndAppend: a split is a function of the dataset; adding captures moves nothing, goes by what is recorded, and until
// the added samples are divided nobody takes the split for whole.
func TestSplitAndAppend(t *testing.T) {
	dir := t.TempDir()
	files := randomFiles(random(3), 12, testcap.Options{Sessions: 20})
	paths := write(t, dir, files)
	c := defaultChoice()
	c.dedup = sample.DedupSession
	o := split.Options{Weights: split.Weights{80, 10, 10}, Salt: split.DefaultSalt, Fallback: split.UseSession}
	divide := func(out string, anew bool) *store.Divided {
		t.Helper()
		r, err := store.Divide(context.Background(), out, o, anew)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := verify.Verify(out); err != nil {
			t.Error(err)
		}
		return r
	}
	out := filepath.Join(dir, "out")
	convert(t, paths[:7], out, c.options())
	first := divide(out, false)
	before := tree(t, out)
	if again := divide(out, false); again.Moved != 0 || again.Earlier != first.Record.Samples {
		t.Errorf("again: %+v", again)
	}
	same(t, "split again", tree(t, out), before)

	r := convert(t, paths[7:], out, c.options())
	d, err := store.Open(out)
	if err != nil || d.Len() != r.Manifest.Samples {
		t.Fatal(err)
	}
	if _, err := d.Split(); err == nil || !strings.Contains(err.Error(), "covers") {
		t.Errorf("samples were added: error %v", err)
	}
	var broken *verify.BrokenError
	if _, err := verify.Verify(out); !errors.As(err, &broken) {
		t.Errorf("samples were added: error %v", err)
	}
	second := divide(out, false)
	if second.Moved != 0 || !strings.HasPrefix(second.Record.Assignment, first.Record.Assignment) || second.Record.Samples <= first.Record.Samples {
		t.Errorf("%d samples moved", second.Moved)
	}

	// Other options are refused for what is added, and followed when they are asked for.
	o.Weights, o.By = split.Weights{50, 0, 50}, split.Session
	var other *store.SplitSettingsError
	if err := store.CheckSplit(out, o); !errors.As(err, &other) || len(other.Lines) != 2 {
		t.Errorf("another split: error %v", err)
	}
	if third := divide(out, false); third.Moved == 0 {
		t.Error("nothing moved")
	}
	if have, ok, err := store.SplitOf(out); err != nil || !ok || have != o {
		t.Errorf("split is %+v, %t, %v; want %+v", have, ok, err, o)
	}
	m, err := storetest.Load(out)
	if err != nil || m.Split == nil || m.Split.By != "session" || m.Split.Samples != m.Samples {
		t.Errorf("manifest says %+v, %v", m.Split, err)
	}
}

// TestSplitRefuses: what cannot be divided, or is in use, is as it was.
func TestSplitRefuses(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	if _, err := store.Divide(context.Background(), dir, split.Options{Weights: split.Weights{1, 0, 1}, Salt: "x"}, false); !errors.Is(err, store.ErrNone) {
		t.Errorf("no dataset: error %v", err)
	}
	convert(t, write(t, dir, randomFiles(random(4), 1, testcap.Options{Sessions: 20})), out, defaultChoice().options())
	before := tree(t, out)
	var unsplit *split.UnsplitError
	if _, err := store.Divide(context.Background(), out, split.Options{Weights: split.Weights{1, 0, 1}, Salt: "x"}, false); !errors.As(err, &unsplit) {
		t.Errorf("one capture: error %v", err)
	}
	if _, err := store.Divide(context.Background(), out, split.Options{Weights: split.Weights{1, 0, 1}, Salt: "x", By: split.Host}, false); !errors.Is(err, split.ErrNoHosts) {
		t.Errorf("no key: error %v", err)
	}
	same(t, "after refusals", tree(t, out), before)
	if err := os.Truncate(filepath.Join(out, idx.LabelsName), 8); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Divide(context.Background(), out, split.Options{Weights: split.Weights{1, 0, 0}, Salt: "x"}, false); err == nil {
		t.Error("a dataset without labels was divided")
	}
}
