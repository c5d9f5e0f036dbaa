package dataset

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/fsys"
)

// A Folder is where an [Exporter] writes: a new directory, which holds none of its files.
// Names in it have slashes.
type Folder struct {
	disk fsys.FS
	path string
}

// NewFolder is the directory at that path, which exists.
func NewFolder(path string) Folder { return NewFolderIn(fsys.OS{}, path) }

// NewFolderIn is [NewFolder] in another file system.
func NewFolderIn(disk fsys.FS, path string) Folder { return Folder{disk, path} }

// Path is the path of a file in the folder; of "" its own.
func (d Folder) Path(name string) string { return filepath.Join(d.path, filepath.FromSlash(name)) }

// outputBuffer is the buffer of an Output in bytes.
const outputBuffer = 1 << 16

// An Output is a file that an [Exporter] writes from its beginning to its end. Writes
// are buffered; errors name the file.
type Output struct {
	f    fsys.File
	w    *bufio.Writer
	name string
	size int64
}

// Create makes a file, and the folders above it. The caller ends it by Close, or after an
// error by Abort.
func (d Folder) Create(name string) (*Output, error) {
	f, err := d.create(name)
	if err != nil {
		return nil, err
	}
	return &Output{f: f, w: bufio.NewWriterSize(f, outputBuffer), name: name}, nil
}

// create makes a file, and the folders above it if they are not there.
func (d Folder) create(name string) (fsys.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := d.disk.OpenFile(d.Path(name), flags, 0o666)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := d.disk.MkdirAll(filepath.Dir(d.Path(name)), 0o777); err != nil {
		return nil, err
	}
	return d.disk.OpenFile(d.Path(name), flags, 0o666)
}

// Mkdir makes a folder, and those above it, if they are not there.
func (d Folder) Mkdir(name string) error { return d.disk.MkdirAll(d.Path(name), 0o777) }

// Open opens a file that was written, to look at it again.
func (d Folder) Open(name string) (fsys.File, error) {
	return fsys.OpenInside(d.disk, d.path, name, os.O_RDONLY)
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

// Write writes a small file.
func (d Folder) Write(name string, data []byte) (File, error) {
	f, err := d.create(name)
	if err != nil {
		return File{}, err
	}
	_, err = f.Write(data)
	return File{Name: name, Size: int64(len(data))}, errors.Join(err, f.Close())
}

// AsideFolder holds the files of an export that are no data. Programs that read a whole
// folder as data pass over it: pyarrow, pandas and Spark because its name begins with a
// line, datasets of Hugging Face because it begins with two.
const AsideFolder = "__pcapmill"

// ClassesName is the file by which formats of plain numbers say what their labels mean.
const ClassesName = AsideFolder + "/classes.json"

// WriteClasses writes ClassesName: {"classes": [names by label], "unknown": label of
// samples that no class matches}.
func (d Folder) WriteClasses(v View) (File, error) {
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
	return d.Write(ClassesName, append(text, '\n'))
}

// CheckLen returns an error unless a view gave as many samples as it announced: a
// format whose header counts them must not lie.
func CheckLen(v View, side Side, have int64) error {
	if need := v.Len(side); have != need {
		return fmt.Errorf("side %v: %d samples were read, %d are announced: the dataset was changed meanwhile", side, have, need)
	}
	return nil
}
