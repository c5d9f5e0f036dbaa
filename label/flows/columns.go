package flows

import (
	"fmt"
	"maps"
	"slices"
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
}

// Presets are the column layouts that are known by name.
func Presets() []string { return []string{"cicids2017", "cicflowmeter-v3", "cicflowmeter-v4"} }

// Preset returns the columns, layout of times and unit of durations of a known program;
// zone and offset are the user's to say.
//
//	cicflowmeter-v3  "Source IP" ...; its hours are 1 to 12 without AM or PM, so Times is empty
//	cicids2017       the same, of working days that begin at 8, with or without seconds
//	cicflowmeter-v4  "Src IP" ...; times like 07/03/2023 02:11:09 PM
//
// Durations are microseconds. Source: FlowFeature and BasicFlow of CICFlowMeter 4, and the
// files GeneratedLabelledFlows of CIC-IDS2017.
func Preset(name string) (o Options, err error) {
	o = Options{Unit: time.Microsecond, Columns: Columns{Proto: "Protocol", Start: "Timestamp", Duration: "Flow Duration", Label: "Label"}}
	switch c := &o.Columns; name {
	case "cicflowmeter-v4":
		c.SrcIP, c.SrcPort, c.DstIP, c.DstPort = "Src IP", "Src Port", "Dst IP", "Dst Port"
		o.Times = "%d/%m/%Y %I:%M:%S %p"
	case "cicflowmeter-v3", "cicids2017":
		c.SrcIP, c.SrcPort, c.DstIP, c.DstPort = "Source IP", "Source Port", "Destination IP", "Destination Port"
		if name == "cicids2017" {
			o.Times = "%d/%m/%Y %{8}I:%M:%S|%d/%m/%Y %{8}I:%M"
		}
	default:
		return Options{}, fmt.Errorf("no preset %q: have %s", name, strings.Join(Presets(), ", "))
	}
	return o, nil
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
		*roles[i].at(&o.Columns) = column
	}
	if o.Unit == 0 {
		o.Unit = time.Second
	}
	return nil
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
