package flows

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Columns are the names of the columns, by role. End and Duration are alternatives and may
// both be empty.
type Columns struct {
	SrcIP, SrcPort, DstIP, DstPort, Proto, Start, End, Duration, Label string
}

// role is a place in Columns and what it is called in messages and options.
type role struct {
	name string
	at   func(c *Columns) *string
	must bool
}

var roles = []role{
	{"src_ip", func(c *Columns) *string { return &c.SrcIP }, true},
	{"src_port", func(c *Columns) *string { return &c.SrcPort }, true},
	{"dst_ip", func(c *Columns) *string { return &c.DstIP }, true},
	{"dst_port", func(c *Columns) *string { return &c.DstPort }, true},
	{"proto", func(c *Columns) *string { return &c.Proto }, true},
	{"start", func(c *Columns) *string { return &c.Start }, true},
	{"end", func(c *Columns) *string { return &c.End }, false},
	{"duration", func(c *Columns) *string { return &c.Duration }, false},
	{"label", func(c *Columns) *string { return &c.Label }, true},
}

// places in roles.
const (
	srcIP = iota
	srcPort
	dstIP
	dstPort
	proto
	start
	end
	duration
	class
	roleCount
)

// Options say how a table is to be read.
type Options struct {
	Columns Columns
	Times   string        // layout, see NewClock
	Unit    time.Duration // of a duration
	Zone    string        // see NewClock
	Offset  time.Duration // added to the table's times

	// Errors is how many rows of the reasons no-time and bad-value a table may have: a
	// number like 20, or a part of all rows like 0.5%; "" = 1%.
	Errors string

	numbers map[string]int // of columns by name, from 1, for tables without a header line
	noLabel string         // the class of a row whose label is empty, in the preset's label column
}

// digested is what the digest of a table has of how it is read, in the form that it has had
// since version 0.1.0.
func (o *Options) digested() string {
	return fmt.Sprintf("%+v\n", struct {
		Columns Columns
		Times   string
		Unit    time.Duration
		Zone    string
		Offset  time.Duration
	}{o.Columns, o.Times, o.Unit, o.Zone, o.Offset})
}

// Presets are the column layouts that are known by name.
func Presets() []string {
	names := make([]string, len(presets))
	for i := range presets {
		names[i] = presets[i].name
	}
	return names
}

// Preset returns the columns, layout of times and unit of durations of a known program;
// zone and offset are the user's to say. Times is empty where the program's are ambiguous.
// docs/labels.md has all of them.
func Preset(name string) (Options, error) {
	for i := range presets {
		if p := &presets[i]; p.name == name {
			return p.Options, nil
		}
	}
	return Options{}, fmt.Errorf("no preset %q: have %s", name, strings.Join(Presets(), ", "))
}

var durationUnits = map[string]time.Duration{"ns": 1, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second}

// SetColumns changes columns by a list like "src_ip=Source IP,label=Class". A duration may
// have its unit behind it: "duration_ms=Took" (ns, us, ms or s); without one it is the
// preset's, else seconds.
func (o *Options) SetColumns(list string) error {
	given := map[string]bool{}
	for pair := range strings.SplitSeq(list, ",") {
		name, column, ok := strings.Cut(pair, "=")
		name, column = strings.TrimSpace(name), strings.TrimSpace(column)
		if unit, found := strings.CutPrefix(name, "duration_"); found && durationUnits[unit] > 0 {
			name, o.Unit = "duration", durationUnits[unit]
		}
		i := slices.IndexFunc(roles, func(r role) bool { return r.name == name })
		switch {
		case !ok || i < 0 || column == "":
			return fmt.Errorf("columns %q: need pairs like src_ip=NAME; have %s, and duration_ms and the like", pair, roleNames())
		case given[name]:
			return fmt.Errorf("columns: %s is given twice", name)
		}
		given[name] = true
		if i == class && !o.same(column, o.Columns.Label) {
			o.noLabel = "" // another column's empty fields say nothing
		}
		*roles[i].at(&o.Columns) = column
	}
	if o.Unit == 0 {
		o.Unit = time.Second
	}
	return nil
}

// same reports whether two names are those of one column; a preset may know its number.
func (o *Options) same(a, b string) bool {
	return strings.EqualFold(a, b) || o.numbers[b] > 0 && a == strconv.Itoa(o.numbers[b])
}

func roleNames() string {
	var names []string
	for _, r := range roles {
		names = append(names, r.name)
	}
	return strings.Join(names, ", ")
}

// check tells what is missing.
func (o *Options) check() error {
	var missing []string
	for _, r := range roles {
		if r.must && *r.at(&o.Columns) == "" {
			missing = append(missing, r.name)
		}
	}
	switch {
	case missing != nil:
		return fmt.Errorf("no columns for %s: name them, or a preset: %s", strings.Join(missing, ", "), strings.Join(Presets(), ", "))
	case o.Columns.End != "" && o.Columns.Duration != "":
		return fmt.Errorf("columns for both end (%s) and duration (%s): need one", o.Columns.End, o.Columns.Duration)
	case o.Times == "":
		return fmt.Errorf("no layout for the times in column %s: give one, such as %%d/%%m/%%Y %%H:%%M:%%S or unix", o.Columns.Start)
	case o.Columns.Duration != "" && o.Unit <= 0:
		return fmt.Errorf("no unit for durations: have %s", strings.Join(slices.Sorted(maps.Keys(durationUnits)), ", "))
	}
	return nil
}
