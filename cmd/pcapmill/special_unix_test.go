//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// copyTree copies the files below a directory.
func copyTree(t *testing.T, from string) (to string) {
	t.Helper()
	to = filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// soon runs a command and fails if it does not end: it waits for a FIFO, say.
func soon(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	done := make(chan int, 1)
	var out bytes.Buffer
	go func() { done <- run(args, &out, &out) }()
	select {
	case code := <-done:
		return code, out.String()
	case <-time.After(20 * time.Second):
		t.Fatalf("%v: does not end", args)
	}
	return 0, ""
}

// TestSpecialFiles puts links, FIFOs, devices, directories and hard links into the place of each file of a dataset. Every command
// that would open it ends at once, names it and says what it is; what is outside of the dataset is as it was.
func TestSpecialFiles(t *testing.T) {
	in := manyCaptures(t, 6, 3)
	base := filepath.Join(t.TempDir(), "data")
	begin := []string{"convert", "", "-o", base, "--drop", "none", "--format", "npz", "--split", "50/50", "--split-by", "session", "--card"}
	if paths, err := filepath.Glob(filepath.Join(in, "*")); err != nil || len(paths) < 2 {
		t.Fatal(paths, err)
	} else {
		begin[1] = paths[0]
	}
	if code, text := soon(t, begin...); code != exitDone {
		t.Fatalf("%v: status %d: %s", begin, code, text)
	}
	commands := map[string][]string{
		"convert": {"convert", in, "-o", "DIR", "--drop", "none"},
		"split":   {"split", "DIR", "--split-by", "session", "--split-salt", "another"},
		"export":  {"export", "DIR", "--format", "npz"},
		"card":    {"card", "DIR"},
		"verify":  {"verify", "DIR"},
		"inspect": {"inspect", "DIR"},
	}
	// Which commands open the file; those that only write to it refuse hard links.
	opens := map[string]string{
		"manifest.json":              "convert split export card verify inspect",
		"session_output.idx3":        "convert export card verify inspect",
		"label_output.idx1":          "convert split export card verify",
		"sample_table.bin":           "convert split export card verify",
		"splits.json":                "convert split export card verify",
		"npz/__pcapmill/export.json": "export card verify",
		"npz/dataset.npz":            "card verify",
		"README.md":                  "card",
		"SHA256SUMS":                 "card",
		".pcapmill.lock":             "convert split export card",
	}
	for name, by := range opens {
		for kind, put := range map[string]func(path, outside string) error{
			"a symbolic link": func(path, outside string) error { return os.Symlink(outside, path) },
			"a FIFO":          func(path, _ string) error { return syscall.Mkfifo(path, 0o666) },
			"a directory":     func(path, _ string) error { return os.Mkdir(path, 0o777) },
			"hard links":      func(path, outside string) error { return os.Link(outside, path) },
		} {
			if kind == "hard links" && !strings.HasSuffix(name, "x3") && !strings.HasSuffix(name, "x1") && !strings.HasSuffix(name, ".bin") && !strings.HasSuffix(name, ".lock") {
				continue // the others are replaced, not written to
			}
			dir := copyTree(t, base)
			path, outside := filepath.Join(dir, filepath.FromSlash(name)), filepath.Join(t.TempDir(), "outside")
			text, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) { // the lock
				text, err = []byte("precious"), os.WriteFile(path, nil, 0o666)
			}
			if err := errors.Join(err, os.WriteFile(outside, text, 0o666), os.Remove(path), put(path, outside)); err != nil {
				t.Fatal(err)
			}
			for command, args := range commands {
				writes := command == "convert" || strings.HasSuffix(name, ".lock")
				if !strings.Contains(by, command) || kind == "hard links" && !writes ||
					command == "card" && kind == "a directory" && name == "npz/dataset.npz" { // one more folder to list
					continue
				}
				full := make([]string, len(args))
				for i, a := range args {
					full[i] = strings.ReplaceAll(a, "DIR", dir)
				}
				code, said := soon(t, full...)
				if code != exitFailed && code != exitBehind || !strings.Contains(said, filepath.Base(path)) || !strings.Contains(said, kind) {
					t.Errorf("%s in the place of %s: %s: status %d: %s", kind, name, command, code, said)
				}
			}
			if have, err := os.ReadFile(outside); err != nil || !bytes.Equal(have, text) {
				t.Errorf("%s in the place of %s: the file outside was changed (%v)", kind, name, err)
			}
		}
	}
}

// TestEndlessFiles: a link to a file without end, and a sparse file of a terabyte, are refused before memory is taken for them.
func TestEndlessFiles(t *testing.T) {
	base := filepath.Join(t.TempDir(), "data")
	in := manyCaptures(t, 2, 3)
	if code, text := soon(t, "convert", in, "-o", base, "--drop", "none", "--format", "csv", "--split", "50/50", "--split-by", "session", "--card"); code != exitDone {
		t.Fatal(text)
	}
	for _, name := range []string{"manifest.json", "splits.json", "csv/__pcapmill/export.json", "README.md"} {
		for kind, put := range map[string]func(path string) error{
			"endless": func(path string) error { return os.Symlink("/dev/zero", path) },
			"sparse": func(path string) error {
				return errors.Join(os.WriteFile(path, nil, 0o666), os.Truncate(path, 1<<40))
			},
		} {
			dir := copyTree(t, base)
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := errors.Join(os.Remove(path), put(path)); err != nil {
				t.Skip(err)
			}
			for _, args := range [][]string{{"card", dir}, {"verify", dir}, {"convert", in, "-o", dir, "--drop", "none"}, {"split", dir, "--split-by", "session"}} {
				reads := name == "manifest.json" || args[0] == "card" || name == "splits.json" || name == "csv/__pcapmill/export.json" && args[0] == "verify"
				if code, said := soon(t, args...); reads && (code != exitFailed && code != exitBehind || !strings.Contains(said, filepath.Base(name))) {
					t.Errorf("%s %s: %v: status %d: %s", kind, name, args, code, said)
				}
			}
		}
	}
}
