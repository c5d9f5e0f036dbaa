package mill_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// large makes samples of 256 KiB, so that they reach the file before they are committed.
func large(mode sample.Dedup) choice {
	c := sessionChoice()
	c.dedup, c.shape = mode, sample.Shape{Rows: 256, Cols: 1024}
	return c
}

func several(t *testing.T, n int) []string {
	t.Helper()
	return write(t, t.TempDir(), randomFiles(random(11), n, testcap.Options{Sessions: 6, Clean: true}))
}

// TestKilledAnywhere copies the directory at every step of a run, as a kill would leave it, and between any two steps with the
// files changed in the order in which they are written. Each copy opens as a dataset of whole captures, and the same command
// completes it to the bytes of a run that was not killed. In place, samples reach the files before they are committed; else a
// kill that hits no commit leaves a dataset that needs no completing.
func TestKilledAnywhere(t *testing.T) {
	for captures, mode := range map[int]sample.Dedup{2: sample.DedupSample, 3: sample.DedupSession} {
		for how, inPlace := range map[string]bool{"in place": true, "rewriting": false} {
			t.Run(mode.String()+" "+how, func(t *testing.T) { killedAnywhere(t, captures, mode, inPlace) })
		}
	}
}

func killedAnywhere(t *testing.T, captures int, mode sample.Dedup, inPlace bool) {
	paths := several(t, captures)
	o := large(mode).options()
	whole := filepath.Join(t.TempDir(), "whole")
	convert(t, paths, whole, o)
	want := dataset(t, whole)

	p, err := mill.Prepare(paths, filepath.Join(t.TempDir(), "out"), o)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	uncommitted := 0
	check := func(where string, files map[string]string) {
		checkKilled(t, where, files, paths, o, want)
	}
	at := func(where string) {
		now := tree(t, p.Out)
		for _, state := range between(last, now) {
			check("before "+where, state)
		}
		check(where, now)
		if m, err := manifest.Parse([]byte(now["manifest.json"])); err == nil && where == "appended" {
			uncommitted += len(now[idx.ImagesName]) - 16 - int(m.Samples)*o.Shape.Length()
			if !inPlace {
				verified(t, where, p.Out)
			}
		}
		last = now
	}
	err = mill.Step(p, store.Backend{FS: watched{at: at}, InPlace: inPlace}, at)
	if err != nil {
		t.Fatal(err)
	}
	if (uncommitted > 0) != inPlace {
		t.Errorf("%d bytes reached the file before they were committed", uncommitted)
	}
	same(t, "run by steps", dataset(t, p.Out), want)
}

// watched is a disk that calls at around every rename within a dataset that exists.
type watched struct {
	fsys.OS
	at func(where string)
}

func (w watched) Rename(from, to string) error {
	if _, err := os.Stat(filepath.Join(filepath.Dir(to), manifest.Name)); err != nil {
		return w.OS.Rename(from, to)
	}
	w.at("to be renamed: " + filepath.Base(to))
	err := w.OS.Rename(from, to)
	w.at("renamed: " + filepath.Base(to))
	return err
}

// verified checks a dataset as pcapmill verify does.
func verified(t *testing.T, where, dir string) {
	t.Helper()
	if _, err := verify.Verify(dir); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
}

// between are states between two steps: the files are written one after the other, and the last one partly.
func between(last, now map[string]string) (states []map[string]string) {
	state := maps.Clone(last)
	state["."] = "/"
	for _, name := range []string{"manifest.json", idx.ImagesName, idx.LabelsName, "sample_table.bin"} {
		if name == "manifest.json" && last[name] != "" {
			continue // it is replaced last, as a whole
		}
		if n := len(last[name]); len(now[name]) > n+1 && n > 0 {
			part := maps.Clone(state)
			part[name] = last[name] + now[name][n:(n+len(now[name]))/2]
			states = append(states, part)
		}
		if now[name] != state[name] {
			state = maps.Clone(state)
			state[name] = now[name]
			states = append(states, state)
		}
	}
	return states
}

// checkKilled opens a copy and completes it.
func checkKilled(t *testing.T, where string, files map[string]string, paths []string, o mill.Options, want map[string]string) {
	t.Helper()
	dir, remove := tempDir(t)
	defer remove()
	for name, text := range files {
		if text == "/" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m, err := storetest.Load(dir)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if err := m.Check(); err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	length := int64(m.Rows * m.Cols)
	if m.Samples > 0 && (!strings.HasPrefix(want[idx.ImagesName][16:], files[idx.ImagesName][16:16+m.Samples*length]) ||
		!strings.HasPrefix(want[idx.LabelsName][8:], files[idx.LabelsName][8:8+m.Samples])) {
		t.Fatalf("%s: the %d samples of the manifest are not in the files", where, m.Samples)
	}
	convert(t, paths, dir, o)
	same(t, "completed after a kill: "+where, dataset(t, dir), want)
	verified(t, where, dir)
}

// TestInterrupted stops a run at every capture, by its context. What is left is a dataset that keeps every promise, and the
// same command completes it.
func TestInterrupted(t *testing.T) {
	paths := several(t, 4)
	o := large(sample.DedupSession).options()
	o.Workers = 2
	whole := filepath.Join(t.TempDir(), "whole")
	convert(t, paths, whole, o)
	want := dataset(t, whole)
	for stop := -1; stop < len(paths); stop++ {
		out := filepath.Join(t.TempDir(), "out")
		p, err := mill.Prepare(paths, out, o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		if stop < 0 {
			cancel()
		}
		r, err := mill.Run(ctx, p, mill.Events{Done: func(i int, _ *mill.Outcome) {
			if i == stop {
				checkKilled(t, fmt.Sprint("at the event of capture ", i), tree(t, out), paths, o, want)
				cancel()
			}
		}}, nil)
		cancel()
		if err != nil {
			t.Fatalf("stop at %d: %v", stop, err)
		}
		if done := len(r.Outcomes); r.Interrupted != (done < len(paths)) || done < stop+1 || len(r.Manifest.Captures) > done {
			t.Errorf("stop at %d: interrupted %t, %d outcomes", stop, r.Interrupted, done)
		}
		if _, err := verify.Verify(out); err != nil {
			t.Fatalf("stop at %d: %v", stop, err)
		}
		convert(t, paths, out, o)
		same(t, "completed after a stop", dataset(t, out), want)
	}
}
