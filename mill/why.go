package mill

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/label"
)

// WhyUnknown says what most likely keeps captures, or sessions, from having a class, and what
// to look at. m is what a table did, or nil.
func (p *Plan) WhyUnknown(m *Matches) string {
	switch {
	case p.LabelFrom == FromTable && m != nil:
		return m.why(p)
	case p.LabelFrom == FromComment:
		return "their first kept packets have no comment that gives a class of " + filepath.Base(p.Labels.Name) + ", like 12,web or s=12,web; comments stand in pcapng files"
	}
	var first *Input
	places := map[string]bool{} // directories of captures
	n := 0
	for i := range p.Captures {
		in := &p.Captures[i]
		if d := directory(in); d != "" {
			places[d] = true
		}
		if in.Label != p.Labels.Unknown() {
			continue
		}
		if n++; first == nil {
			first = in
		}
	}
	if first == nil { // unknown from before
		return "'pcapmill labels' shows which captures"
	}
	such := fmt.Sprintf("%d captures, such as %s", n, first.Name)
	if n == 1 {
		such = first.Name
	}
	table := filepath.Base(p.Labels.Name)
	switch {
	case p.LabelFrom == FromDir:
		return fmt.Sprintf("no class of %s is called like the directory of %s; name the classes like the directories, or give them as keywords (--labels)", table, such)
	case len(places) > 1:
		return fmt.Sprintf("no keyword of %s occurs in the name of %s; if the directories are the classes, --label-from dir takes them, else --labels FILE names your own", table, such)
	}
	return fmt.Sprintf("no keyword of %s occurs in the name of %s; --labels FILE names your own classes, and 'pcapmill labels --print %s' is a table to start from",
		table, such, label.Builtins()[0])
}

// why is WhyUnknown of a table: the most frequent of the causes.
func (m *Matches) why(p *Plan) string {
	conflicts := int64(0)
	if p.TableConflict == UnknownConflicts {
		conflicts = m.Conflicts
	}
	most := max(m.Elsewhen, m.Elsewhere, m.NoClass, conflicts)
	switch most {
	case 0:
		return "they are from before; 'pcapmill labels --label-from table' looks the sessions up again"
	case m.Elsewhere:
		return fmt.Sprintf("of %d sessions the addresses and ports are not in the table; %s", most, (&Matches{}).Remedy())
	case m.Elsewhen:
		text, _ := strings.CutPrefix(m.Cause(), fmt.Sprintf("%d have their addresses and ports", most))
		return fmt.Sprintf("%d sessions have their addresses and ports%s; %s", most, text, m.Remedy())
	case m.NoClass:
		return fmt.Sprintf("%d sessions have rows of classes that %s does not have; add their names to it as keywords (--labels)", most, filepath.Base(p.Labels.Name))
	}
	match := "sessions match"
	if most == 1 {
		match = "session matches"
	}
	return fmt.Sprintf("%d %s rows of several classes; --table-conflict longest takes the row that overlaps longest; where five-tuples are used again, --idle-timeout or --tcp-restart on divides sessions", most, match)
}
