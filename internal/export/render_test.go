package export_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/png"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

func render(t *testing.T, v *store.View, into, text string) *export.Rendered {
	t.Helper()
	r, err := export.Render(context.Background(), v, export.Job{Exporter: fake{text: text}, Options: map[string]string{"level": "9"}}, into)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var whole = []string{"fake/", "fake/__pcapmill/", "fake/__pcapmill/export.json", "fake/a.txt", "fake/sub/", "fake/sub/b.txt"}

func TestRender(t *testing.T) {
	v := open(t, makeDataset(t, 2, 1))
	into := t.TempDir()
	r := render(t, v, into, "one")
	if r.Dir != filepath.Join(into, "fake") || r.Files != 2 || r.Bytes != 6 || r.Record.Samples != 3 {
		t.Errorf("%+v", r)
	}
	if have := tree(t, into); !slices.Equal(have, whole) {
		t.Errorf("files %q, want %q", have, whole)
	}
	record, err := export.Read(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	print, err := export.FingerprintOf(v)
	if err != nil || record.Fingerprint != print || len(print) != 64 || record.Name != "fake" || record.Options["level"] != "9" ||
		record.Samples != 3 || !slices.Equal(record.Sides, []export.SideCount{{Side: "all", Samples: 3}}) {
		t.Errorf("%+v, %v; the view is %s", record, err, print)
	}
	var files []export.File
	if err := export.EachFile(r.Dir, func(f export.File) error { files = append(files, f); return nil }); err != nil {
		t.Fatal(err)
	}
	// SHA-256 of "one" and of "2x3", by sha256sum
	want := []export.File{
		{Name: "a.txt", Size: 3, SHA256: "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"},
		{Name: "sub/b.txt", Size: 3, SHA256: "be67a0e89ed11fe1ce8ec7b5d5b1a76ffbe50c2d42f85a60d5df401a22fd3485"},
	}
	if !slices.Equal(files, want) {
		t.Errorf("files %v, want %v", files, want)
	}
	if err := export.Verify(context.Background(), r.Dir, 2); err != nil {
		t.Error(err)
	}
	var plain map[string]any // for readers other than ours
	if err := json.Unmarshal([]byte(content(t, r.Dir, export.RecordName)), &plain); err != nil || len(plain["files"].([]any)) != 2 {
		t.Errorf("%v %v", plain, err)
	}
}

// TestRenderReplaces: the old export goes as a whole.
func TestRenderReplaces(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	into := t.TempDir()
	if err := os.Mkdir(filepath.Join(into, "fake"), 0o777); err != nil { // empty: nothing is lost
		t.Fatal(err)
	}
	render(t, v, into, "one")
	render(t, v, into, "two")
	if have := tree(t, into); !slices.Equal(have, whole) || content(t, into, "fake", "a.txt") != "two" {
		t.Errorf("files %q", have)
	}
}

// twoRenames is a disk that cannot exchange folders. The rename with the number fail fails.
type twoRenames struct {
	fsys.OS
	renames, fail int
}

func (*twoRenames) Exchange(_, _ string) (bool, error) { return false, nil }

func (d *twoRenames) Rename(from, to string) error {
	if d.renames++; d.renames == d.fail {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EIO}
	}
	return d.OS.Rename(from, to)
}

// TestRenderByTwoRenames is what systems do that cannot exchange folders.
func TestRenderByTwoRenames(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	into := t.TempDir()
	render(t, v, into, "one")
	job := export.Job{Exporter: fake{text: "two"}}
	for n := 1; n <= 4; n++ { // that over the old one, which is refused; the two; none
		_, err := export.RenderIn(context.Background(), &twoRenames{fail: n}, v, job, into)
		text := "one"
		if n == 1 || n == 4 {
			text = "two"
		}
		if have := tree(t, into); (err == nil) != (text == "two") || !slices.Equal(have, whole) || content(t, into, "fake", "a.txt") != text {
			t.Errorf("rename %d fails: error %v, files %q", n, err, have)
		}
		if text == "two" {
			render(t, v, into, "one")
		}
	}
}

// TestRenderAfterKill: what killed runs leave is removed, and an old export that they
// had put aside comes back.
func TestRenderAfterKill(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	into := t.TempDir()
	render(t, v, into, "one")
	if err := errors.Join(
		os.Rename(filepath.Join(into, "fake"), filepath.Join(into, ".fake.old")),
		os.MkdirAll(filepath.Join(into, ".fake.new", "half"), 0o777),
	); err != nil {
		t.Fatal(err)
	}
	if _, err := export.Render(context.Background(), v, export.Job{Exporter: fake{err: errors.New("again")}}, into); err == nil {
		t.Fatal("no error")
	}
	if have := tree(t, into); !slices.Equal(have, whole) || content(t, into, "fake", "a.txt") != "one" {
		t.Errorf("files %q", have)
	}
	if err := os.CopyFS(filepath.Join(into, ".fake.old"), os.DirFS(filepath.Join(into, "fake"))); err != nil {
		t.Fatal(err)
	}
	render(t, v, into, "two")
	if have := tree(t, into); !slices.Equal(have, whole) || content(t, into, "fake", "a.txt") != "two" {
		t.Errorf("files %q", have)
	}
}

// TestRenderFails: nothing of a rendering that failed is visible, and what was there
// before is there still.
func TestRenderFails(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	var ctx context.Context
	var stop context.CancelFunc
	for name, test := range map[string]struct {
		x    fake
		want string
	}{
		"exporter":          {fake{err: dataset.ErrUnfit}, dataset.ErrUnfit.Error()},
		"full disk":         {fake{do: func(dir string) { _ = os.WriteFile(filepath.Join(dir, "sub"), nil, 0o666) }}, "sub"},
		"cut behind it":     {fake{text: "long", do: func(dir string) { _ = os.Truncate(filepath.Join(dir, "a.txt"), 2) }}, "2 bytes, but 4 were written"},
		"removed behind it": {fake{do: func(dir string) { _ = os.Remove(filepath.Join(dir, "a.txt")) }}, "a.txt"},
		"no room for record": {fake{do: func(dir string) {
			_ = os.MkdirAll(filepath.Join(dir, export.RecordName), 0o777)
		}}, export.RecordName},
		"interrupted": {fake{do: func(string) { stop() }}, context.Canceled.Error()},
	} {
		into := t.TempDir()
		for _, before := range [][]string{nil, whole} {
			if before != nil {
				render(t, v, into, "one")
			}
			ctx, stop = context.WithCancel(context.Background())
			_, err := export.Render(ctx, v, export.Job{Exporter: test.x}, into)
			stop()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error %v, want %q", name, err, test.want)
			}
			if have := tree(t, into); !slices.Equal(have, before) {
				t.Errorf("%s: files %q, want %q", name, have, before)
			}
		}
		if content(t, into, "fake", "a.txt") != "one" || export.Verify(context.Background(), filepath.Join(into, "fake"), 0) != nil {
			t.Errorf("%s: the old export was changed", name)
		}
	}
}

// TestRenderRefuses: what we did not make is not removed.
func TestRenderRefuses(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	for name, prepare := range map[string]func(dir string) error{
		"a file":           func(dir string) error { return os.WriteFile(dir, nil, 0o666) },
		"a link":           func(dir string) error { return os.Symlink(os.TempDir(), dir) },
		"a foreign folder": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "photos"), 0o777) },
		"a further file": func(dir string) error {
			render(t, v, filepath.Dir(dir), "one")
			return os.WriteFile(filepath.Join(dir, "sub", "mine"), nil, 0o666)
		},
		"another format": func(dir string) error {
			return writeRecord(dir, `{"format": "pcapmill export", "version": 1, "name": "npz", "files": []}`)
		},
		"a broken record": func(dir string) error { return writeRecord(dir, `{"format": "pcapmill export"`) },
		"a foreign record": func(dir string) error {
			return writeRecord(dir, `{"format": "something", "name": "fake", "files": []}`)
		},
		"a higher version": func(dir string) error {
			return writeRecord(dir, `{"format": "pcapmill export", "version": 2, "name": "fake", "files": []}`)
		},
		"a path to outside": func(dir string) error {
			return writeRecord(dir, `{"format": "pcapmill export", "version": 1, "name": "fake", "files": [{"name": "../x"}]}`)
		},
		"a list": func(dir string) error { return writeRecord(dir, `[1, 2]`) },
	} {
		into := t.TempDir()
		if err := prepare(filepath.Join(into, "fake")); err != nil {
			t.Fatal(err)
		}
		before := tree(t, into)
		_, err := export.Render(context.Background(), v, export.Job{Exporter: fake{text: "two"}}, into)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(into, "fake")) {
			t.Errorf("%s: error %v", name, err)
		}
		if have := tree(t, into); !slices.Equal(have, before) {
			t.Errorf("%s: files %q, were %q", name, have, before)
		}
	}
}

func writeRecord(dir, text string) error {
	return errors.Join(os.MkdirAll(filepath.Join(dir, dataset.AsideFolder), 0o777), os.WriteFile(filepath.Join(dir, export.RecordName), []byte(text), 0o666))
}

// TestRenderManyFiles: so many that the file system is synced and not each file.
func TestRenderManyFiles(t *testing.T) {
	v := open(t, makeDataset(t, 100, 50))
	into := t.TempDir()
	r, err := export.Render(context.Background(), v, export.Job{Exporter: png.Format{}}, into)
	if err != nil || r.Files != 151 {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := export.Verify(context.Background(), r.Dir, 2); err != nil {
		t.Error(err)
	}
}

func TestFingerprint(t *testing.T) {
	load := func(dir string) *manifest.Manifest {
		m, err := storetest.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	print := func(m *manifest.Manifest, split string) string {
		p, err := export.Fingerprint(m, split)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	m := load(makeDataset(t, 2, 1))
	first := print(m, "")
	m.Tool.Version, m.Totals.Seconds, m.Captures[0].Seconds = "another", 7, 8
	if print(m, "") != first {
		t.Error("tool or time change it")
	}
	if m.Captures[0].Seconds != 8 || m.Tool.Version != "another" {
		t.Error("it changed the manifest")
	}
	m.Captures[0].SamplesDigest = "x"
	for what, other := range map[string]string{
		"a sample": print(m, ""), "a capture": print(load(makeDataset(t, 2, 1, 1)), ""), "the split": print(load(makeDataset(t, 2, 1)), "by capture"),
	} {
		if other == first {
			t.Errorf("%s does not change it", what)
		}
	}
}

func TestFind(t *testing.T) {
	dir := makeDataset(t, 2)
	v := open(t, dir)
	render(t, v, dir, "one")
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "photos"), 0o777),
		os.CopyFS(filepath.Join(dir, ".fake.old"), os.DirFS(filepath.Join(dir, "fake"))),
		writeRecord(filepath.Join(dir, "broken"), "{"),
	); err != nil {
		t.Fatal(err)
	}
	print, err := export.FingerprintOf(v)
	if err != nil {
		t.Fatal(err)
	}
	for fingerprint, stale := range map[string]bool{print: false, "another": true} {
		found, err := export.Find(dir, fingerprint)
		if err != nil || len(found) != 2 || found[0].Err == nil || found[1].Stale != stale || found[1].Dir != filepath.Join(dir, "fake") || found[1].Record.Name != "fake" {
			t.Errorf("%+v, %v", found, err)
		}
	}
	if _, err := export.Find(filepath.Join(dir, "none"), print); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// TestFormerRecord: an export of an earlier version, whose record stands beside its files, is read, verified, found and
// replaced; and a link in that place is refused.
func TestFormerRecord(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	into := t.TempDir()
	r := render(t, v, into, "one")
	former := filepath.Join(r.Dir, "export.json")
	if err := errors.Join(os.Rename(filepath.Join(r.Dir, export.RecordName), former), os.Remove(filepath.Join(r.Dir, dataset.AsideFolder))); err != nil {
		t.Fatal(err)
	}
	record, err := export.Read(r.Dir)
	if err != nil || record.Fingerprint != r.Record.Fingerprint {
		t.Fatalf("%+v, %v", record, err)
	}
	if err := export.Verify(t.Context(), r.Dir, 2); err != nil {
		t.Error(err)
	}
	if found, err := export.Find(into, record.Fingerprint); err != nil || len(found) != 1 || found[0].Stale || found[0].Err != nil {
		t.Errorf("%+v, %v", found, err)
	}
	if err := os.Truncate(filepath.Join(r.Dir, "a.txt"), 2); err != nil {
		t.Fatal(err)
	}
	if err := export.Verify(t.Context(), r.Dir, 2); err == nil || !strings.Contains(err.Error(), "a.txt: have 2 bytes") {
		t.Errorf("damaged: %v", err)
	}
	render(t, v, into, "two")
	if have := tree(t, into); !slices.Equal(have, whole) {
		t.Errorf("files %q", have)
	}
	if err := errors.Join(os.Remove(filepath.Join(r.Dir, export.RecordName)), os.Symlink(filepath.Join(t.TempDir(), "none"), former)); err != nil {
		t.Skip(err)
	}
	var special *fsys.SpecialError
	if _, err := export.Read(r.Dir); !errors.As(err, &special) {
		t.Errorf("a link as the record: %v", err)
	}
}

func TestVerify(t *testing.T) {
	v := open(t, makeDataset(t, 1))
	for name, damage := range map[string]func(path string) error{
		"is missing":       os.Remove,
		"have 2 bytes":     func(path string) error { return os.Truncate(path, 2) },
		"its SHA-256 is ":  func(path string) error { return os.WriteFile(path, []byte("0ne"), 0o666) },
		"is a directory":   func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o777)) },
		export.RecordName:  func(path string) error { return os.Remove(filepath.Join(filepath.Dir(path), export.RecordName)) },
		"context canceled": nil,
	} {
		r := render(t, v, t.TempDir(), "one")
		ctx, stop := context.WithCancel(context.Background())
		if damage == nil {
			stop()
		} else if err := damage(filepath.Join(r.Dir, "a.txt")); err != nil {
			t.Fatal(err)
		}
		if err := export.Verify(ctx, r.Dir, 2); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
		stop()
	}
}
