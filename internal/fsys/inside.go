package fsys

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A SpecialError reports a name in a directory that is not what a dataset may hold
// there: a symbolic link, a FIFO, a device, a directory, or, where it would be
// written in place, a file with further names.
type SpecialError struct {
	Path string
	What string // what is there, such as "a symbolic link"
	Need string // what must be there, such as "a regular file"
	Todo string
}

// Error names the path, what is there and what must be there.
func (e *SpecialError) Error() string {
	return fmt.Sprintf("%s is %s, need %s", e.Path, e.What, e.Need)
}

// Paths returns the path.
func (e *SpecialError) Paths() []string { return []string{e.Path} }

// Hint says what to do about it.
func (e *SpecialError) Hint() string { return e.Todo }

// A TextError reports a file that cannot be the text that it should be.
type TextError struct {
	Path string
	What string
}

// Error names the path and what is wrong.
func (e *TextError) Error() string { return e.Path + ": " + e.What }

// Paths returns the path.
func (e *TextError) Paths() []string { return []string{e.Path} }

// OpenInside opens the regular file of that slash-separated name below dir. flag is
// that of os.OpenFile. dir itself is the user's choice and may be reached by links.
// Everything below it is taken from whoever made the directory, so nothing below it
// is followed or waited for: a symbolic link, a FIFO, a device, a socket or a
// directory is refused with a [*SpecialError], whether it is the file or a folder on
// the way. A file that is opened for writing must not have another name (a hard
// link), because writing would change the file under that name too.
func OpenInside(disk FS, dir, name string, flag int) (File, error) {
	path, err := inside(disk, dir, name)
	if err != nil {
		return nil, err
	}
	f, _, err := openRegular(disk, path, flag)
	return f, err
}

// openRegular opens the file at path, and describes it.
func openRegular(disk FS, path string, flag int) (File, fs.FileInfo, error) {
	// Before opening: where the flags below do nothing, a FIFO would be waited for.
	info, err := disk.Lstat(path)
	switch {
	case err == nil:
		if err := Regular(path, info, flag); err != nil {
			return nil, nil, err
		}
	case !errors.Is(err, fs.ErrNotExist) || flag&os.O_CREATE == 0:
		return nil, nil, err
	}
	f, err := disk.OpenFile(path, flag|NoFollow, 0o666)
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err == nil { // what was opened, whatever has the name by now
		err = Regular(path, info, flag)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// An Opener opens many files below one directory, to read them, as [OpenInside] does. It looks
// at the folders on the way where they are not those of the file before. It is for one
// goroutine.
type Opener struct {
	Disk FS
	Dir  string

	from, at string // the folder of the file before, as it stood in its name, and its path
}

// Open opens the file of that slash-separated name, and describes it as it was opened.
func (o *Opener) Open(name string) (File, fs.FileInfo, error) {
	cut := strings.LastIndexByte(name, '/') + 1
	folder, base := name[:cut], name[cut:]
	plain := base != "." && filepath.IsLocal(base) && filepath.Base(base) == base
	if cut > 0 && folder == o.from && plain {
		return openRegular(o.Disk, o.at+base, os.O_RDONLY)
	}
	path, err := inside(o.Disk, o.Dir, name)
	if err != nil {
		return nil, nil, err
	}
	if o.from = ""; plain {
		o.from, o.at = folder, path[:len(path)-len(base)]
	}
	return openRegular(o.Disk, path, os.O_RDONLY)
}

// Folders checks that name, below dir, is a folder, and that the folders on the way are real
// ones. Errors are those of [OpenInside].
func Folders(disk FS, dir, name string) error {
	_, err := inside(disk, dir, name+"/files in it")
	return err
}

// inside is the path of a name below dir. The folders on the way are real ones.
func inside(disk FS, dir, name string) (path string, err error) {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return "", &SpecialError{Path: filepath.Join(dir, local), What: "a name that leads elsewhere", Need: "a name inside " + dir}
	}
	path = dir
	parts := strings.Split(filepath.Clean(local), string(filepath.Separator))
	for _, part := range parts[:len(parts)-1] {
		path = filepath.Join(path, part)
		info, err := disk.Lstat(path)
		if err != nil {
			return "", err
		}
		if !info.IsDir() {
			return "", &SpecialError{Path: path, What: Kind(info), Need: "a folder", Todo: copyHint}
		}
	}
	return filepath.Join(path, parts[len(parts)-1]), nil
}

const copyHint = "nothing outside of the directory is read or written through it; put what is meant there in its place"

// Regular refuses, with a [*SpecialError], what is not a regular file, and, if flag is one
// for writing, a file with further names.
func Regular(path string, info fs.FileInfo, flag int) error {
	if !info.Mode().IsRegular() {
		return &SpecialError{Path: path, What: Kind(info), Need: "a regular file", Todo: copyHint}
	}
	if n := links(info); n > 1 && flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		return &SpecialError{
			Path: path, What: fmt.Sprintf("one file under %d names (hard links)", n), Need: "a file of its own",
			Todo: "writing to it would change the others; make it a file of its own by copying it and renaming the copy",
		}
	}
	return nil
}

// Kind says in words what a directory entry is.
func Kind(info fs.FileInfo) string {
	switch t := info.Mode().Type(); {
	case t == 0:
		return "a file"
	case t&fs.ModeDir != 0:
		return "a directory"
	case t&fs.ModeSymlink != 0:
		return "a symbolic link"
	case t&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case t&fs.ModeSocket != 0:
		return "a socket"
	case t&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// chunk is how much of a text is read before it is looked at.
const chunk = 1 << 20

// ReadText reads the whole text file of that name below dir; see [OpenInside]. A file
// of more than limit bytes is refused with a [*TextError], and so is one with control
// characters, as soon as the first is read: a sparse file takes no memory.
func ReadText(disk FS, dir, name string, limit int64) (text []byte, err error) {
	f, err := OpenInside(disk, dir, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if info.Size() > limit {
		return nil, &TextError{path, fmt.Sprintf("has %d bytes, need at most %d", info.Size(), limit)}
	}
	text = make([]byte, 0, min(info.Size(), chunk)+1)
	for {
		from := len(text)
		if from == cap(text) {
			// As much again as was seen to be there, or all that is left.
			grown := make([]byte, from, min(2*int64(from), max(info.Size(), int64(from)))+chunk)
			copy(grown, text)
			text = grown
		}
		n, err := f.Read(text[from:min(cap(text), from+chunk)])
		text = text[:from+n]
		if int64(len(text)) > limit {
			return nil, &TextError{path, fmt.Sprintf("has more than %d bytes", limit)}
		}
		for i, c := range text[from:] {
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
				return nil, &TextError{path, fmt.Sprintf("is not text: byte %d is 0x%02x", from+i, c)}
			}
		}
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
