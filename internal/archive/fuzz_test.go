package archive_test

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// list lists bytes as an archive of a kind and reads all members. It fails where a path is not
// in order, or leads out, or content has not the size that it should.
func list(t *testing.T, dir, kind string, compressed bool, raw []byte) {
	p := filepath.Join(dir, "x")
	if err := os.WriteFile(p, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	judge := func(path string, err error) (string, string, error) { return "no", path, nil }
	entries, problems := archive.List(t.Context(), p, kind, archive.Options{Capture: capture.Options{MaxMemory: 64 << 20}, Judge: judge, Compressed: compressed, MaxExpansion: 5000})
	for _, err := range problems {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%v does not name %s", err, p)
		}
	}
	if !slices.IsSortedFunc(entries, func(a, b archive.Entry) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not in order")
	}
	for _, e := range entries {
		set := 0
		for _, is := range []bool{e.Member != nil, e.Reason != "", e.Problem != nil} {
			if is {
				set++
			}
		}
		if set != 1 || e.Problem == nil && (e.Name == "" || strings.HasPrefix(e.Name, "/") || slices.Contains(strings.Split(e.Name, "/"), "..")) {
			t.Fatalf("%+v", e)
		}
		if e.Member == nil {
			continue
		}
		open := func() (*capture.Source, error) { return e.Member.Open(t.Context()) }
		if e.Member.Compressed {
			stream := archive.NewStream([]*archive.Member{e.Member}, archive.StreamOptions{Memory: 64 << 20, Room: 1 << 20, MaxExpansion: 5000})
			defer stream.Close()
			open = func() (*capture.Source, error) { return stream.Open(t.Context(), e.Member) }
		}
		s, err := open()
		if err != nil {
			continue
		}
		n, err := io.Copy(io.Discard, io.LimitReader(s, 1<<20))
		if err == nil && n < 1<<20 && n != e.Member.Size || n > e.Member.Size {
			t.Errorf("%s: %d bytes, %v, and it has %d", e.Name, n, err, e.Member.Size)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

var members = []testcap.Member{{Name: "a.pcap", Data: testcap.Pcap{}.File()}, {Name: "b/c.txt", Data: []byte("text")}, {Name: "./d.pcap", Data: testcap.Pcap{}.File()}}

func FuzzZIP(f *testing.F) {
	f.Add(testcap.Zip(true, members...))
	f.Add(testcap.Zip(false, members...))
	f.Add(append([]byte("stub"), testcap.Zip(true, members...)...))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) { list(t, dir, archive.ZIP, false, raw) })
}

func FuzzTar(f *testing.F) {
	f.Add(testcap.Tar(members...))
	f.Add(testcap.Tar(members...)[:700])
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) { list(t, dir, archive.Tar, false, raw) })
}

func FuzzCompressedTar(f *testing.F) {
	for _, c := range testcap.Compressions() {
		f.Add(c.Wrap(testcap.Tar(members...)))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) { list(t, dir, archive.Tar, true, raw) })
}

// Fuzz7z gives the header and what is packed; the checksums, which no change would pass, are
// made here.
func Fuzz7z(f *testing.F) {
	for _, raw := range [][]byte{testcap.SevenZip(members...), testcap.SevenZip(members[0]), testcap.SevenZip(testcap.Member{Name: "none"})} {
		n := 32 + binary.LittleEndian.Uint64(raw[12:])
		f.Add(raw[32:n], raw[n:])
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data, header []byte) {
		start := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
		start = binary.LittleEndian.AppendUint64(start, uint64(len(header)))
		start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(header))
		raw := binary.LittleEndian.AppendUint32([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), crc32.ChecksumIEEE(start))
		list(t, dir, archive.SevenZip, false, append(append(append(raw, start...), data...), header...))
	})
}
