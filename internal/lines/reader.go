package lines

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/bytelog"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Reader reads the lines of a dataset. It is for one goroutine.
type Reader struct {
	text, index fsys.File
	n           int64
	end         int64 // of the last line
	at          int64 // where the next line begins
	next        int64
	ends        *bufio.Reader
	lines       *bufio.Reader
	line        []byte
}

// NewReader opens the files in dir, of which the manifest counts n samples. Files with fewer
// are refused, and so is what is not a regular file of dir.
func NewReader(disk fsys.FS, dir string, n int64) (_ *Reader, err error) {
	r := &Reader{n: n}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if r.end, err = lastEnd(disk, dir, n); err != nil {
		return nil, err
	}
	if r.index, err = fsys.OpenInside(disk, dir, IndexName, os.O_RDONLY); err != nil {
		return nil, err
	}
	if r.text, err = fsys.OpenInside(disk, dir, Name, os.O_RDONLY); err != nil {
		return nil, err
	}
	info, err := r.text.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < r.end {
		return nil, bytelog.Short(r.text.Name(), info.Size(), r.end)
	}
	r.ends = bufio.NewReaderSize(io.NewSectionReader(r.index, 0, n*EntryLen), 1<<16)
	r.lines = bufio.NewReaderSize(io.NewSectionReader(r.text, 0, r.end), 1<<18)
	return r, nil
}

// Len is the number of lines.
func (r *Reader) Len() int64 { return r.n }

// Size is how many bytes of text the lines have.
func (r *Reader) Size() int64 { return r.end }

// Next returns the next line, beginning with the first, without its end, and io.EOF behind
// the last. The bytes are lent until the next call.
func (r *Reader) Next() ([]byte, error) {
	if r.next >= r.n {
		return nil, io.EOF
	}
	var b [EntryLen]byte
	if _, err := io.ReadFull(r.ends, b[:]); err != nil {
		return nil, unexpected(err)
	}
	end := binary.LittleEndian.Uint64(b[:])
	n, err := r.length(r.next, uint64(r.at), end)
	if err != nil {
		return nil, err
	}
	if cap(r.line) < n {
		r.line = make([]byte, n, n+n/4)
	}
	r.line = r.line[:n]
	if _, err := io.ReadFull(r.lines, r.line); err != nil {
		return nil, unexpected(err)
	}
	r.at = int64(end)
	r.next++
	return r.checked(r.next-1, r.line)
}

// length is how long line i is, with its end, that begins at one offset and ends at another.
func (r *Reader) length(i int64, at, end uint64) (int, error) {
	if end <= at || end > uint64(r.end) || end-at > MaxLine+1 {
		return 0, &dataset.MismatchError{
			File: r.index.Name(), What: fmt.Sprintf("end of line %d", i), Have: int64(end), Need: int64(at) + 1,
			Hint: "the file is damaged; restore it, or make the dataset anew",
		}
	}
	return int(end - at), nil
}

// checked is a line without its end.
func (r *Reader) checked(i int64, line []byte) ([]byte, error) {
	if last := len(line) - 1; line[last] == '\n' {
		return line[:last], nil
	}
	return nil, fmt.Errorf("%s: line %d has no line end where %s says: the files do not belong together; restore them, or make the dataset anew",
		r.text.Name(), i, IndexName)
}

// At appends line i, 0 <= i < Len, to dst.
func (r *Reader) At(dst []byte, i int64) ([]byte, error) {
	from, to, err := r.Place(i)
	if err != nil {
		return nil, err
	}
	n := int(to - from)
	at := len(dst)
	dst = append(dst, make([]byte, n)...)
	if _, err := r.text.ReadAt(dst[at:], from); err != nil {
		return nil, unexpected(err)
	}
	line, err := r.checked(i, dst[at:])
	return dst[:at+len(line)], err
}

// Place is where line i begins and ends in the text.
func (r *Reader) Place(i int64) (from, to int64, err error) {
	if i < 0 || i >= r.n {
		return 0, 0, fmt.Errorf("line %d of %d", i, r.n)
	}
	var b [2 * EntryLen]byte
	if i == 0 {
		_, err = r.index.ReadAt(b[EntryLen:], 0)
	} else {
		_, err = r.index.ReadAt(b[:], (i-1)*EntryLen)
	}
	if err != nil {
		return 0, 0, unexpected(err)
	}
	at, end := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[EntryLen:])
	if _, err := r.length(i, at, end); err != nil {
		return 0, 0, err
	}
	return int64(at), int64(end), nil
}

// unexpected is err, but for the end of a file that was long enough before.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Close closes the files.
func (r *Reader) Close() (err error) {
	for _, f := range []fsys.File{r.text, r.index} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
