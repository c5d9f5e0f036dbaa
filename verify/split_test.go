package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// TestSplitIsChecked: a split dataset is whole, and every lie about its split is found.
func TestSplitIsChecked(t *testing.T) {
	dir, files := build(t, sample.DedupSession)
	o := split.Options{Weights: split.Weights{2, 1, 1}, By: split.Session, Salt: split.DefaultSalt, Fallback: split.UseSession, MaxPerClass: 2}
	if _, err := store.Divide(context.Background(), dir, o, false); err != nil {
		t.Fatal(err)
	}
	v, err := verify.Verify(dir)
	if err != nil || len(v.Promises) != 7 {
		t.Fatalf("%v, %+v", err, v)
	}
	for _, name := range []string{split.Name, manifest.Name} {
		if files[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	// edit changes the record, and the summary in the manifest with it.
	edit := func(f func(r *split.Record)) func() {
		return func() {
			r, err1 := split.Parse(files[split.Name])
			m, err2 := manifest.Parse(files[manifest.Name])
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			f(r)
			text, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, split.Name, text)
			m.Split = store.Summary(r, text)
			if err := storetest.Write(dir, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, damage := range map[string]func(){
		"record gone":      func() { remove(dir, split.Name)(t) },
		"summary gone":     func() { summary(t, dir, func(m *manifest.Manifest) { m.Split = nil }) },
		"summary's counts": func() { summary(t, dir, func(m *manifest.Manifest) { m.Split.Sides.Train--; m.Split.Sides.Test++ }) },
		"another record":   func() { write(t, dir, split.Name, append([]byte(" "), files[split.Name]...)) },
		"no record":        func() { write(t, dir, split.Name, []byte("{}")) },
		"two sides swapped": edit(func(r *split.Record) {
			b := []byte(r.Assignment)
			i, k := strings.IndexByte(r.Assignment, '0'), strings.IndexByte(r.Assignment, '2')
			b[i], b[k] = b[k], b[i]
			r.Assignment = string(b)
		}),
		"left out for train": edit(func(r *split.Record) { r.Assignment = strings.Replace(r.Assignment, "-", "0", 1) }),
		"a class's way":      edit(func(r *split.Record) { r.Classes[0].By = "capture" }),
		"a class's counts":   edit(func(r *split.Record) { r.Classes[0].Samples.Train-- }),
		"a proof":            edit(func(r *split.Record) { r.Proof.Captures = 0 }),
		"the salt":           edit(func(r *split.Record) { r.Settings.Salt = "other" }),
		"a sample short":     edit(func(r *split.Record) { r.Samples--; r.Assignment = r.Assignment[1:]; r.Sides.Train-- }),
		"how one came there": edit(func(r *split.Record) { r.How = "t" + r.How[1:] }),
		"a round":            edit(func(r *split.Record) { r.Rounds = []int64{1, r.Samples} }),
		"the method":         edit(func(r *split.Record) { r.Version, r.Settings.Method, r.How, r.Rounds = 1, "", "", nil }),
	} {
		put(t, dir, files)
		damage()
		var broken *verify.BrokenError
		if _, err := verify.Verify(dir); !errors.As(err, &broken) {
			t.Errorf("%s: error %v, want *verify.BrokenError", name, err)
		}
	}
}

// summary changes the manifest.
func summary(t *testing.T, dir string, f func(m *manifest.Manifest)) {
	t.Helper()
	m, err := storetest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	f(m)
	if err := storetest.Write(dir, m); err != nil {
		t.Fatal(err)
	}
}
