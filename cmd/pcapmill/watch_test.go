package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/mill"
)

// TestWatchScan: a file is finished when it has not changed for the time to settle, once; what
// grows behind that is told once, unless nothing of it was taken; another file under its name
// is another one.
func TestWatchScan(t *testing.T) {
	dir := t.TempDir()
	clock := time.Now()
	w := &watch{dir: dir, settle: 10 * time.Second, now: func() time.Time { return clock }, seen: map[string]*arrival{}}
	path := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path(name), clock, clock); err != nil {
			t.Fatal(err)
		}
	}
	step := func(what string, d time.Duration, finished, grown []string) {
		t.Helper()
		clock = clock.Add(d)
		f, g, err := w.scan()
		if err != nil {
			t.Fatal(err)
		}
		for i := range f {
			f[i] = filepath.Base(f[i])
		}
		for i := range g {
			g[i] = filepath.Base(g[i])
		}
		if !slices.Equal(f, finished) || !slices.Equal(g, grown) {
			t.Errorf("%s: finished %q, grown %q, want %q and %q", what, f, g, finished, grown)
		}
	}
	gave := func(name string) {
		w.gave(&mill.Result{Outcomes: []mill.Outcome{{Input: &mill.Input{Path: path(name), Size: 1000}, Known: true}}})
	}
	put("a", "one")
	step("new", 0, nil, nil)
	step("not yet", 9*time.Second, nil, nil)
	put("a", "one more")
	step("it grew", 5*time.Second, nil, nil)
	step("not yet again", 9*time.Second, nil, nil)
	put("b", "two")
	step("settled", time.Second, []string{"a"}, nil)
	gave("a")
	step("taken once", 8*time.Second, nil, nil)
	step("the next", 2*time.Second, []string{"b"}, nil)
	put("a", "one more, and more")
	step("grown behind", 20*time.Second, nil, []string{"a"})
	step("told once", 20*time.Second, nil, nil)
	put("b", "two, which gave nothing")
	step("void and grown", 0, nil, nil)
	step("void and settled", 10*time.Second, []string{"b"}, nil)
	gave("b")
	put("b", "another file")
	step("another beginning", 0, nil, nil)
	step("another settled", 10*time.Second, []string{"b"}, nil)

	old := filepath.Join(dir, "sub", "old")
	if err := os.MkdirAll(filepath.Dir(old), 0o777); err != nil {
		t.Fatal(err)
	}
	put("sub/old", "old")
	clock = clock.Add(time.Hour)
	step("it was there before", 0, []string{"old"}, nil)
	put("future", "its time is ahead")
	if err := os.Chtimes(path("future"), clock.Add(time.Hour), clock.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	step("a clock ahead", 0, nil, nil)
	step("is no longer waited for", 10*time.Second, []string{"future"}, nil)
	if err := os.Remove(path("future")); err != nil {
		t.Fatal(err)
	}
	step("gone", 0, nil, nil)
	if _, ok := w.seen[path("future")]; ok {
		t.Error("a file that is gone is remembered")
	}
}
