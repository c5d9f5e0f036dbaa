package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
)

// result is what a run ends with: the statistics, what was wrong, and the state
// of the dataset; or the last event.
func (c *console) result(p *mill.Plan, r *mill.Result) {
	var all, unknown int64
	if p.Labels != nil {
		all, unknown = unknownSamples(r, p.Labels.Unknown())
	}
	if c.json != nil {
		c.hintUnknown(p, "sample", all, unknown, &r.Table)
		code := exitDone
		switch {
		case r.Interrupted:
			code = exitInterrupted
		case r.Damaged() || len(p.Problems) > 0:
			code = exitDamaged
		}
		c.event(map[string]any{
			"event": "done", "status": code, "added": r.Added, "samples": r.Manifest.Samples,
			"interrupted": r.Interrupted, "seconds": r.Seconds,
		})
		return
	}
	if !c.quiet {
		c.statistics(r)
		c.explanations(r)
	}
	c.damages(r)
	if !c.quiet {
		c.classes(p.Out, r.Manifest)
	}
	c.flows(p, &r.Table)
	c.hintUnknown(p, "sample", all, unknown, &r.Table)
}

// mostRows is how many captures have a row of their own, unless --verbose asks for all.
const mostRows = 30

// statistics are a row a capture, or of many only those that need a look, and one in
// total: in one table where it fits, else in several of fewer columns.
func (c *console) statistics(r *mill.Result) {
	n := 0
	for i := range r.Outcomes {
		if !r.Outcomes[i].Known {
			n++
		}
	}
	all := n <= mostRows || c.verbose
	rows := resultRows(r, all)
	if len(rows) == 0 {
		return
	}
	if !all {
		shownRows := "none of them"
		if len(rows) > 1 {
			shownRows = "below are those"
		}
		c.say("%s; %s that gave no sample, were damaged or could not be read; --verbose lists all", plural(int64(n), "capture"), shownRows)
	}
	full := tableOf(rows, "CAPTURE", "CLASS", "PACKETS", "USED", "SESSIONS", "SAMPLES", "DUPLICATES", "TRUNCATED", "PADDED", "EXACT", "MEAN BYTES", "SECONDS", "LEFT OUT")
	if c.width == 0 || full.width() <= c.width {
		full.write(c.out, 0)
		return
	}
	for _, heads := range [][]string{
		{"CLASS", "SESSIONS", "SAMPLES", "DUPLICATES", "TRUNCATED", "PADDED", "EXACT", "MEAN BYTES"},
		{"PACKETS", "USED", "SECONDS", "LEFT OUT"},
	} {
		for _, t := range narrow(rows, heads, c.width) {
			t.write(c.out, c.width)
			fmt.Fprintln(c.out)
		}
	}
}

// narrow makes as many tables of the named cells as the width needs. Each begins with the
// capture.
func narrow(rows []map[string]string, heads []string, width int) (tables []*table) {
	for len(heads) > 0 {
		n := len(heads)
		for n > 1 && withShortHeads(tableOf(rows, append([]string{"CAPTURE"}, heads[:n]...)...), width).least() > width {
			n--
		}
		tables = append(tables, withShortHeads(tableOf(rows, append([]string{"CAPTURE"}, heads[:n]...)...), width))
		heads = heads[n:]
	}
	return tables
}

// withShortHeads abbreviates the headings of a table that is too wide.
func withShortHeads(t *table, width int) *table {
	if t.width() > width {
		for i, c := range t.columns {
			if short := map[string]string{"DUPLICATES": "DUPL", "TRUNCATED": "TRUNC", "MEAN BYTES": "MEAN", "SECONDS": "SEC"}[c.head]; short != "" {
				t.columns[i].head = short
			}
		}
	}
	return t
}

// tableOf makes a table of the named cells of each row.
func tableOf(rows []map[string]string, heads ...string) *table {
	t := &table{}
	for _, h := range heads {
		t.columns = append(t.columns, column{head: h, right: h != "CAPTURE" && h != "CLASS" && h != "LEFT OUT", fold: h == "LEFT OUT", short: h == "CLASS"})
	}
	for _, r := range rows {
		var cells []string
		for _, h := range heads {
			cells = append(cells, r[h])
		}
		if why := r["unreadable"]; why != "" {
			cells = []string{r["CAPTURE"], why}
			if len(heads) > 2 && heads[1] == "CLASS" {
				cells = []string{r["CAPTURE"], r["CLASS"], why}
			}
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

// resultRows are the cells of the statistics by heading, the total last. Captures that were
// in the dataset already have none, and unless all is true, those that need no look.
func resultRows(r *mill.Result, all bool) (rows []map[string]string) {
	read := int64(0)
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		switch {
		case o.Err != nil:
			rows = append(rows, map[string]string{"CAPTURE": shown(o.Input.Name), "CLASS": o.Input.Class, "unreadable": "unreadable"})
		case !o.Known:
			if read++; all || o.Damage != nil || o.Capture.Samples == 0 {
				rows = append(rows, countCells(shown(o.Capture.Name), o.Capture.Class, &o.Capture.Counts, o.Links))
			}
		}
	}
	if read > 0 || len(rows) > 0 {
		total := r.Added
		total.Seconds = r.Seconds
		rows = append(rows, countCells("total", plural(read, "capture"), &total, unsupportedLinks(r)))
	}
	return rows
}

func countCells(name, class string, n *manifest.Counts, links map[string]int64) map[string]string {
	return map[string]string{
		"CAPTURE": name, "CLASS": class, "PACKETS": thousands(n.Packets), "USED": thousands(n.Used),
		"SESSIONS": thousands(n.Sessions), "SAMPLES": thousands(n.Samples), "DUPLICATES": thousands(n.Duplicates),
		"TRUNCATED": thousands(n.Truncated), "PADDED": thousands(n.Padded), "EXACT": thousands(n.Exact),
		"MEAN BYTES": tenths(n.MeanLength), "SECONDS": fmt.Sprintf("%.2f", n.Seconds), "LEFT OUT": leftOut(n, links),
	}
}

// leftOut lists the reasons with their counts, and what else was left out.
func leftOut(n *manifest.Counts, links map[string]int64) string {
	text := reasons(n, links)
	for _, reason := range slices.Sorted(maps.Keys(n.SessionsLeftOut)) {
		text = strings.TrimPrefix(fmt.Sprintf("%s, %s %s", text, plural(n.SessionsLeftOut[reason], unitNoun(n)), reason), ", ")
	}
	if n.Empty > 0 {
		text = strings.TrimPrefix(text+", "+plural(n.Empty, "empty "+unitNoun(n)), ", ")
	}
	return orDash(text)
}

// unitNoun is what each sample is made of.
func unitNoun(n *manifest.Counts) string {
	if n.Units > 0 {
		return "unit"
	}
	return "session"
}

// reasons is like "46 dns, 3 unsupported-link (FDDI)", the most frequent first.
func reasons(n *manifest.Counts, links map[string]int64) string {
	text := countList(n.LeftOut)
	if len(links) == 0 {
		return text
	}
	names := slices.SortedFunc(maps.Keys(links), func(a, b string) int {
		return cmp.Or(cmp.Compare(links[b], links[a]), cmp.Compare(a, b))
	})
	const most = 4
	if more := len(names) - most; more > 1 {
		names = append(names[:most], fmt.Sprintf("%d others", more))
	}
	return strings.Replace(text, " unsupported-link", " unsupported-link ("+strings.Join(names, ", ")+")", 1)
}

// unsupportedLinks are those of all captures that the run has added.
func unsupportedLinks(r *mill.Result) map[string]int64 {
	links := map[string]int64{}
	for i := range r.Outcomes {
		if r.Outcomes[i].Known {
			continue
		}
		for l, n := range r.Outcomes[i].Links {
			links[l] += n
		}
	}
	return links
}

// mostLines is how many captures are named one by one before a count says the
// rest; what is damaged or unreadable is always named.
const mostLines = 10

// explanations say why captures, or the whole run, gave no sample.
func (c *console) explanations(r *mill.Result) {
	var why, known []string
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		if text := explain(o); text != "" {
			why = append(why, text)
		}
		if o.Known {
			known = append(known, shown(o.Input.Name))
		}
	}
	for _, text := range why[:min(mostLines, len(why))] {
		c.say("%s", text)
	}
	if more := len(why) - mostLines; more > 0 {
		c.say("%s more captures gave no sample; the column LEFT OUT says why", thousands(int64(more)))
	}
	if r.Added.Samples == 0 && r.Added.Packets > 0 && len(why) > 1 {
		c.say("%s", noSample("in all", &r.Added, unsupportedLinks(r)))
	}
	if n := len(known); n > 0 {
		names := strings.Join(known[:min(mostLines, n)], ", ")
		if n > mostLines {
			names += fmt.Sprintf(" and %s more", thousands(int64(n-mostLines)))
		}
		c.say("%s already in the dataset under the same label: %s", plural(int64(n), "capture"), names)
	}
}

// explain says why a capture gave no sample.
func explain(o *mill.Outcome) string {
	if o.Err != nil || o.Known || o.Capture.Samples > 0 {
		return ""
	}
	return noSample(shown(o.Capture.Name), &o.Capture.Counts, o.Links)
}

func noSample(name string, n *manifest.Counts, links map[string]int64) string {
	switch {
	case n.Packets == 0:
		return name + ": no packets"
	case n.Used == 0:
		return fmt.Sprintf("%s: %s, all left out: %s", name, plural(n.Packets, "packet"), reasons(n, links))
	default:
		text := fmt.Sprintf("%s: %s, no new sample: %s, %s empty", name, plural(max(n.Units, n.Sessions), unitNoun(n)),
			plural(n.Duplicates, "duplicate"), thousands(n.Empty))
		if len(n.SessionsLeftOut) > 0 {
			text += ", left out: " + countList(n.SessionsLeftOut)
		}
		return text
	}
}

// damages names every capture that was damaged or unreadable, and gives each
// hint once.
func (c *console) damages(r *mill.Result) {
	type kind struct{ what, hint string }
	var kinds []kind
	count := map[kind]int64{}
	unreadable, total := int64(0), int64(0)
	for i := range r.Outcomes {
		if e := r.Outcomes[i].Err; e != nil {
			unreadable++
			complain(c.err, advised(e))
		}
		harm := r.Outcomes[i].Damage
		if harm == nil {
			continue
		}
		total++
		for line := range strings.SplitSeq(plainText(harm), "\n") {
			tell(c.err, "%s", line)
		}
		k := kind{"read with gaps", ""}
		var gaps *mill.GapsError
		var d *capture.Damage
		switch {
		case errors.As(harm, &gaps):
			k.hint = gaps.Hint()
		case errors.As(harm, &d):
			k = kind{d.Kind.Error(), d.Hint()}
		}
		if count[k]++; count[k] == 1 {
			kinds = append(kinds, k)
		}
	}
	for _, k := range kinds {
		tell(c.err, "hint: %s %s: %s", plural(count[k], "capture"), k.what, k.hint)
	}
	if total+unreadable > 1 {
		tell(c.err, "%s damaged, %d unreadable; everything readable is in the dataset", plural(total, "capture"), unreadable)
	}
}

// classes is the balance of the whole dataset.
func (c *console) classes(dir string, m *manifest.Manifest) {
	conflicts := ""
	if m.Totals.Conflicts > 0 {
		conflicts = fmt.Sprintf(", %s (equal bytes under different labels)", plural(m.Totals.Conflicts, "conflict"))
	}
	c.say("%s: %s of %s from %s%s", shown(dir), plural(m.Samples, "sample"), shapeText(m),
		plural(int64(len(m.Captures)), "capture"), conflicts)
	t := table{columns: []column{{head: "LABEL", right: true}, {head: "CLASS", short: true}, {head: "SAMPLES", right: true}}}
	for _, k := range m.Classes {
		if k.Samples > 0 || k.Name == label.UnknownName {
			t.add(fmt.Sprint(k.Label), shown(k.Name), thousands(k.Samples))
		}
	}
	if len(t.rows) > 0 {
		t.write(c.out, c.width)
	}
}
