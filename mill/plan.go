package mill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/find"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/manifest"
)

// Input is one capture to read: a location that can be opened, and its label.
type Input struct {
	Path     string         // to open; "-" is standard input; of a member of an archive, ARCHIVE/MEMBER
	Name     string         // for the manifest: base name, or relative to the directory named; valid UTF-8
	Size     int64          // bytes on disk, of a member those of its content; 0 if it can be read only once
	Modified time.Time      // of a member, the archive's; zero if it can be read only once
	Stream   bool           // standard input, a FIFO or a device: not opened before the run
	Format   capture.Format // empty for streams
	Label    uint16
	Class    string   // of the label
	Keyword  string   // that gave the label; "" for unknown
	Tasks    []string // class in each task of the class table

	member      *archive.Member // where to open it instead; nil: it is a file of its own
	archiveSize int64           // bytes of the archive
	version     string          // of an object (of a member, its archive), see package objects

	chunk *capture.Chunk // that is read; nil: all of it
}

// Skip is a path that is not read, which is no error.
type Skip struct {
	Path   string
	Reason string // not-a-capture, same-file, special-file, symlink-to-directory, archive-in-archive or unknown-label
	Detail string
}

// unknownLabel is why a capture is skipped that could be read: no class matches, and the
// user said skip.
const unknownLabel = "unknown-label"

// Plan is what a run will do, complete and checked. It is plain data: [Plan.MarshalJSON]
// writes it, and a plan that is read back makes the same dataset.
type Plan struct {
	Options
	Out      string // directory of the dataset
	Captures []Input
	Skipped  []Skip
	Problems []error // paths that could not be looked at; each names its path

	// Of a plan for several processes, see Divide.
	Chunks []Chunk
	Parts  int               // into which sessions are dealt
	Behind map[string]string // options of what is done with the finished dataset, by name: the caller's

	chunkOf []int // the chunk of each capture, in a plan with groups that is divided

	planned *manifest.Settings  // of a plan that was read from JSON; else nil
	others  []manifest.Settings // the same of the variants but the first
	id      string              // of such a plan
	opener  *opener             // for EachPacket; nil if neither Prepare nor JSON has made the plan
}

// NothingError says that there is nothing to convert, and why.
type NothingError struct{ Plan *Plan }

func (e *NothingError) Error() string {
	p := e.Plan
	counts := map[string]int{}
	for _, s := range p.Skipped {
		counts[s.Reason]++
	}
	var why []string
	for _, r := range []string{find.NotACapture, find.Repeated, find.SpecialFile, find.LinkedDirectory, find.Nested, unknownLabel} {
		if n := counts[r]; n > 0 {
			why = append(why, fmt.Sprintf("%d %s", n, r))
		}
	}
	if n := len(p.Problems); n > 0 {
		why = append(why, fmt.Sprintf("%d unreadable or no capture", n))
	}
	if why == nil {
		why = []string{"no files"}
	}
	return "nothing to convert: " + strings.Join(why, ", ")
}

// LabelError lists the captures whose labels keep a run from starting.
type LabelError struct{ Captures []error }

func (e *LabelError) Error() string {
	return "labels: " + errors.Join(e.Captures...).Error()
}

// Unwrap returns the errors of the captures.
func (e *LabelError) Unwrap() []error { return e.Captures }

// Prepare looks at the paths and says what will be read, in which order and
// with which label. Regular files are opened only as far as needed to tell
// their format; streams are not touched. It returns a Plan together with a
// *NothingError or *LabelError when the run must not start, so that the reasons
// can be shown.
func Prepare(paths []string, out string, o Options) (*Plan, error) {
	return PrepareIn(context.Background(), paths, out, o)
}

// PrepareIn is [Prepare] that ends with the error of ctx when that is done. Labels from comments
// without a class table take long, because the comments of all captures are read for it, and so
// do archives that are compressed and stores.
func PrepareIn(ctx context.Context, paths []string, out string, o Options) (*Plan, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	p := &Plan{Options: o, Out: out}
	p.find(ctx, paths)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(p.Captures) == 0 {
		return p, &NothingError{Plan: p}
	}
	if err := p.checkStreams(); err != nil {
		return nil, err
	}
	var err error
	if p.Labels, err = o.classTable(ctx, p.Captures); err != nil {
		return nil, err
	}
	o.Labels = p.Labels
	p.resolve()
	all := p.Captures
	p.Captures = all[:0] // in place: there may be a million
	var bad []error
	for _, in := range all {
		m := o.match(&in)
		in.Label, in.Class, in.Keyword = m.Label, m.Class, m.Keyword
		switch {
		case m.Err() != nil:
			bad = append(bad, m.Err())
		case m.Label != o.Labels.Unknown() || o.Unknown == KeepUnknown || o.bySession():
		case o.Unknown == SkipUnknown:
			p.Skipped = append(p.Skipped, Skip{Path: in.Path, Reason: unknownLabel, Detail: o.unmatched()})
			continue
		default:
			bad = append(bad, fmt.Errorf("%s: %s", in.Path, o.unmatched()))
		}
		for i, m := range o.MatchTasks(&in) {
			in.Tasks = append(in.Tasks, m.Class)
			if m.Err() != nil && i > 0 { // the first one is the label
				bad = append(bad, fmt.Errorf("task %s: %w", o.Labels.Tasks[i].Name, m.Err()))
			}
		}
		p.Captures = append(p.Captures, in)
	}
	switch {
	case bad != nil:
		return p, &LabelError{Captures: bad}
	case len(p.Captures) == 0:
		return p, &NothingError{Plan: p}
	}
	return p, nil
}

// find lists what the paths name.
func (p *Plan) find(ctx context.Context, paths []string) {
	found := find.FilesIn(ctx, paths, find.Options{StdinName: p.StdinName, Memory: p.captureMemory(p.memory()), MaxExpansion: p.MaxExpansion, Workers: p.workers(), LeastHelped: p.divided})
	p.Problems = found.Problems
	p.Captures = make([]Input, len(found.Files))
	for i := range found.Files {
		f := &found.Files[i]
		p.stores = p.stores || objects.Is(f.Path)
		p.Captures[i] = Input{
			Path: f.Path, Name: f.Name, Size: f.Size, Modified: f.Modified, Stream: f.Stream, Format: f.Format,
			member: f.Member, archiveSize: f.ArchiveSize, version: f.Version,
		}
	}
	p.opener = newOpener(p)
	for _, s := range found.Skipped {
		p.Skipped = append(p.Skipped, Skip(s))
	}
}

// Bytes is the size in bytes of all captures whose size is known.
func (p *Plan) Bytes() int64 {
	var n int64
	for i := range p.Captures {
		n += p.Captures[i].Size
	}
	return n
}
