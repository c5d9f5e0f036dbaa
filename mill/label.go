package mill

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/session"
)

// LabelFrom is where labels come from.
type LabelFrom uint8

// Sources of labels.
const (
	FromName    LabelFrom = iota // keywords in the capture's base name
	FromDir                      // the capture's directory
	FromTable                    // a table of flows, session by session
	FromComment                  // comments of packets in pcapng files, session by session
)

var labelFromNames = []string{"name", "dir", "table", "comment"}

func (f LabelFrom) String() string { return labelFromNames[f] }

// ParseLabelFrom reads "name", "dir", "table" or "comment".
func ParseLabelFrom(text string) (LabelFrom, error) {
	if i := slices.Index(labelFromNames, text); i >= 0 {
		return LabelFrom(i), nil
	}
	return 0, fmt.Errorf("no source of labels %q: have %s", text, strings.Join(labelFromNames, ", "))
}

// Reasons why units are left out, besides being empty. Another is unknownLabel.
const (
	tooFewPackets = "min-packets"
	tooFewBytes   = "min-bytes"
	tooShort      = "min-span"
	with          = "with-" // and the kind of packet that took its session away
)

// wanted says why a unit is not wanted; "" if it is.
func (o *Options) wanted(s *session.Session) (reason string) {
	switch {
	case s.Matched != header.DropNone:
		return with + s.Matched.First().String()
	case s.Count() < uint64(o.MinPackets):
		return tooFewPackets
	case s.Bytes < uint64(o.MinBytes):
		return tooFewBytes
	case o.MinSpan > 0 && !lasts(s, o.MinSpan):
		return tooShort
	}
	return ""
}

// lasts reports whether a unit takes at least so many nanoseconds.
func lasts(s *session.Session, ns int64) bool {
	return uint64(s.Last)-uint64(s.Unit.Earliest) >= uint64(ns) // the latest is never before the earliest
}

// classTable is the table that a run goes by. Without one, classes are the directories
// of the captures, or those that the table of flows names, in byte-wise order.
func (o *Options) classTable(ctx context.Context, inputs []Input) (*label.Table, error) {
	switch {
	case o.Labels != nil || o.LabelFrom == FromName:
		return o.Labels, nil
	case o.LabelFrom == FromTable:
		if classes := o.Flows.Classes(); len(classes) > 0 {
			return label.New(tableOfRows, classes)
		}
		return nil, noClasses(o.Flows.Left())
	case o.LabelFrom == FromComment:
		classes, err := commentClasses(ctx, o, inputs)
		if err != nil {
			return nil, err
		}
		return label.New(tableOfComments, classes)
	}
	var names []string
	for i := range inputs {
		if d := directory(&inputs[i]); d != "" && !strings.EqualFold(d, label.UnknownName) {
			names = append(names, d)
		}
	}
	if names == nil {
		return nil, errors.New("no capture is in a directory that can give it a class: put each class into a directory of its own and name the one above them, or give a class table (--labels)")
	}
	slices.Sort(names)
	return label.New(tableOfDirectories, slices.Compact(names))
}

// noClasses says why a table has no class.
func noClasses(left []flows.Left) error {
	var why []string
	for _, l := range left {
		why = append(why, fmt.Sprintf("%d %s", l.Rows, l.Reason))
	}
	if why == nil {
		return errors.New("the table has no rows, so no class: give another table, or a class table (--labels)")
	}
	return fmt.Errorf("no row of the table can give a class: %s; look at the columns (--table-columns), or give a class table (--labels)", strings.Join(why, ", "))
}

// directory is the name of the directory that gives a capture its class: the one
// directly below the directory that the user named, or, of a capture that stands in
// that one or was named itself, the one it stands in; "" for standard input. An archive
// counts as unpacked where it stands: its own name is no directory.
func directory(in *Input) string {
	if in.Path == "-" {
		return ""
	}
	name, where := in.Name, in.Path
	if m := in.member; m != nil {
		where = m.Archive
		name = m.Name
		if outside := strings.Count(in.Name, "/") - strings.Count(m.Name, "/") - 1; outside > 0 { // it stands below what was named
			name = in.Name
		}
	}
	if first, _, below := strings.Cut(name, "/"); below {
		return first
	}
	whole, err := filepath.Abs(where)
	if err != nil {
		return ""
	}
	if d := filepath.Base(filepath.Dir(whole)); d != string(filepath.Separator) && d != "." {
		return d
	}
	return ""
}

// match gives a capture its label.
func (o *Options) match(in *Input) label.Match {
	switch o.LabelFrom {
	case FromTable, FromComment:
		return label.Match{File: in.Name, Label: o.Labels.Unknown(), Class: manifest.BySession}
	case FromDir:
		return o.Labels.MatchExactly(directory(in))
	}
	return o.Labels.Match(in.Name)
}

// MatchTasks are what decides the class of a capture in each task of the class table, by the
// same rule as its label.
func (o *Options) MatchTasks(in *Input) (matches []label.Match) {
	for i := range o.Labels.Tasks {
		if t := &o.Labels.Tasks[i]; o.LabelFrom == FromDir {
			matches = append(matches, t.MatchExactly(directory(in)))
		} else {
			matches = append(matches, t.Match(in.Name))
		}
	}
	return matches
}

// unmatched says why a capture has no class.
func (o *Options) unmatched() string {
	if o.LabelFrom == FromDir {
		return "no class of " + o.Labels.Name + " is called like its directory"
	}
	return "no class of " + o.Labels.Name + " matches its name"
}

// resolve gives the classes of the table of flows their labels.
func (o *Options) resolve() {
	if o.LabelFrom == FromTable {
		o.Flows.Resolve(func(class string) uint16 { return o.Labels.MatchExactly(class).Label })
	}
}

// labelOf is the label of session i of the capture in hand. reason is not empty if the
// session is left out because it has none.
func (a *adding) labelOf(i int, s *session.Session) (id uint16, reason string, err error) {
	o := a.s.o
	if !o.bySession() {
		return a.label, "", nil
	}
	id, err = a.s.rows.label(o, a.comments, s)
	why := "no row of the table gives it a class"
	if o.LabelFrom == FromComment {
		why = "no comment of its first kept packet gives it a class"
	}
	var conflict *flows.ConflictError
	var said *CommentConflictError
	switch {
	case errors.As(err, &conflict), errors.As(err, &said):
		why = err.Error()
		a.c.LabelConflicts++
		err = fmt.Errorf("%s: session %d, from packet %d on: %w", a.c.Name, i, s.First, err)
		if o.TableConflict == RefuseConflicts {
			a.s.rows.refuse(err)
			return id, "", nil // the run goes on to count the others, and fails
		}
	case err != nil:
		return 0, "", err
	}
	switch {
	case id != o.Labels.Unknown() || o.Unknown == KeepUnknown:
		return id, "", nil
	case o.Unknown == SkipUnknown:
		return 0, unknownLabel, nil
	}
	return 0, "", fmt.Errorf("%s: session %d, from packet %d on: %s; --unknown keep or skip goes on", a.c.Name, i, s.First, why)
}

// countsOf are counts by label, sorted; nil if there are none.
func countsOf(perLabel map[uint16]int64) (counts []manifest.LabelCount) {
	for id, n := range perLabel {
		counts = append(counts, manifest.LabelCount{Label: id, Samples: n})
	}
	slices.SortFunc(counts, func(x, y manifest.LabelCount) int { return int(x.Label) - int(y.Label) })
	return counts
}
