package find

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// lines are what was found, a line each, without the directory.
func lines(f *Found, dir string) (list []string) {
	for _, c := range f.Files {
		list = append(list, fmt.Sprintf("%s %s %d", c.Name, c.Format, c.Size))
	}
	for _, s := range f.Skipped {
		list = append(list, "skip "+strings.TrimPrefix(s.Path, dir+"/")+" "+s.Reason)
	}
	for _, err := range f.Problems {
		list = append(list, "problem "+strings.TrimPrefix(err.Error(), dir+"/"))
	}
	return list
}

// compare shows where two lists of lines differ; want may be the beginnings of lines.
func compare(t *testing.T, what string, have []string, want ...string) {
	t.Helper()
	if !slices.EqualFunc(have, want, strings.HasPrefix) {
		t.Errorf("%s:\nhave\n  %s\nwant\n  %s", what, strings.Join(have, "\n  "), strings.Join(want, "\n  "))
	}
}

// part is a member of an archive of a test.
type part struct {
	name string
	data []byte
	link string // of tar: a hard link, or a symbolic one with "@" before it
}

func tarWith(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, p := range parts {
		h := &tar.Header{Name: p.name, Size: int64(len(p.data)), Mode: 0o644}
		if p.link != "" {
			h.Typeflag, h.Linkname = tar.TypeLink, p.link
			if target, symbolic := strings.CutPrefix(p.link, "@"); symbolic {
				h.Typeflag, h.Linkname = tar.TypeSymlink, target
			}
		}
		err := w.WriteHeader(h)
		if _, e := w.Write(p.data); errors.Join(err, e) != nil {
			t.Fatal(err, e)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipWith(t testing.TB, method uint16, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		m, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// random is n bytes that do not compress.
func random(n int) []byte {
	b := make([]byte, n)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < n; i++ {
		b[i] = byte(r.Uint32())
	}
	return b
}

// found lists a file of those bytes.
func found(t *testing.T, data []byte) []string {
	t.Helper()
	dir := t.TempDir()
	p := filepath.Join(dir, "x")
	if err := os.WriteFile(p, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return lines(Files([]string{p}, Options{Memory: 64 << 20}), dir)
}

// TestMembers: archives are directories, in order, whatever stands in them.
func TestMembers(t *testing.T) {
	size := len(packet)
	parts := []part{
		{name: "b.pcap", data: packet},
		{name: "a/z.pcap.gz", data: testcap.Gzip(packet)},
		{name: "a.pcap", data: packet[:30]},
		{name: "a/notes.txt", data: []byte("notes")},
		{name: "in.zip", data: zipOf(t, "a.pcap")},
		{name: "in.rar", data: []byte("Rar!\x1a\x07\x00rest")},
		{name: "in.tgz", data: testcap.Gzip(tarOf(t, tar.FormatUSTAR))},
		{name: "twice.gz", data: testcap.Gzip(testcap.Gzip(packet))},
		{name: "cut.gz", data: testcap.Gzip(packet)[:12]},
	}
	want := []string{
		"x/a.pcap pcap 30", "x/a/z.pcap.gz pcap in gzip", fmt.Sprintf("x/b.pcap pcap %d", size),
		"skip x/a/notes.txt not-a-capture", "skip x/in.rar archive-in-archive", "skip x/in.tgz archive-in-archive", "skip x/in.zip archive-in-archive",
		"problem x/cut.gz: not a capture: the gzip stream is damaged at its beginning: ", "problem x/twice.gz: a gzip file inside gzip, which is not read",
	}
	compare(t, "stored", found(t, zipWith(t, zip.Store, parts...)), want...)
	compare(t, "deflated", found(t, zipWith(t, zip.Deflate, parts...)), want...)
	compare(t, "behind a stub", found(t, append([]byte("#!/bin/sh\n"), zipWith(t, zip.Deflate, parts...)...)), want...)
	compare(t, "tar", found(t, tarWith(t, parts...)), want...)
	compare(t, "old tar", found(t, oldTar(t)), "x/email1.pcap pcap")
	for _, c := range testcap.Compressions() {
		compare(t, "tar in "+c.Name, found(t, c.Wrap(tarWith(t, parts...))), want...)
		compare(t, "old tar in "+c.Name, found(t, c.Wrap(oldTar(t))), "x/email1.pcap pcap")
	}
	compare(t, "empty", found(t, zipOf(t)))
	compare(t, "split", found(t, []byte("PK\x07\x08PK\x03\x04")), "problem x: the ZIP archive has no directory at its end: it is cut off, or a part of a split archive")
}

// TestPaths: what a path becomes when it is unpacked is what it is here; what would leave the
// archive is a problem.
func TestPaths(t *testing.T) {
	other := bytes.Clone(packet)
	other[len(other)-1]++
	parts := []part{
		{name: "./b.pcap", data: packet},
		{name: "/abs.pcap", data: packet},
		{name: "a//c.pcap", data: packet},
		{name: "../up.pcap", data: packet},
		{name: "a/../../up.pcap", data: packet},
		{name: "twice.pcap", data: packet[:30]},
		{name: "twice.pcap", data: packet},
		{name: "dir/"},
		{name: "caf\xe9.pcap", data: packet},
	}
	want := []string{
		"x/a/c.pcap pcap", "x/abs.pcap pcap", "x/b.pcap pcap", `x/caf\xe9.pcap pcap`, fmt.Sprintf("x/twice.pcap pcap %d", len(packet)),
		"skip x/twice.pcap same-file", "problem x/../up.pcap: its path leads out of the archive", "problem x/a/../../up.pcap: its path leads out of the archive",
	}
	compare(t, "zip", found(t, zipWith(t, zip.Deflate, parts...)), want...)
	compare(t, "tar", found(t, tarWith(t, parts...)), want...)
	compare(t, "tar.gz", found(t, testcap.Gzip(tarWith(t, parts...))), want...)
	compare(t, "zero byte", found(t, zipWith(t, zip.Deflate, part{name: "a\x00.pcap", data: packet})), `problem x/a\x00.pcap: its path leads out of the archive`)
	compare(t, "windows", found(t, zipWith(t, zip.Deflate, part{name: `Chat\a.pcap`, data: packet})), "x/Chat/a.pcap pcap")
	links := tarWith(t,
		part{name: "b.pcap", data: packet}, part{name: "a.pcap", link: "b.pcap"}, part{name: "d/c.pcap", link: "@../b.pcap"}, part{name: "e.pcap", link: "@/etc/passwd"},
		part{name: "f.pcap", link: "@f.pcap"}, part{name: "g.pcap", link: "@none"})
	compare(t, "links.gz", found(t, testcap.Gzip(links)),
		"x/a.pcap pcap", "skip x/b.pcap same-file", "skip x/d/c.pcap same-file", "skip x/e.pcap special-file", "skip x/f.pcap special-file", "skip x/g.pcap special-file")
	compare(t, "links", found(t, links),
		"x/a.pcap pcap", "skip x/b.pcap same-file", "skip x/d/c.pcap same-file", "skip x/e.pcap special-file", "skip x/f.pcap special-file", "skip x/g.pcap special-file")
}

// TestMembersThatAreRefused names members that cannot be read, with the reason.
func TestMembersThatAreRefused(t *testing.T) {
	whole := zipWith(t, zip.Deflate, part{name: "a.pcap", data: packet}, part{name: "b.pcap", data: packet})
	at := bytes.LastIndex(whole, []byte("PK\x01\x02")) // of b.pcap
	change := func(offset int, b ...byte) []byte {
		z := bytes.Clone(whole)
		copy(z[offset:], b)
		return z
	}
	const a = "x/a.pcap pcap"
	compare(t, "encrypted", found(t, change(at+8, 1)), a, "problem x/b.pcap: it is encrypted: unpack it with its password")
	compare(t, "deflate64", found(t, change(at+10, 9)), a, "problem x/b.pcap: its compression is of a method that is not read: unpack it, and convert what is in it (method 9, Deflate64)")
	compare(t, "elsewhere", found(t, change(at+42, 200)), a, "problem x/b.pcap: the ZIP archive is damaged: there is no member at byte 200, where its directory says")
	compare(t, "shared", found(t, change(at+42, 0, 0)), a, "problem x/b.pcap: it shares bytes of the archive with another member")
	compare(t, "entry", found(t, change(at, 'X')), "problem x: the directory of the ZIP archive is damaged at its entry 2 of 2")
	compare(t, "cut", found(t, whole[:len(whole)-30]), "problem x: the ZIP archive has no directory at its end: it is cut off")
	compare(t, "many", found(t, change(len(whole)-12, 0xff, 0xff)), "problem x: the directory of the ZIP archive is damaged: 65535 members in ")
	compare(t, "far", found(t, change(len(whole)-10, 0xff, 0xff, 0xff, 0x7f)), "problem x: the directory of the ZIP archive is damaged: 2147483647 bytes at byte ")

	torn := tarWith(t, part{name: "a.pcap", data: packet}, part{name: "b.pcap", data: packet}, part{name: "c.pcap", data: packet})
	compare(t, "cut tar", found(t, torn[:1024+512+30]), a, "x/b.pcap pcap", "problem x: the tar archive is cut off behind its header 2: what was found before it is read; ")
	cut := testcap.Gzip(tarWith(t, part{name: "a.pcap", data: packet}, part{name: "b.pcap", data: packet}, part{name: "c", data: random(9000)}))
	compare(t, "cut tar.gz", found(t, cut[:len(cut)-3000]), a, "x/b.pcap pcap", "problem x/c: not a capture: it is damaged at its beginning: unexpected EOF", "problem x: the tar archive is cut off behind its header 3: what was found before it is read; ")
	cut[len(cut)-3000] ^= 0xff
	compare(t, "damaged tar.gz", found(t, cut), a, "x/b.pcap pcap", "skip x/c not-a-capture", "problem x: the tar archive is damaged behind its header ")
	copy(torn[2048+148:], "XXXXXX")
	compare(t, "damaged tar", found(t, torn), a, "x/b.pcap pcap", "problem x: the tar archive is damaged behind its header 2: what was found before it is read; ")
}

// TestListsAreBounded: what a list of members takes counts against the memory.
func TestListsAreBounded(t *testing.T) {
	var parts []part
	for i := range 3000 {
		parts = append(parts, part{name: fmt.Sprintf("%0100d", i)})
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{"zip": zipWith(t, zip.Store, parts...), "tar": tarWith(t, parts...)} {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if f := Files([]string{p}, Options{Memory: 1 << 20}); len(f.Problems) != 1 || !strings.Contains(f.Problems[0].Error(), "the list of the members of the ") {
			t.Errorf("%s: %v", name, f.Problems)
		}
		if f := Files([]string{p}, Options{Memory: 4 << 20}); len(f.Problems) != 0 || len(f.Skipped) != len(parts) {
			t.Errorf("%s: %v, %d", name, f.Problems, len(f.Skipped))
		}
	}
}

// TestArchivesOfTools reads what tools on this machine write.
func TestArchivesOfTools(t *testing.T) {
	tried := 0
	for _, script := range []string{
		"zip -q OUT.zip a.pcap d/b.pcap && mv OUT.zip OUT", "zip -q -0 OUT.zip a.pcap d/b.pcap && mv OUT.zip OUT", "zip -q -Z bzip2 OUT.zip a.pcap d/b.pcap && mv OUT.zip OUT",
		"cat a.pcap d/b.pcap > /dev/null && zip -q - a.pcap d/b.pcap > OUT", "tar cf OUT .", "tar czf OUT a.pcap d", "tar cjf OUT d a.pcap", "tar cJf OUT d a.pcap", "tar c d a.pcap | zstd -q > OUT", "tar c d a.pcap | lz4 -q > OUT",
		"tar cf OUT --format=v7 a.pcap d", "tar cf OUT --format=ustar d a.pcap", "tar cf OUT --format=pax d a.pcap",
	} {
		dir := t.TempDir()
		lay := errors.Join(os.Mkdir(filepath.Join(dir, "d"), 0o777), os.WriteFile(filepath.Join(dir, "a.pcap"), packet, 0o666), os.WriteFile(filepath.Join(dir, "d", "b.pcap"), bytes.Repeat(packet, 20), 0o666))
		if lay != nil {
			t.Fatal(lay)
		}
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("%s: %v: %s", script, err, out)
			continue
		}
		tried++
		f := Files([]string{filepath.Join(dir, "OUT")}, Options{})
		if len(f.Problems) != 0 || len(f.Files) != 2 || !strings.HasSuffix(f.Files[0].Name, "a.pcap") || f.Files[1].Name != "OUT/d/b.pcap" {
			t.Errorf("%s: %v", script, lines(f, dir))
		}
	}
	if tried == 0 {
		t.Skip("no archiver on this machine")
	}
}
