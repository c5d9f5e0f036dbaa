package mill

import (
	"errors"
	"fmt"
	"strings"
)

// Plan is what a run will do, complete and checked.
type Plan struct {
	Options
	Out      string // directory of the dataset
	Captures []Input
	Skipped  []Skip
	Problems []error // paths that could not be looked at; each names its path
}

// NothingError says that there is nothing to convert, and why.
type NothingError struct{ Plan *Plan }

func (e *NothingError) Error() string {
	p := e.Plan
	counts := map[SkipReason]int{}
	for _, s := range p.Skipped {
		counts[s.Reason]++
	}
	var why []string
	for _, r := range []SkipReason{NotACapture, Repeated, SpecialFile, LinkedDirectory, UnknownLabel} {
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

// Prepare looks at the paths and says what will be read, in which order and
// with which label. Regular files are opened only as far as needed to tell
// their format; streams are not touched. It returns a Plan together with a
// *NothingError or *LabelError when the run must not start, so that the reasons
// can be shown.
func Prepare(paths []string, out string, o Options) (*Plan, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	f := find(paths, o.StdinName)
	p := &Plan{Options: o, Out: out, Skipped: f.skipped, Problems: f.problems}
	if len(f.inputs) == 0 {
		return p, &NothingError{Plan: p}
	}
	var err error
	if p.Labels, err = o.classTable(f.inputs); err != nil {
		return nil, err
	}
	o.Labels = p.Labels
	p.resolve()
	p.Captures = f.inputs[:0] // in place: there may be a million
	var bad []error
	for _, in := range f.inputs {
		m := o.match(&in)
		in.Label, in.Class, in.Keyword = m.Label, m.Class, m.Keyword
		switch {
		case m.Err() != nil:
			bad = append(bad, m.Err())
		case m.Label != o.Labels.Unknown() || o.Unknown == KeepUnknown || o.LabelFrom == FromTable:
		case o.Unknown == SkipUnknown:
			p.Skipped = append(p.Skipped, Skip{Path: in.Path, Reason: UnknownLabel, Detail: o.unmatched()})
			continue
		default:
			bad = append(bad, fmt.Errorf("%s: %s", in.Path, o.unmatched()))
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

// Bytes is the size in bytes of all captures whose size is known.
func (p *Plan) Bytes() int64 {
	var n int64
	for i := range p.Captures {
		n += p.Captures[i].Size
	}
	return n
}
