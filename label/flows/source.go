package flows

import (
	"fmt"
	"time"
)

// Source is a table and how it is read, in the words of the command line. It is plain
// data; what is empty is not given.
type Source struct {
	Path    string // a file, or a directory of them; see Load
	Preset  string // see Preset
	Columns string // see Options.SetColumns
	Times   string // see NewClock
	Zone    string // see NewClock
	Offset  string // as time.ParseDuration reads it
	Errors  string // see Options.Errors; it decides no label
}

// SourceError is a part of a Source that cannot be used.
type SourceError struct {
	Option string // its name on the command line: "table-preset"
	Err    error
}

func (e *SourceError) Error() string { return e.Option + ": " + e.Err.Error() }
func (e *SourceError) Unwrap() error { return e.Err }

// Options says how the table is read. An error is a *SourceError.
func (s *Source) Options() (o Options, err error) {
	if s.Preset != "" {
		if o, err = Preset(s.Preset); err != nil {
			return o, &SourceError{"table-preset", err}
		}
	}
	if s.Columns != "" {
		if err := o.SetColumns(s.Columns); err != nil {
			return o, &SourceError{"table-columns", err}
		}
	}
	if s.Times != "" {
		o.Times = s.Times
	}
	o.Zone = s.Zone
	if s.Offset != "" {
		if o.Offset, err = time.ParseDuration(s.Offset); err != nil {
			return o, &SourceError{"table-offset", fmt.Errorf("%q: need a duration like -1.5s or 1h", s.Offset)}
		}
	}
	o.Errors = s.Errors
	if _, _, err := o.allowed(); err != nil {
		return o, &SourceError{"table-errors", err}
	}
	return o, nil
}

// Reading lists how the table is read by option, without its path: what decides about
// labels besides the table's content. Equal offsets have equal words.
func (s *Source) Reading() map[string]string {
	offset := s.Offset
	if d, err := time.ParseDuration(offset); err == nil {
		if offset = d.String(); d == 0 {
			offset = ""
		}
	}
	return map[string]string{
		"table-preset": s.Preset, "table-columns": s.Columns, "table-time": s.Times, "table-timezone": s.Zone, "table-offset": offset,
	}
}
