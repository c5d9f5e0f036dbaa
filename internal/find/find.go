// Package find lists the captures that a user's paths name. It looks at content and never
// at file names, opens each file only as far as its format needs, and opens nothing that
// can be read only once.
//
// Arguments keep their order. A directory is walked, and its files come in byte-wise order
// of their slash-separated relative paths. A file that is reached twice, by whatever path,
// is listed once. What is not listed has a reason:
//
//   - a Skip is no error: a file in a directory that is not a capture, a socket, a link to
//     a directory, a file that was reached before, an archive inside an archive;
//   - a problem is an error that names its path: a file that cannot be opened, an argument
//     that is not a capture, an archive that is not read, wherever it stands (see
//     [ArchiveError]), a member of an archive that cannot be read.
//
// Archives that are read are directories (see package archive): their members come in
// byte-wise order of their paths inside, behind what comes before the archive.
//
// A File is a location that can be opened. Its Name is independent of where the directory
// stands on this machine; labels and manifest go by it.
package find

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
)

// File is one capture.
type File struct {
	Path     string         // to open; "-" is standard input; of a member, that of the archive and its own
	Name     string         // base name, or relative to the directory named; valid UTF-8, see utf8Name
	Stream   bool           // standard input, a FIFO or a device: not opened yet
	Size     int64          // bytes on disk, of a member those of its content; 0 for streams
	Modified time.Time      // zero for streams; of a member, the archive's
	Format   capture.Format // empty for streams

	Member      *archive.Member // where to open it instead; nil if it is a file of its own
	ArchiveSize int64           // bytes of the archive
}

// Skip is a path that is not read, which is no error.
type Skip struct{ Path, Reason, Detail string }

// Reasons to skip. All but Repeated are found in directories only.
const (
	NotACapture     = "not-a-capture"
	Repeated        = "same-file"            // reached before under another path
	SpecialFile     = "special-file"         // socket, FIFO or device
	LinkedDirectory = "symlink-to-directory" // not followed
	Nested          = "archive-in-archive"   // not opened
)

// Found is what the paths name.
type Found struct {
	Files    []File
	Skipped  []Skip
	Problems []error // each names its path
}

// finder walks what the user named.
type finder struct {
	Found
	seen      map[fileID]string
	options   capture.Options
	expansion int
}

// Options say how files are looked at.
type Options struct {
	StdinName string // what a capture on standard input is called; "" = "stdin"
	// Memory is how many bytes a capture may take, see capture.Options, and the list of an
	// archive's members: what needs more is a problem. 0 = no limit.
	Memory int64
	// MaxExpansion is how many times larger than its file a compressed archive may become,
	// see capture.Reader.MaxExpansion; 0 = no limit.
	MaxExpansion int
}

// Files lists the captures under the given paths; "-" is standard input.
func Files(paths []string, o Options) *Found {
	f := &finder{seen: map[fileID]string{}, options: capture.Options{MaxMemory: o.Memory}, expansion: o.MaxExpansion}
	for _, p := range paths {
		f.argument(p, o.StdinName)
	}
	return &f.Found
}

func (f *finder) problem(err error) { f.Problems = append(f.Problems, err) }

func (f *finder) skip(path, reason, detail string) {
	f.Skipped = append(f.Skipped, Skip{path, reason, detail})
}

func (f *finder) argument(p, stdinName string) {
	if p == "-" {
		if !f.repeated(p, fileID{name: "-"}) {
			if stdinName == "" {
				stdinName = "stdin"
			}
			f.Files = append(f.Files, File{Path: "-", Name: utf8Name(path.Base(filepath.ToSlash(stdinName))), Stream: true})
		}
		return
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		f.problem(err)
	case info.IsDir():
		f.directory(p)
	case !info.Mode().IsRegular():
		if !f.repeated(p, identify(p, info)) {
			f.Files = append(f.Files, File{Path: p, Name: utf8Name(filepath.Base(p)), Stream: true})
		}
	default:
		f.file(p, filepath.Base(p), info, false)
	}
}

func (f *finder) directory(root string) {
	var names []string
	// With /. appended, a link to a directory is walked too: the user named it.
	err := filepath.WalkDir(root+string(filepath.Separator)+".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			f.problem(err)
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.IsDir() || d.Type()&fs.ModeSymlink != 0 {
			if rel, err := filepath.Rel(root, p); err == nil && rel != "." {
				names = append(names, filepath.ToSlash(rel))
			}
		}
		return nil
	})
	if err != nil {
		f.problem(err)
	}
	slices.Sort(names)
	f.Files = slices.Grow(f.Files, len(names))
	for _, name := range names {
		p := filepath.Join(root, filepath.FromSlash(name))
		info, err := os.Stat(p)
		switch {
		case err != nil:
			f.problem(err)
		case info.IsDir():
			f.skip(p, LinkedDirectory, "name it as an argument to read it")
		case !info.Mode().IsRegular():
			f.skip(p, SpecialFile, info.Mode().Type().String())
		default:
			f.file(p, name, info, true)
		}
	}
}

// file adds a regular file if it is a capture. What is not one is skipped in a directory
// that was walked, and a problem as an argument; a damaged compressed file and an archive
// are problems in either place.
func (f *finder) file(p, name string, info fs.FileInfo, walked bool) {
	if f.repeated(p, identify(p, info)) {
		return
	}
	format, err := f.options.Sniff(p)
	err = Archive(err)
	var not *capture.NotCaptureError
	var a *ArchiveError
	switch {
	case errors.As(err, &a) && a.format != "":
		f.members(p, name, info, a)
	case err == nil:
		f.Files = append(f.Files, File{Path: p, Name: utf8Name(name), Size: info.Size(), Modified: info.ModTime(), Format: format})
	case walked && errors.As(err, &not) && not.Err == nil:
		f.skip(p, NotACapture, err.Error())
	default:
		f.problem(err)
	}
}

func (f *finder) repeated(p string, id fileID) bool {
	if before, ok := f.seen[id]; ok {
		f.skip(p, Repeated, fmt.Sprintf("it is %s again", before))
		return true
	}
	f.seen[id] = p
	return false
}

// utf8Name is a file name as the manifest can hold it. JSON is UTF-8 and would turn every
// byte that is not valid UTF-8 into the same character. Each such byte becomes four
// characters like \xff, so that different names stay different.
func utf8Name(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for i, r := range name {
		if _, n := utf8.DecodeRuneInString(name[i:]); r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, name[i])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
