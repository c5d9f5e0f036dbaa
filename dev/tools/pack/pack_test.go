package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var when = time.Date(2026, 11, 26, 18, 30, 1, 0, time.UTC)

// some are the files of a package: a program, a text, and one that is compressed.
func some(t *testing.T) []file {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "program", "\x7fELF program")
	write(t, dir, "text", strings.Repeat("text\n", 1000))
	files, err := read([]string{
		"usr/share/doc/p/text.gz=" + filepath.Join(dir, "text"), "+usr/bin/p=" + filepath.Join(dir, "program"),
		"usr/share/doc/p/text=" + filepath.Join(dir, "text"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// untar is what a .tar.gz holds: name, mode and content, and it must be free of the machine.
func untar(t *testing.T, data []byte) map[string]file {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if z.Name != "" || !z.ModTime.IsZero() {
		t.Errorf("gzip header %q %v", z.Name, z.ModTime)
	}
	have := map[string]file{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return have
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(when) || h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || h.Gname != "root" {
			t.Errorf("%s: %+v", h.Name, h)
		}
		have[h.Name] = file{h.Name, h.Mode, content}
	}
}

func same(t *testing.T, have map[string]file, prefix string, want []file, folders int) {
	t.Helper()
	if len(have) != len(want)+folders {
		t.Errorf("%d entries, want %d files and %d folders", len(have), len(want), folders)
	}
	for _, w := range want {
		h, ok := have[prefix+w.name]
		if !ok || h.mode != w.mode || !bytes.Equal(h.content, w.content) {
			t.Errorf("%s: there %v, mode %o, %d bytes; want %o, %d", w.name, ok, h.mode, len(h.content), w.mode, len(w.content))
		}
	}
}

func TestArchive(t *testing.T) {
	files := some(t)
	var out, zipped bytes.Buffer
	if err := archive(&out, false, "p-1", files, when); err != nil {
		t.Fatal(err)
	}
	same(t, untar(t, out.Bytes()), "p-1/", files, 6)
	if err := archive(&zipped, true, "p-1", files, when); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(zipped.Bytes()), int64(zipped.Len()))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]file{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		have[f.Name] = file{f.Name, int64(f.Mode().Perm()), content}
		if !f.Modified.Equal(when.Add(-time.Second)) {
			t.Errorf("%s: time %v", f.Name, f.Modified)
		}
	}
	same(t, have, "p-1/", files, 0)
}

func TestDeb(t *testing.T) {
	files := some(t)
	var out bytes.Buffer
	if err := deb(&out, "1.2.3-rc.1", "arm64", files, when); err != nil {
		t.Fatal(err)
	}
	rest, ok := bytes.CutPrefix(out.Bytes(), []byte("!<arch>\n"))
	if !ok {
		t.Fatal("no ar archive")
	}
	members := map[string][]byte{}
	var order []string
	for len(rest) > 0 {
		name := strings.TrimRight(string(rest[:16]), " ")
		size, err := strconv.Atoi(strings.TrimRight(string(rest[48:58]), " "))
		if err != nil || string(rest[58:60]) != "`\n" {
			t.Fatalf("header %q", rest[:60])
		}
		members[name], rest = rest[60:60+size], rest[60+size+size%2:]
		order = append(order, name)
	}
	if !slices.Equal(order, []string{"debian-binary", "control.tar.gz", "data.tar.gz"}) || string(members["debian-binary"]) != "2.0\n" {
		t.Errorf("members %q", order)
	}
	same(t, untar(t, members["data.tar.gz"]), "./", files, 5)
	meta := untar(t, members["control.tar.gz"])
	control := string(meta["./control"].content)
	for _, line := range []string{"Package: pcapmill\n", "Version: 1.2.3~rc.1\n", "Architecture: arm64\n", "Description: " + summary + "\n "} {
		if !strings.Contains(control, line) {
			t.Errorf("control lacks %q:\n%s", line, control)
		}
	}
	for _, f := range files {
		if line := fmt.Sprintf("%x  %s\n", md5.Sum(f.content), f.name); !strings.Contains(string(meta["./md5sums"].content), line) {
			t.Errorf("md5sums lacks %q", line)
		}
	}
	tool(t, out.Bytes(), "p.deb", "usr/bin/p", "dpkg-deb", "-c")
}

func TestRPM(t *testing.T) {
	var out, again bytes.Buffer
	for _, w := range []io.Writer{&out, &again} {
		if err := rpm(w, "1.2.3", "amd64", some(t), when); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Error("twice is not the same")
	}
	if !bytes.HasPrefix(out.Bytes(), []byte{0xed, 0xab, 0xee, 0xdb}) || !bytes.Contains(out.Bytes(), []byte("x86_64\x00")) {
		t.Error("no rpm for x86_64")
	}
	if err := rpm(io.Discard, "1.2.3", "mips", some(t), when); err == nil {
		t.Error("mips has a name")
	}
	tool(t, out.Bytes(), "p.rpm", "/usr/bin/p", "rpm", "-qlp")
}

// tool lets a program list a package, where it is installed.
func tool(t *testing.T, data []byte, name, want, program string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Logf("%s is not installed: the package was read by this test alone", program)
		return
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(program, append(args, path)...).CombinedOutput()
	if err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%s: %v\n%s", program, err, text)
	}
}

const pyproject = `[project]
name = "p"
description = "what it is"
readme = "README.md"
dynamic = ["version"]
requires-python = ">=3.9"
license = "MIT"
authors = [{ name = "somebody" }]
classifiers = ["Typing :: Typed"]
dependencies = ["numpy>=1"]
[project.optional-dependencies]
fast = ["torch"]
[project.urls]
Home = "https://example.org"
[tool.other]
x = 1
`

// wheelOf makes a wheel of a small project, and returns its name and content.
func wheelOf(t *testing.T, pyproject, version string) (string, map[string]file, error) {
	t.Helper()
	dir, out := t.TempDir(), t.TempDir()
	write(t, dir, "pyproject.toml", pyproject)
	write(t, dir, "README.md", "# p\n")
	write(t, dir, "src/p/__init__.py", "")
	write(t, dir, "src/p/py.typed", "")
	write(t, dir, "src/p/__pycache__/x.pyc", "not this")
	write(t, dir, "bin/p.exe", "program")
	write(t, dir, "LICENSE", "licence")
	write(t, dir, "bom", "{}")
	args := []string{filepath.Join(dir, "bin/p.exe"), filepath.Join(dir, "LICENSE"), "--sbom", filepath.Join(dir, "bom")}
	if err := wheel(out, version, "py3-none-a.b", dir, args, when); err != nil {
		return "", nil, err
	}
	names, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	z, err := zip.OpenReader(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	have := map[string]file{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		have[f.Name] = file{f.Name, int64(f.Mode().Perm()), content}
	}
	return filepath.Base(names[0]), have, nil
}

func TestWheel(t *testing.T) {
	name, have, err := wheelOf(t, pyproject, "1.2.3-rc.4")
	if err != nil {
		t.Fatal(err)
	}
	if name != "p-1.2.3rc4-py3-none-a.b.whl" {
		t.Error(name)
	}
	info := "p-1.2.3rc4.dist-info/"
	if f := have["p-1.2.3rc4.data/scripts/p.exe"]; f.mode != 0o755 || string(f.content) != "program" {
		t.Errorf("program %+v", f)
	}
	for _, n := range []string{"p/__init__.py", "p/py.typed", info + "licenses/LICENSE", info + "sboms/pcapmill.cdx.json"} {
		if _, ok := have[n]; !ok {
			t.Errorf("%s is not in the wheel", n)
		}
	}
	if want := "Root-Is-Purelib: false\nTag: py3-none-a\nTag: py3-none-b\n"; !strings.HasSuffix(string(have[info+"WHEEL"].content), want) {
		t.Errorf("WHEEL %s", have[info+"WHEEL"].content)
	}
	want := `Metadata-Version: 2.4
Name: p
Version: 1.2.3rc4
Summary: what it is
Author: somebody
License-Expression: MIT
License-File: LICENSE
Project-URL: Home, https://example.org
Classifier: Typing :: Typed
Requires-Python: >=3.9
Requires-Dist: numpy>=1
Provides-Extra: fast
Requires-Dist: torch; extra == "fast"
Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM

# p
`
	if text := string(have[info+"METADATA"].content); text != want {
		t.Errorf("METADATA %s", text)
	}
	rows, err := csv.NewReader(bytes.NewReader(have[info+"RECORD"].content)).ReadAll()
	if err != nil || len(rows) != len(have) {
		t.Fatalf("%d rows of %d files: %v", len(rows), len(have), err)
	}
	for _, r := range rows {
		f, ok := have[r[0]]
		sum := sha256.Sum256(f.content)
		hash, size := "sha256="+base64.RawURLEncoding.EncodeToString(sum[:]), strconv.Itoa(len(f.content))
		if r[0] == info+"RECORD" {
			hash, size = "", ""
		}
		if !ok || r[1] != hash || r[2] != size {
			t.Errorf("record %q", r)
		}
	}
}

// TestWheelRefuses: nothing of a project is lost without a word.
func TestWheelRefuses(t *testing.T) {
	for _, c := range []struct{ text, version, want string }{
		{strings.Replace(pyproject, "[project]", "[project]\nscripts = {a = \"b\"}", 1), "1.2.3", "scripts"},
		{strings.Replace(pyproject, "license =", "licence =", 1), "1.2.3", "licence"},
		{strings.Replace(pyproject, `dynamic = ["version"]`, "", 1), "1.2.3", "dynamic"},
		{strings.Replace(pyproject, `"torch"`, `"torch; sys_platform == 'linux'"`, 1), "1.2.3", "marker"},
		{pyproject, "1.2", "version"},
		{pyproject, "1.2.3+x", "version"},
	} {
		if _, _, err := wheelOf(t, c.text, c.version); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one about %s", err, c.want)
		}
	}
}

// TestRead: what leaves the package or stands twice is refused.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "f", "x")
	source := filepath.Join(dir, "f")
	for _, args := range [][]string{{"../f=" + source}, {"/f=" + source}, {"f"}, {"a=" + source, "+a=" + source}, {"a=" + source + "gone"}} {
		if files, err := read(args); err == nil {
			t.Errorf("%q: %v", args, files)
		}
	}
}
