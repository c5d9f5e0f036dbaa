package mill_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// sessionChoice keeps every file that a dataset can have.
func sessionChoice() choice {
	c := defaultChoice()
	c.dedup, c.drop = sample.DedupSession, header.DropNone
	return c
}

// some are n captures, and made is a dataset of the first two.
func some(t *testing.T, n int, o mill.Options) (paths []string, made string) {
	t.Helper()
	r := random(7)
	var files []file
	for i := range n {
		traffic := testcap.Random(r, testcap.Options{Sessions: 6, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
		raw, _ := traffic.Capture(r)
		files = append(files, file{fmt.Sprintf("%d_class%d", i, i%3), uint16(i % 3), raw})
	}
	paths = write(t, t.TempDir(), files)
	made = filepath.Join(t.TempDir(), "made")
	convert(t, paths[:2], made, o)
	return paths, made
}

func TestOtherSettingsAreRefused(t *testing.T) {
	c := sessionChoice()
	c.mask.IP, c.key = mask.Anonymize, []byte("a")
	paths, made := some(t, 3, c.options())
	before := tree(t, made)
	for name, change := range map[string]func(*mill.Options){
		"--length":    func(o *mill.Options) { o.Shape = sample.Shape{Rows: 1, Cols: 9} },
		"--shape":     func(o *mill.Options) { o.Shape = sample.Shape{Rows: 1, Cols: 784} },
		"--content":   func(o *mill.Options) { o.Mask.Content = mask.Payload },
		"--mac":       func(o *mill.Options) { o.Mask.MAC = mask.Zero },
		"--ip":        func(o *mill.Options) { o.Mask.IP = mask.Remove },
		"--ports":     func(o *mill.Options) { o.Mask.Ports = mask.Keep },
		"--checksums": func(o *mill.Options) { o.Mask.Checksums = mask.Keep },
		"--udp-pad":   func(o *mill.Options) { o.Mask.UDPPad = true },
		"--key-file":  func(o *mill.Options) { o.Key = []byte("b") },
		"--drop":      func(o *mill.Options) { o.Drop = header.DropDNS },
		"--dedup":     func(o *mill.Options) { o.Dedup = sample.DedupNone },
		"--labels":    func(o *mill.Options) { o.Labels.Classes[3].Keywords = []string{"another"} },
	} {
		o := c.options()
		change(&o)
		p, err := mill.Prepare(paths, made, o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = mill.Run(context.Background(), p, mill.Events{}, nil)
		var settings *store.SettingsError
		if !errors.As(err, &settings) || !strings.Contains(strings.Join(settings.Lines, "\n"), name+":") {
			t.Errorf("%s: %v", name, err)
		}
		same(t, name, tree(t, made), before)
	}
	same(t, "made", tree(t, made), before)
	convert(t, paths, made, c.options()) // the same ones are accepted
}

// TestFailedRunLeavesAllAsItWas damages a dataset, or puts something else in its place, and runs.
func TestFailedRunLeavesAllAsItWas(t *testing.T) {
	c := sessionChoice()
	paths, made := some(t, 3, c.options())
	in := func(name string) string { return filepath.Join(made, name) }
	for name, damage := range map[string]func() error{
		"images shorter": func() error { return os.Truncate(in("session_output.idx3"), 1000) },
		"labels shorter": func() error { return os.Truncate(in("label_output.idx1"), 9) },
		"table shorter":  func() error { return os.Truncate(in("sample_table.bin"), 16) },
		"images gone":    func() error { return os.Remove(in("session_output.idx3")) },
		"labels gone":    func() error { return os.Remove(in("label_output.idx1")) },
		"table gone":     func() error { return os.Remove(in("sample_table.bin")) },
		"table a directory": func() error {
			return errors.Join(os.Remove(in("sample_table.bin")), os.Mkdir(in("sample_table.bin"), 0o777))
		},
		"labels a directory": func() error {
			return errors.Join(os.Remove(in("label_output.idx1")), os.Mkdir(in("label_output.idx1"), 0o777))
		},
		"images of others":    func() error { return os.WriteFile(in("session_output.idx3"), bytes.Repeat([]byte("x"), 1e6), 0o666) },
		"manifest gone":       func() error { return os.Remove(in("manifest.json")) },
		"manifest and labels": func() error { return errors.Join(os.Remove(in("manifest.json")), os.Remove(in("label_output.idx1"))) },
		"only the table": func() error {
			return errors.Join(os.Remove(in("manifest.json")), os.Remove(in("label_output.idx1")), os.Remove(in("session_output.idx3")))
		},
		"manifest of others":    func() error { return os.WriteFile(in("manifest.json"), []byte(`{"name": "an app"}`), 0o666) },
		"manifest no JSON":      func() error { return os.WriteFile(in("manifest.json"), []byte("text"), 0o666) },
		"manifest a directory":  func() error { return errors.Join(os.Remove(in("manifest.json")), os.Mkdir(in("manifest.json"), 0o777)) },
		"manifest of a newer":   func() error { return replace(in("manifest.json"), `"version": 1,`, `"version": 2,`) },
		"manifest with a field": func() error { return replace(in("manifest.json"), `"rows"`, `"ruws"`) },
	} {
		whole := tree(t, made)
		if err := damage(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		mustFail(t, name, made, paths, c.options())
		if err := errors.Join(os.RemoveAll(made), os.Mkdir(made, 0o777)); err != nil {
			t.Fatal(err)
		}
		for file, text := range whole {
			if text != "/" {
				if err := os.WriteFile(in(file), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// mustFail runs into dir and compares it with what it was.
func mustFail(t *testing.T, name, dir string, paths []string, o mill.Options) {
	t.Helper()
	before := tree(t, dir)
	p, err := mill.Prepare(paths, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err == nil {
		t.Fatalf("%s: the run succeeded", name)
	}
	same(t, name, tree(t, dir), before)
}

func replace(path, old, new string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte(old)) {
		return fmt.Errorf("%s: no %s", path, old)
	}
	return os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(new), 1), 0o666)
}

// stepFailing is mill.Step on a disk that fails once, at the manifest of commit n, after it has shown the samples.
func stepFailing(p *mill.Plan, n int, failure error) error {
	return mill.Step(p, store.Backend{FS: &fullOnce{left: n, err: failure}}, func(string) {})
}

// fullOnce is a disk on which the manifest is renamed so often, and then once is not.
type fullOnce struct {
	fsys.OS
	left int
	err  error
}

func (f *fullOnce) Rename(from, to string) error {
	if filepath.Base(to) == manifest.Name {
		if f.left--; f.left == -1 {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: f.err}
		}
	}
	return f.OS.Rename(from, to)
}

// TestFailedFirstRunLeavesNothing: also not the directories that it made.
func TestFailedFirstRunLeavesNothing(t *testing.T) {
	o := sessionChoice().options()
	paths, _ := some(t, 2, o)
	dir := t.TempDir()
	out := filepath.Join(dir, "a", "b", "out")
	for i := range paths {
		p, err := mill.Prepare(paths, out, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := stepFailing(p, i, fs.ErrPermission); !errors.Is(err, fs.ErrPermission) {
			t.Fatal(err)
		}
		same(t, "failed first run", tree(t, dir), map[string]string{".": "/"})
	}
	p, err := mill.Prepare(paths, out, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil { // they vanish between plan and run
			t.Fatal(err)
		}
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err == nil {
		t.Fatal("no capture could be read, and the run succeeded")
	}
	same(t, "no capture left", tree(t, dir), map[string]string{".": "/"})
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	p.Out = filepath.Join(file, "out")
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err == nil {
		t.Fatal("a directory was made below a file")
	}
}

// TestFailureAfterCommits: whatever was committed before the failure, the dataset goes back to what it was before the run.
func TestFailureAfterCommits(t *testing.T) {
	o := sessionChoice().options()
	paths, made := some(t, 5, o)
	// The text of a manifest is not always what this version would write.
	if err := replace(filepath.Join(made, "manifest.json"), "{\n", "{\n\n"); err != nil {
		t.Fatal(err)
	}
	before := tree(t, made)
	for n := range 3 { // two of the five are in it
		p, err := mill.Prepare(paths, made, o)
		if err != nil {
			t.Fatal(err)
		}
		failure := errors.New("disk full")
		if err := stepFailing(p, n, failure); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("failure after %d commits", n), tree(t, made), before)
		if _, err := verify.Verify(made); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoPermission needs a user who can be refused something.
func TestNoPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	o := sessionChoice().options()
	paths, made := some(t, 3, o)
	for _, name := range []string{".", "session_output.idx3", "label_output.idx1", "sample_table.bin"} {
		path := filepath.Join(made, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, info.Mode()&^0o222); err != nil {
			t.Fatal(err)
		}
		mustFail(t, name+" read-only", made, paths, o)
		if err := os.Chmod(path, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLockedDirectory: two runs into one directory at once would mix.
func TestLockedDirectory(t *testing.T) {
	o := sessionChoice().options()
	paths, made := some(t, 3, o)
	lock, err := store.Lock(made)
	if err != nil {
		t.Fatal(err)
	}
	mustFail(t, "locked", made, paths, o)
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	convert(t, paths, made, o)
}

// TestUnreadableCaptureAmongOthers: what can be read is kept, and the outcome names the rest.
func TestUnreadableCaptureAmongOthers(t *testing.T) {
	o := sessionChoice().options()
	paths, _ := some(t, 3, o)
	p, err := mill.Prepare(paths, filepath.Join(t.TempDir(), "out"), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(paths[1]); err != nil {
		t.Fatal(err)
	}
	r := run(t, p)
	if !errors.Is(r.Outcomes[1].Err, fs.ErrNotExist) || !strings.Contains(r.Outcomes[1].Err.Error(), paths[1]) || !r.Damaged() {
		t.Errorf("the vanished capture: %v", r.Outcomes[1].Err)
	}
	if r.Outcomes[0].Err != nil || r.Outcomes[2].Err != nil || len(r.Manifest.Captures) != 2 {
		t.Errorf("the others: %+v", r.Outcomes)
	}
	if _, err := verify.Verify(p.Out); err != nil {
		t.Error(err)
	}
}

// TestNoPathInManifest: the system's errors name files of this machine.
func TestNoPathInManifest(t *testing.T) {
	d := &capture.Damage{Kind: capture.ErrUnreadable, Err: &fs.PathError{Op: "read", Path: "/home/me/x", Err: errors.New("input/output error")}}
	d.Detail = d.Err.Error()
	if have := mill.DescribeDamage(d); have != "read: input/output error" {
		t.Errorf("detail %q", have)
	}
	if have := mill.DescribeDamage(&capture.Damage{Kind: capture.ErrTruncated, Detail: "cut"}); have != "cut" {
		t.Errorf("detail %q", have)
	}
}
