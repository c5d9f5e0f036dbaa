package mill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/capture"
)

// Input is one capture to read.
type Input struct {
	Path    string         // to open; "-" is standard input
	Name    string         // for the manifest: base name, or relative to the directory named; UTF-8, see utf8Name
	Size    int64          // bytes on disk; 0 if it can be read only once
	Stream  bool           // standard input, a FIFO or a device: not looked at before the run
	Format  capture.Format // empty for streams
	Label   uint16
	Class   string // of the label
	Keyword string // that gave the label; "" for unknown
}

// SkipReason is why a path is not read. Skipping is no error.
type SkipReason string

// Reasons to skip.
const (
	NotACapture     SkipReason = "not-a-capture"        // found in a directory
	Repeated        SkipReason = "same-file"            // reached before under another path
	SpecialFile     SkipReason = "special-file"         // socket, FIFO or device found in a directory
	LinkedDirectory SkipReason = "symlink-to-directory" // found in a directory; not followed
	UnknownLabel    SkipReason = "unknown-label"        // no class matches and the user said skip
)

// Skip is a path that is not read.
type Skip struct {
	Path   string
	Reason SkipReason
	Detail string
}

// finder walks what the user named.
type finder struct {
	inputs   []Input
	skipped  []Skip
	problems []error
	seen     map[fileID]string
}

// find lists the captures under the given paths: arguments in their order, the
// files of a directory in byte-wise order of their slash-separated relative
// path, each file once.
func find(paths []string, stdinName string) *finder {
	f := &finder{seen: map[fileID]string{}}
	for _, p := range paths {
		f.argument(p, stdinName)
	}
	return f
}

func (f *finder) problem(err error) { f.problems = append(f.problems, err) }

func (f *finder) skip(path string, reason SkipReason, detail string) {
	f.skipped = append(f.skipped, Skip{Path: path, Reason: reason, Detail: detail})
}

func (f *finder) argument(p, stdinName string) {
	if p == "-" {
		if !f.repeated(p, fileID{name: "-"}) {
			if stdinName == "" {
				stdinName = "stdin"
			}
			f.inputs = append(f.inputs, Input{Path: "-", Name: utf8Name(path.Base(filepath.ToSlash(stdinName))), Stream: true})
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
			f.inputs = append(f.inputs, Input{Path: p, Name: utf8Name(filepath.Base(p)), Stream: true})
		}
	default:
		f.file(p, filepath.Base(p), info, false)
	}
}

func (f *finder) directory(root string) {
	var names []string
	// With /. behind it a link to a directory is walked too: it was asked for.
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
	f.inputs = slices.Grow(f.inputs, len(names))
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

// file adds a regular file if it is a capture.
func (f *finder) file(p, name string, info fs.FileInfo, walked bool) {
	if f.repeated(p, identify(p, info)) {
		return
	}
	format, err := capture.Sniff(p)
	var not *capture.NotCaptureError
	switch {
	case errors.As(err, &not) && walked && not.Err == nil: // a broken archive is a problem, not a skip
		f.skip(p, NotACapture, err.Error())
	case err != nil:
		f.problem(err)
	default:
		f.inputs = append(f.inputs, Input{Path: p, Name: utf8Name(name), Size: info.Size(), Format: format})
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

// utf8Name is a file name as the manifest can hold it: JSON is UTF-8, and would
// make one character of all bytes that are none. Each such byte becomes four
// characters like \xff, so that different names stay different to the eye.
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
