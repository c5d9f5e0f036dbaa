// Package find lists the captures that a user's paths name. It looks at content and never
// at file names, opens each file only as far as its format needs, several at a time, and opens
// nothing that can be read only once.
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
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/internal/parallel"
)

// File is one capture.
type File struct {
	Path     string         // to open; "-" is standard input; of a member, that of the archive and its own
	Name     string         // base name, or relative to the directory named; valid UTF-8, see utf8Name
	Stream   bool           // standard input, a FIFO or a device: not opened yet
	Size     int64          // bytes on disk, of a member those of its content; 0 for streams
	Modified time.Time      // zero for streams; of a member, the archive's
	Format   capture.Format // empty for streams

	Version string // of an object, see package objects; of a member, the archive's

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
	ctx       context.Context
	seen      map[fileID]string
	options   capture.Options
	expansion int

	workers     int   // that decode an archive
	leastHelped int64 // see archive.LeastHelped
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
	// Workers is how many goroutines decode a large compressed archive; 0 is one a core.
	Workers int
	// LeastHelped is the size in bytes of such an archive; 0 is archive.LeastHelped.
	LeastHelped int64
}

// Files lists the captures under the given paths; "-" is standard input.
func Files(paths []string, o Options) *Found { return FilesIn(context.Background(), paths, o) }

// FilesIn is [Files] that gives up objects of stores when ctx is done; they are then problems.
func FilesIn(ctx context.Context, paths []string, o Options) *Found {
	f := &finder{
		ctx: ctx, seen: map[fileID]string{}, options: capture.Options{MaxMemory: o.Memory}, expansion: o.MaxExpansion,
		workers: parallel.Workers(o.Workers), leastHelped: cmp.Or(o.LeastHelped, archive.LeastHelped),
	}
	for i, l := range f.look(paths, nil) {
		f.argument(paths[i], o.StdinName, l)
	}
	return &f.Found
}

// look is what a path turned out to be.
type look struct {
	info   fs.FileInfo
	err    error          // why there is no info
	format capture.Format // of a regular file
	not    error          // why there is no format
}

// together is how many paths are looked at together at most: memory is bounded by that, and
// two a core keep a core busy while the other waits for a file system.
const together = 8

// look looks at paths side by side; known is what is known of them, or nil. What it sees does
// not depend on how many there are.
func (f *finder) look(paths []string, known []*objects.Info) []look {
	const part = 16
	looks := make([]look, len(paths))
	_ = parallel.Each(context.Background(), min(2*parallel.Workers(0), together), (len(paths)+part-1)/part, func(_, n int) error {
		for i := n * part; i < min((n+1)*part, len(paths)); i++ {
			l := &looks[i]
			if paths[i] == "-" {
				continue // standard input
			}
			if known != nil {
				l.info = known[i]
			} else {
				l.info, l.err = objects.Stat(f.ctx, paths[i])
			}
			if l.err == nil && l.info.Mode().IsRegular() {
				o := f.options
				if objects.Is(paths[i]) {
					o.OpenFile = func(path string) (capture.File, error) {
						return objects.Open(f.ctx, path, objects.Version(l.info))
					}
				}
				l.format, l.not = o.Sniff(paths[i])
			}
		}
		return nil
	}) // nothing of it fails
	return looks
}

func (f *finder) problem(err error) { f.Problems = append(f.Problems, err) }

func (f *finder) skip(path, reason, detail string) {
	f.Skipped = append(f.Skipped, Skip{path, reason, detail})
}

func (f *finder) argument(p, stdinName string, l look) {
	if p == "-" {
		if !f.repeated(p, fileID{name: "-"}) {
			if stdinName == "" {
				stdinName = "stdin"
			}
			f.Files = append(f.Files, File{Path: "-", Name: utf8Name(path.Base(filepath.ToSlash(stdinName))), Stream: true})
		}
		return
	}
	switch {
	case l.err != nil:
		f.problem(l.err)
	case l.info.IsDir() && objects.Is(p):
		f.prefix(p)
	case l.info.IsDir():
		f.directory(p)
	case !l.info.Mode().IsRegular():
		if !f.repeated(p, identify(p, l.info)) {
			f.Files = append(f.Files, File{Path: p, Name: utf8Name(filepath.Base(p)), Stream: true})
		}
	default:
		f.file(p, base(p), l, false)
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
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(root, filepath.FromSlash(name))
	}
	for i, l := range f.look(paths, nil) {
		p := paths[i]
		switch {
		case l.err != nil:
			f.problem(l.err)
		case l.info.IsDir():
			f.skip(p, LinkedDirectory, "name it as an argument to read it")
		case !l.info.Mode().IsRegular():
			f.skip(p, SpecialFile, l.info.Mode().Type().String())
		default:
			f.file(p, names[i], l, true)
		}
	}
}

// prefix is directory for what stands below the path of a prefix in a store.
func (f *finder) prefix(root string) {
	found, err := objects.List(f.ctx, root)
	if err != nil {
		f.problem(err)
		return
	}
	paths := make([]string, len(found))
	for i, o := range found {
		paths[i] = o.Place.String()
	}
	for i, l := range f.look(paths, found) {
		f.file(paths[i], found[i].Relative(root), l, true)
	}
}

// file adds a regular file if it is a capture. What is not one is skipped in a directory
// that was walked, and a problem as an argument; a damaged compressed file and an archive
// are problems in either place.
func (f *finder) file(p, name string, l look, walked bool) {
	info := l.info
	if f.repeated(p, identify(p, info)) {
		return
	}
	err := Archive(l.not)
	var not *capture.NotCaptureError
	var a *ArchiveError
	switch {
	case errors.As(err, &a) && a.format != "":
		f.members(p, name, info, a)
	case err == nil:
		f.Files = append(f.Files, File{Path: p, Name: utf8Name(name), Size: info.Size(), Modified: info.ModTime(), Format: l.format, Version: objects.Version(info)})
	case walked && errors.As(err, &not) && not.Err == nil:
		f.skip(p, NotACapture, err.Error())
	default:
		f.problem(err)
	}
}

// base is the last part of a path of this machine, or of an object.
func base(p string) string {
	if objects.Is(p) {
		return path.Base(p)
	}
	return filepath.Base(p)
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
