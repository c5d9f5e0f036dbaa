package find

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// packet is a small capture.
var packet = testcap.Pcap{LinkType: testcap.Raw}.File(testcap.Packet{LinkType: testcap.Raw, Data: testcap.Build(
	testcap.IPv4{}, testcap.TCP{SrcPort: 1024, DstPort: 443}, testcap.Payload{1})})

func tarOf(t testing.TB, format tar.Format) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: "email1.pcap", Size: int64(len(packet)), Mode: 0o644, Format: format})
	if _, e := w.Write(packet); errors.Join(err, e, w.Close()) != nil {
		t.Fatal(err, e)
	}
	return b.Bytes()
}

// oldTar is as programs before POSIX wrote it: without a magic.
func oldTar(t testing.TB) []byte {
	b := tarOf(t, tar.FormatUSTAR)
	clear(b[257:512])
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	for i := 5; i >= 0; i-- {
		b[148+i], sum = byte('0'+sum&7), sum>>3
	}
	copy(b[154:], "\x00 ")
	return b
}

func zipOf(t testing.TB, members ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range members {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.SetComment("with a comment"), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestArchivesAreProblems: an archive is never passed over as not a capture, whatever it is
// called and wherever it stands; a file that only looks a little like one is.
func TestArchivesAreProblems(t *testing.T) {
	lzma := append(binary.LittleEndian.AppendUint64([]byte{0x5d, 0, 0, 0x80, 0}, 1<<64-1), make([]byte, 20)...)
	lha := []byte("\x19\x00-lh5-" + strings.Repeat("x", 30))
	arj := append([]byte{0x60, 0xea, 40, 0, 30, 11, 1, 0, 0, 0, 2}, make([]byte, 60)...)
	cpio := append(append([]byte{0xc7, 0x71}, make([]byte, 18)...), append([]byte{6, 0, 0, 0, 0, 0}, "a.cap\x00data"...)...)
	iso := make([]byte, 40000)
	copy(iso[32768:], "\x01CD001")
	for name, c := range map[string]struct {
		data []byte
		want string // "" for what is skipped
	}{
		"rar 4":     {[]byte("Rar!\x1a\x07\x00rest"), "a RAR archive, which is not read: unpack it ('unrar x FILE')"},
		"rar 5":     {[]byte("Rar!\x1a\x07\x01\x00rest"), "a RAR archive, which"},
		"zip.gz":    {testcap.Gzip(zipOf(t, "a")), "a ZIP archive inside gzip, which is not read: unpack it and"},
		"gz twice":  {testcap.Gzip(testcap.Gzip(packet)), "a gzip file inside gzip, which"},
		"xz in zst": {testcap.Zstd(testcap.XZ(packet)), "an xz file inside zstd, which"},
		"cpio":      {[]byte("070701" + strings.Repeat("0", 110)), "a cpio archive, which"},
		"old cpio":  {cpio, "a cpio archive, which"},
		"deb":       {[]byte("!<arch>\ndebian-binary"), "an ar archive, which"},
		"lha":       {lha, "an LHA archive, which"},
		"arj":       {arj, "an ARJ archive, which"},
		"lzma":      {lzma, "an LZMA file, which"},
		"compress":  {[]byte{0x1f, 0x9d, 0x90, 1, 2}, "a file compressed by compress, which"},
		"iso":       {iso, "an ISO 9660 image, which"},

		"text":         {[]byte("PK is no archive, Rar! neither"), ""},
		"zeros":        {make([]byte, 2048), ""},
		"table":        {bytes.Repeat([]byte("0 1 2 3 4 5 6 7\n"), 100), ""},
		"text in gzip": {testcap.Gzip([]byte(strings.Repeat("a log line\n", 100))), ""},
		"png":          {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), ""},
		"cut":          {[]byte("PK\x05\x06"[:3]), ""},
	} {
		dir := t.TempDir()
		p := filepath.Join(dir, "in", "x.pcap")
		if err := errors.Join(os.Mkdir(filepath.Dir(p), 0o777), os.WriteFile(p, c.data, 0o666)); err != nil {
			t.Fatal(err)
		}
		walked, named := Files([]string{filepath.Dir(p)}, Options{}), Files([]string{p}, Options{})
		if c.want == "" {
			if len(walked.Problems) != 0 || len(walked.Skipped) != 1 || walked.Skipped[0].Reason != NotACapture {
				t.Errorf("%s: problems %v, skipped %v", name, walked.Problems, walked.Skipped)
			}
			continue
		}
		for where, f := range map[string]*Found{"in a directory": walked, "named": named} {
			var a *ArchiveError
			if len(f.Problems) != 1 || len(f.Files)+len(f.Skipped) != 0 || !errors.As(f.Problems[0], &a) || a.Path != p || !strings.Contains(f.Problems[0].Error(), p+": "+c.want) {
				t.Errorf("%s, %s: %v %v", name, where, f.Problems, f.Skipped)
			}
		}
	}
}

// TestArchivesThatToolsMake asks what tools on this machine write.
func TestArchivesThatToolsMake(t *testing.T) {
	tried := 0
	for _, c := range []struct{ tool, script, want string }{
		{"xz", "xz --format=lzma -c a.pcap > OUT", "an LZMA file, which"},
		{"cpio", "echo a.pcap | cpio -o > OUT", "a cpio archive, which"},
		{"cpio", "echo a.pcap | cpio -o -H newc > OUT", "a cpio archive, which"},
		{"compress", "compress -c a.pcap > OUT", "a file compressed by compress, which"},
	} {
		if _, err := exec.LookPath(c.tool); err != nil {
			continue
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.pcap"), bytes.Repeat(packet, 20), 0o666); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", c.script)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("%s: %v: %s", c.script, err, out)
			continue
		}
		tried++
		f := Files([]string{filepath.Join(dir, "OUT")}, Options{})
		if len(f.Problems) != 1 || !strings.Contains(f.Problems[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.script, f.Problems, c.want)
		}
	}
	if tried == 0 {
		t.Skip("no archiver on this machine")
	}
}

// FuzzFiles: whatever the bytes of a file, it is a capture, skipped, or a problem that names it.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("Rar!\x1a\x07\x00rest"))
	f.Add(packet)
	f.Add(testcap.Gzip([]byte("7z\xbc\xaf\x27\x1c")))
	f.Add([]byte("xxPK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add(bytes.Repeat([]byte{0xc7, 0x71}, 300))
	f.Add(zipOf(f, "a.pcap", "b/c.pcap"))
	f.Add(tarOf(f, tar.FormatPAX))
	f.Add(testcap.Gzip(tarOf(f, tar.FormatPAX)))
	f.Add(oldTar(f))
	p := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(p, b, 0o666); err != nil {
			t.Fatal(err)
		}
		found := Files([]string{filepath.Dir(p)}, Options{Memory: 64 << 20})
		for i := range found.Files {
			if m := found.Files[i].Member; m != nil {
				open := func() (*capture.Source, error) { return m.Open(t.Context()) }
				if m.Compressed {
					stream := archive.NewStream([]*archive.Member{m}, archive.StreamOptions{Memory: 64 << 20})
					defer stream.Close()
					open = func() (*capture.Source, error) { return stream.Open(t.Context(), m) }
				}
				if s, err := open(); err == nil {
					_, _ = io.Copy(io.Discard, io.LimitReader(s, 1<<20)) // an error or not, it ends
					_ = s.Close()
				}
			} else if len(found.Files)+len(found.Skipped)+len(found.Problems) != 1 {
				t.Fatalf("%+v", found)
			}
		}
		for _, err := range found.Problems {
			if !strings.Contains(err.Error(), p) {
				t.Fatalf("%v does not name %s", err, p)
			}
		}
	})
}
