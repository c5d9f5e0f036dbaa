package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// outputBuffer is the buffer of an Output in bytes.
const outputBuffer = 1 << 16

// An Output is a file that an [Exporter] writes from its beginning to its end. Writes
// are buffered; errors name the file.
type Output struct {
	f    *os.File
	w    *bufio.Writer
	name string
	size int64
}

// CreateOutput makes the file of that slash-separated name below dir, and the folders
// above it. The caller ends it by Close, or after an error by Abort.
func CreateOutput(dir, name string) (*Output, error) {
	f, err := create(dir, name)
	if err != nil {
		return nil, err
	}
	return &Output{f: f, w: bufio.NewWriterSize(f, outputBuffer), name: name}, nil
}

// create makes a file, and the folders above it if they are not there.
func create(dir, name string) (*os.File, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.size += int64(n)
	return n, err
}

// Size is how many bytes were written so far.
func (o *Output) Size() int64 { return o.size }

// Close writes what is buffered, closes the file and returns its name and size.
func (o *Output) Close() (File, error) {
	err := errors.Join(o.w.Flush(), o.f.Close())
	o.f = nil
	return File{Name: o.name, Size: o.size}, err
}

// Abort closes the file, of which nobody needs the content. It does nothing after
// Close.
func (o *Output) Abort() {
	if o.f != nil {
		_ = o.f.Close()
		o.f = nil
	}
}

// WriteOutput writes a small file of that slash-separated name below dir.
func WriteOutput(dir, name string, data []byte) (File, error) {
	f, err := create(dir, name)
	if err != nil {
		return File{}, err
	}
	_, err = f.Write(data)
	return File{Name: name, Size: int64(len(data))}, errors.Join(err, f.Close())
}

// ClassesName is the file by which formats of plain numbers say what their labels mean.
const ClassesName = "classes.json"

// WriteClasses writes ClassesName below dir: {"classes": [names by label], "unknown":
// label of samples that no class matches}.
func WriteClasses(dir string, v View) (File, error) {
	classes := v.Classes()
	if classes == nil {
		classes = []string{}
	}
	text, err := json.MarshalIndent(struct {
		Classes []string `json:"classes"`
		Unknown int      `json:"unknown"`
	}{classes, v.Unknown()}, "", " ")
	if err != nil {
		return File{}, err
	}
	return WriteOutput(dir, ClassesName, append(text, '\n'))
}

// CheckLen returns an error unless a view gave as many samples as it announced: a
// format whose header counts them must not lie.
func CheckLen(v View, side Side, have int64) error {
	if need := v.Len(side); have != need {
		return fmt.Errorf("side %v: %d samples were read, %d are announced: the dataset was changed meanwhile", side, have, need)
	}
	return nil
}
