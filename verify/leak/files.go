package leak

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/manifest"
)

// files searches every file of the dataset's directory but the images.
func (s *search) files(ctx context.Context) error {
	return filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			s.problem(err)
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(s.dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if name == "." {
			return nil
		}
		s.name(name)
		if d.IsDir() && slices.ContainsFunc(s.m.Variants, func(v manifest.Variant) bool { return name == manifest.VariantsName+"/"+v.Name }) {
			return fs.SkipDir // it has a search of its own
		}
		if d.IsDir() || name == s.samplesName {
			return nil
		}
		var special *fsys.SpecialError // a link among them: what it leads to is not the dataset's
		switch err := s.file(ctx, path, name); {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &special):
			s.report.Files = append(s.report.Files, File{Name: name, Note: special.What + ": not read"})
		default:
			s.problem(err)
		}
		return nil
	})
}

func (s *search) problem(err error) { s.report.Problems = append(s.report.Problems, err) }

// name searches a file's name.
func (s *search) name(name string) {
	s.raw = s.raw[:0]
	text := []byte(name)
	s.index.scan(text, func(id, at, n int) { s.raw = append(s.raw, hit{id, at, n}) })
	slices.SortFunc(s.raw, hit.compare)
	for _, h := range s.raw {
		if t := s.index.of[h.id]; t.form == Text {
			s.found.note(Outside, name, s.index.secrets[t.secret].kind, Text, t.secret, Place{Named: true, Offset: int64(h.at), Sample: -1})
		}
	}
}

// packed are beginnings of formats that hold data which is not searched for here
// unless it stands in them as it is.
var packed = []struct {
	at          int
	magic, note string
}{
	{0, "\x1f\x8b", "gzip: looked into"},
	{0, "PK\x03\x04", "zip: compressed members are searched as they stand"},
	{0, "\x28\xb5\x2f\xfd", "zstd: searched as it stands"},
	{0, "\x89PNG", "PNG: its picture is compressed, searched as it stands"},
	{0, "\xfd7zXZ", "xz: searched as it stands"},
	{0, "BZh", "bzip2: searched as it stands"},
	{0, "\x04\x22\x4d\x18", "lz4: searched as it stands"},
	{0, "PAR1", "Parquet: compressed or encoded pages are searched as they stand"},
	{257, "ustar", "tar: members that are compressed are searched as they stand"},
}

// medium is what data stands in: as it is in a file, as the bytes of a format that
// compresses, or as what such a format holds.
type medium uint8

const (
	asItIs medium = iota
	compressed
	unpacked
)

// file searches one file, and what it holds if it is gzip.
func (s *search) file(ctx context.Context, path, name string) error {
	f, err := fsys.OpenInside(fsys.OS{}, s.dir, name, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	begin, _ := r.Peek(262) // errors come again below
	out, in := File{Name: name}, asItIs
	for _, p := range packed {
		if p.at <= len(begin) && bytes.HasPrefix(begin[p.at:], []byte(p.magic)) {
			out.Note, in = p.note, compressed
		}
	}
	var histogram [256]int64
	out.Bytes, err = s.stream(ctx, r, name, in, &histogram)
	if err == nil && bytes.HasPrefix(begin, []byte{0x1f, 0x8b}) {
		out.Note = s.gunzip(ctx, f, name, &histogram)
	}
	s.found.chance(Elsewhere, name, &histogram)
	s.report.Files = append(s.report.Files, out)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return ctx.Err()
}

// gunzip searches what a gzip file holds.
func (s *search) gunzip(ctx context.Context, f fsys.File, name string, histogram *[256]int64) (note string) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "gzip: not looked into: " + err.Error()
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 64<<10))
	var n int64
	if err == nil {
		n, err = s.stream(ctx, z, name, unpacked, histogram)
	}
	if err != nil {
		return fmt.Sprintf("gzip: looked into up to its damage after %d bytes: %v", n, err)
	}
	return "gzip: looked into"
}

// chunk is how many bytes of a file are searched at a time.
const chunk = 1 << 20

// stream searches data to its end. Around each chunk there is enough of its
// neighbours to see needles that begin in it as a whole, and what stands around
// them.
func (s *search) stream(ctx context.Context, r io.Reader, name string, in medium, histogram *[256]int64) (total int64, err error) {
	around := s.index.set.Longest() + margin
	var buf []byte
	base, from := int64(0), 0 // of buf in the file; of what is to be searched in buf
	for err == nil {
		if ctx.Err() != nil {
			return total, ctx.Err()
		}
		have := len(buf)
		buf = slices.Grow(buf, chunk)[:have+chunk]
		var n int
		n, err = fill(r, buf[have:])
		buf = buf[:have+n]
		total += int64(n)
		for _, c := range buf[have:] {
			histogram[c]++
		}
		to := len(buf)
		if err == nil {
			to -= around
		}
		s.outside(buf, base, from, to, name, in)
		if cut := to - around; cut > 0 {
			buf = append(buf[:0], buf[cut:]...)
			base += int64(cut)
			to -= cut
		}
		from = to
	}
	if err == io.EOF {
		err = nil
	}
	return total, err
}

// fill is io.ReadFull, but the end is io.EOF wherever it comes: so it differs
// from a stream that is cut off.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var more int
		more, err = r.Read(b[n:])
		n += more
	}
	if n == len(b) {
		err = nil // it comes again
	}
	return n, err
}

// outside judges what begins at from to to of data, which is a part of a file
// that is not the images'. What is compressed has no such surroundings as in the
// samples; there it is enough that the address or name stands in one.
func (s *search) outside(data []byte, base int64, from, to int, name string, in medium) {
	s.raw = s.raw[:0]
	s.index.scan(data, func(id, at, n int) {
		if at >= from && at < to {
			s.raw = append(s.raw, hit{id, at, n})
		}
	})
	slices.SortFunc(s.raw, hit.compare)
	for _, h := range s.raw {
		t := s.index.of[h.id]
		secret := &s.index.secrets[t.secret]
		verdict := Outside
		switch {
		case t.form != Plain && (s.contexts.has(data, h) || in == compressed && s.contexts.secret(t.secret)):
			verdict = Copy
		case t.form == Plain || t.form <= Reversed && secret.kind == IPv4:
			verdict = Elsewhere
		}
		s.found.note(verdict, name, secret.kind, t.form, t.secret, Place{Offset: base + int64(h.at), Packed: in == unpacked, Sample: -1})
	}
}
