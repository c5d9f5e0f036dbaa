package mill

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/session"
)

// TableConflict is what happens to sessions that match rows of several classes.
type TableConflict uint8

// Choices for them.
const (
	RefuseConflicts  TableConflict = iota // the run fails, and names them
	UnknownConflicts                      // they have no class
	LongestConflict                       // they have that of the row that overlaps theirs longest
)

var conflictNames = []string{"error", "unknown", "longest"}

func (c TableConflict) String() string { return conflictNames[c] }

// ParseTableConflict reads "error", "unknown" or "longest".
func ParseTableConflict(text string) (TableConflict, error) {
	if i := slices.Index(conflictNames, text); i >= 0 {
		return TableConflict(i), nil
	}
	return 0, fmt.Errorf("no choice %q for sessions of several classes: have %s", text, strings.Join(conflictNames, ", "))
}

// Matches counts what a table of flows did for the sessions that were looked up in it.
type Matches struct {
	Sessions  int64 // looked up
	Matched   int64 // of these, those that a row matched
	Conflicts int64 // of these, those that rows of several classes matched
	NoClass   int64 // of those that a row matched, those whose class the class table does not have
	flows.Missed
	Offset time.Duration // --table-offset by which Shifted sessions would have rows
}

// matches counts them while a run goes on.
type matches struct {
	Matches
	first []error // of conflicts that are refused
}

// namedConflicts is how many of them are named.
const namedConflicts = 20

// label looks a session up, in the table or in the comments. The error may be a
// *flows.ConflictError or a *CommentConflictError, with the label that the options give to
// such a session.
func (m *matches) label(o *Options, c *comments, s *session.Session) (id uint16, err error) {
	if o.LabelFrom == FromComment {
		m.Sessions++
		if id, err = c.label(o, s); err != nil {
			m.Conflicts++
		}
		if err != nil || id != o.Labels.Unknown() {
			m.Matched++
		}
		return id, err
	}
	low, high := s.Key.Endpoints()
	id, _, found, err := o.Flows.Label(low, high, s.Key.Proto(), s.Start, max(s.Start, s.Last))
	m.Sessions++
	var conflict *flows.ConflictError
	switch {
	case errors.As(err, &conflict):
		m.Matched++
		m.Conflicts++
		if id = o.Labels.Unknown(); o.TableConflict == LongestConflict {
			id = conflict.Longest
		}
	case !found:
		return o.Labels.Unknown(), err
	default:
		if m.Matched++; id == o.Labels.Unknown() {
			m.NoClass++
		}
	}
	return id, err
}

// refuse keeps a conflict that ends the run.
func (m *matches) refuse(err error) {
	if len(m.first) < namedConflicts {
		m.first = append(m.first, err)
	}
}

// use returns the counts, with what is known about sessions that were not matched.
func (m *matches) use(p *Plan) Matches {
	if p.Flows != nil {
		m.Missed = p.Flows.Missed()
		given, _ := time.ParseDuration(p.Table.Offset) // "" is none
		m.Offset = given + m.Shift
	}
	return m.Matches
}

// settled reports whether what was added so far may become part of the dataset: not while no
// row has matched a session, and not when the run is going to fail.
func (s *intake) settled() bool { return s.rows.first == nil && !s.unmatched() }

// unmatched reports whether sessions were looked up, none matched a row, and the dataset has
// no sample with a class from before.
func (s *intake) unmatched() bool {
	if s.o.LabelFrom != FromTable || s.rows.Sessions == 0 || s.rows.Matched > 0 {
		return false
	}
	for _, c := range s.w.Manifest().Classes {
		if c.Samples > 0 && c.Label != s.o.Labels.Unknown() {
			return false
		}
	}
	return true
}

// judge is the error of a run whose labels cannot be right.
func (s *intake) judge(r *Result) error {
	switch {
	case s.rows.first != nil:
		return &ConflictsError{Sessions: s.rows.Conflicts, First: s.rows.first}
	case s.unmatched() && !r.Interrupted:
		return &NoMatchError{r.Table}
	}
	return nil
}

// ConflictsError says that sessions match rows of several classes.
type ConflictsError struct {
	Sessions int64   // all of them
	First    []error // the first of them, at most 20; each wraps a *flows.ConflictError
}

// Error names the first of them.
func (e *ConflictsError) Error() string {
	what := "1 session matches rows of several classes"
	if e.Sessions != 1 {
		what = fmt.Sprintf("%d sessions match rows of several classes", e.Sessions)
	}
	if e.comments() {
		what = fmt.Sprintf("sessions with comments of several classes: %d", e.Sessions)
	}
	if more := e.Sessions - int64(len(e.First)); more > 0 {
		what += fmt.Sprintf(", %d of them not named here", more)
	}
	return errors.Join(e.First...).Error() + "\n" + what
}

// comments reports whether the classes are those of comments.
func (e *ConflictsError) comments() bool {
	return len(e.First) > 0 && errors.As(e.First[0], new(*CommentConflictError))
}

// Unwrap returns the errors of the first of them.
func (e *ConflictsError) Unwrap() []error { return e.First }

// Hint says what a person can do about it.
func (e *ConflictsError) Hint() string {
	if e.comments() {
		return "--table-conflict unknown gives them no class; where five-tuples are used again, --idle-timeout or --tcp-restart on divides sessions"
	}
	return "--table-conflict longest takes the row that overlaps longest, unknown gives no class; where five-tuples are used again, --idle-timeout or --tcp-restart on divides sessions"
}

// NoMatchError says that no row of a table matches any session.
type NoMatchError struct{ Matches }

func (e *NoMatchError) Error() string {
	what := fmt.Sprintf("no row of the table matches any of the %d sessions", e.Sessions)
	if e.Sessions == 1 {
		what = "no row of the table matches the only session"
	}
	return what + ": " + e.Cause()
}

// Hint says what a person can do about it.
func (e *NoMatchError) Hint() string { return e.Remedy() }

// Cause says what most likely keeps sessions from having a row.
func (m *Matches) Cause() string {
	if m.Elsewhen == 0 {
		return "the addresses and ports of none of them are in the table"
	}
	text := fmt.Sprintf("%d have their addresses and ports in the table, at other times", m.Elsewhen)
	if m.shifted() {
		text += fmt.Sprintf("; %d of these are %s", m.Shifted, apart(m.Shift))
	}
	return text
}

// shifted reports whether one shift of the table's times would do for most sessions.
func (m *Matches) shifted() bool { return m.Shifted*2 > m.Elsewhen && m.Shift != 0 }

// apart is like "3h later than their rows".
func apart(shift time.Duration) string {
	if shift < 0 {
		return brief(-shift) + " earlier than their rows"
	}
	return brief(shift) + " later than their rows"
}

// brief is a duration without zeros at its end: 3h, 5h30m, -2m, 37s.
func brief(d time.Duration) string {
	text := d.String()
	if cut, ok := strings.CutSuffix(text, "m0s"); ok {
		text = cut + "m"
	}
	if cut, ok := strings.CutSuffix(text, "h0m"); ok {
		text = cut + "h"
	}
	return text
}

// Remedy says what to look at.
func (m *Matches) Remedy() string {
	switch {
	case m.Elsewhen == 0:
		return "look at whether table and captures are of the same network and day, whether addresses were replaced in one of them, and at the columns of --table-columns"
	case m.shifted():
		offset := "--table-offset " + brief(m.Offset)
		if m.Offset == 0 {
			offset = "no --table-offset"
		}
		return "look at the zone of the table (--table-timezone) and at its clock: " + offset + " would bring them together"
	}
	return "look at the zone of the table (--table-timezone), at its clock (--table-offset, --table-time), and at whether it is of the same day"
}
