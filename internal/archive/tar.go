package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// tracked is a file that knows where it is read.
type tracked struct {
	io.ReaderAt
	at int64
}

func (t *tracked) Read(b []byte) (int, error) {
	n, err := t.ReadAt(b, t.at)
	t.at += int64(n)
	return n, err
}

// Seek makes package tar pass over content without reading it.
func (t *tracked) Seek(offset int64, whence int) (int64, error) {
	switch {
	case whence == io.SeekCurrent:
		offset += t.at
	case whence != io.SeekStart:
		return 0, errors.ErrUnsupported
	}
	if offset < 0 {
		return 0, errors.New("an offset below zero")
	}
	t.at = offset
	return offset, nil
}

// tar lists a tar archive that is not compressed.
func (l *list) tar(f objects.File) error {
	t := &tracked{ReaderAt: f}
	r := tar.NewReader(t)
	for n := 0; ; n++ {
		h, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, tar.ErrInsecurePath): // of no concern: see clean
		case err != nil:
			return damagedTar(err, n)
		}
		if err := l.tarEntry(h, t.at, func(m *Member) func() (*capture.Source, error) { return l.open(m) }); err != nil {
			return err
		}
	}
}

// damagedTar is the error of an archive that ends behind its n-th header.
func damagedTar(err error, n int) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the tar archive is cut off behind its header %d: what was found before it is read; %w", n, err)
	}
	return fmt.Errorf("the tar archive is damaged behind its header %d: what was found before it is read; %w", n, err)
}

// tarEntry adds what a header describes, whose content begins at a place that no other has.
func (l *list) tarEntry(h *tar.Header, place int64, from func(*Member) func() (*capture.Source, error)) error {
	if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	if h.Typeflag == tar.TypeReg && strings.HasSuffix(h.Name, "/") { // a directory of before POSIX
		return nil
	}
	name, ok, err := l.add(h.Name)
	if !ok {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont:
		if isSparse(h) {
			l.refuse(name, sparse, "")
			return nil
		}
		m := &Member{Archive: l.path, Version: l.Version, Kind: Tar, Name: name, Size: h.Size, Offset: place, Packed: h.Size}
		l.look(m, from(m))
	case tar.TypeLink:
		l.entries = append(l.entries, Entry{Name: name, link: orNone(clean(h.Linkname))})
	case tar.TypeSymlink:
		l.entries = append(l.entries, Entry{Name: name, link: orNone(symlink(name, h.Linkname))})
	case tar.TypeGNUSparse:
		l.refuse(name, sparse, "")
	default:
		l.entries = append(l.entries, Entry{Name: name, Reason: Special, Detail: fmt.Sprintf("type %q", h.Typeflag)})
	}
	return nil
}

// isSparse tells whether a regular file has holes that are not in the archive (GNU's formats
// in pax headers).
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// symlink is the path inside the archive that a symbolic link leads to, or "".
func symlink(name, to string) string {
	if strings.HasPrefix(to, "/") || strings.Contains(to, "\x00") {
		return ""
	}
	to = path.Join(path.Dir(name), to)
	if to == ".." || strings.HasPrefix(to, "../") {
		return ""
	}
	return to
}

// orNone is the target of a link; one that leads nowhere is a path that no member has.
func orNone(target string) string {
	if target == "" {
		return "\x00"
	}
	return target
}
