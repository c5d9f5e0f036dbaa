package audit

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// chanceError is the standard error of the balanced accuracy of guessing.
func (f *finder) chanceError() float64 {
	test := make([]int64, len(f.d.classes))
	for _, fold := range f.e.folds {
		for c, n := range f.base(fold.test) {
			test[c] += n
		}
	}
	p := 1 / float64(len(test))
	sum := 0.0
	for _, n := range test {
		if n > 0 {
			sum += p * (1 - p) / float64(n)
		}
	}
	return math.Sqrt(sum) * p
}

const (
	fewest        = 100 // test rows
	fewestOfClass = 10  // rows of a class on a side
)

// onSides are the rows of each class that are learned on and scored.
func (f *finder) onSides() (train, test []int64) {
	if f.e.name == evaluateGrouped {
		all := f.base(f.d.allRows())
		return all, all
	}
	return f.base(f.e.folds[0].train), f.base(f.e.folds[0].test)
}

// tooFew reports whether there are rows enough to judge scores.
func (f *finder) tooFew() (enough bool) {
	train, test := f.onSides()
	n := 0
	for c := range train {
		if min(train[c], test[c]) >= fewestOfClass {
			n++
		}
	}
	return f.report.Data.Test >= fewest && n >= 2
}

func (f *finder) few(learned bool) {
	train, test := f.onSides()
	var classes []int
	for c := range train {
		if train[c]+test[c] > 0 && min(train[c], test[c]) < fewestOfClass {
			classes = append(classes, c)
		}
	}
	rows := f.report.Data.Test
	if classes == nil && rows >= fewest {
		return
	}
	text := fmt.Sprintf("There are %d test rows", rows)
	if classes != nil {
		text += fmt.Sprintf(", and fewer than %d rows on a side of %s", fewestOfClass, list(f.named(classes)))
	}
	if !learned {
		text += ": too few to judge scores"
	}
	f.enter(Finding{
		Severity: Warning, Kind: kindTooFew, Score: float64(rows), Classes: f.named(classes), Text: text + ".",
		Remedy: "add captures, or leave small classes out: --min-per-class",
	})
}

func (f *finder) captureHeader() {
	share := round6(float64(f.magic) / float64(f.d.rows()))
	if share >= 0.01 {
		zero := 0
		f.enter(Finding{
			Severity: Critical, Kind: kindCaptureHeader, Score: share, Position: &zero, Field: f.fields.names[0],
			Text:   fmt.Sprintf("Samples begin with the header of a capture file at byte 0: %.4f of them. It holds link type and capture times.", share),
			Remedy: "compile the captures with 'pcapmill convert', whose samples begin at the IP header (--mac remove)",
		})
	}
}

// usual finds for counts by class the most frequent value of the most rows, and the classes
// whose most frequent value is another one. share is the share of rows in these classes, u
// how much of the value the class tells.
func (f *finder) usual(counts map[pairOf]uint32) (others []int, least int64, share, u float64) {
	var seen []int64
	for k := range counts {
		seen = append(seen, k.value)
	}
	slices.Sort(seen)
	seen = slices.Compact(seen)
	classes := len(f.d.classes)
	dense := make([]uint32, len(seen)*classes)
	byValue, byClass := make([]int64, len(seen)), make([]int64, classes)
	for k, n := range counts {
		v, _ := slices.BinarySearch(seen, k.value)
		dense[v*classes+int(k.class)] += n
		byValue[v] += int64(n)
		byClass[k.class] += int64(n)
	}
	usual, least := most(byValue), math.MaxInt64
	rows, all := int64(0), int64(0)
	for c := range classes {
		if all += byClass[c]; byClass[c] == 0 {
			continue
		}
		best := 0
		for v := range seen {
			if dense[v*classes+c] > dense[best*classes+c] {
				best = v
			}
		}
		if best != usual {
			others, rows, least = append(others, c), rows+byClass[c], min(least, seen[best])
		}
	}
	if all == 0 {
		return nil, 0, 0, 0
	}
	return others, least, float64(rows) / float64(all), round6(uncertainty(dense, byValue, byClass))
}

func (f *finder) alignment() {
	placed := 0
	for _, n := range f.fields.places {
		placed += int(n)
	}
	if placed*2 < f.d.rows() {
		f.skip(kindAlignment)
		return
	}
	others, least, share, u := f.usual(f.fields.places)
	if share <= 0.1 {
		return
	}
	at := int(least)
	is := Warning
	if u >= 0.5 {
		is = Critical
	}
	f.enter(Finding{
		Severity: is, Kind: kindAlignment, Score: u, Position: &at, Field: f.fields.names[at], Classes: f.named(others),
		Text:   fmt.Sprintf("The first IP header stands at byte %d in most samples of %s, and elsewhere in the other classes: U %.4f.", at, list(f.named(others)), u),
		Remedy: "--mac remove: then every sample begins at an IP header",
	})
}

func (f *finder) linkType() {
	counts := f.fields.links
	if f.d.manifest != nil {
		counts = f.linksOfCaptures()
	} else if f.rules.layout != layoutPcap {
		f.skip(kindLinkType)
		return
	}
	if len(counts) == 0 {
		f.skip(kindLinkType)
		return
	}
	others, _, share, u := f.usual(counts)
	if share <= 0.1 {
		return
	}
	g := Finding{
		Severity: Warning, Kind: kindLinkType, Score: u, Classes: f.named(others),
		Text:   fmt.Sprintf("Most samples of %s were captured on another link type than those of the other classes: U %.4f.", list(f.named(others)), u),
		Remedy: "capture all classes at one place; --mac remove keeps link headers out of the samples",
	}
	if u >= 0.8 && (f.rules.layout == layoutPcap || f.rules.layout == layoutPackets && f.rules.link) {
		g.Severity = Critical
	}
	f.enter(g)
}

// linksOfCaptures counts the rows of captures with one link type; the types are numbered in
// the order of their names.
func (f *finder) linksOfCaptures() map[pairOf]uint32 {
	var names []string
	for _, c := range f.d.manifest.Captures {
		names = append(names, c.LinkTypes...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	of := make([]int64, len(f.d.manifest.Captures))
	for i, c := range f.d.manifest.Captures {
		of[i] = -1
		if len(c.LinkTypes) == 1 {
			n, _ := slices.BinarySearch(names, c.LinkTypes[0])
			of[i] = int64(n)
		}
	}
	counts := map[pairOf]uint32{}
	for row, c := range f.d.captures {
		if of[c] >= 0 {
			counts[pairOf{f.d.class[row], of[c]}]++
		}
	}
	return counts
}

func (f *finder) duplicates() {
	d := &f.report.Duplicates
	if f.e.name == evaluateSplit {
		if share := round6(float64(d.AcrossSides) / float64(f.report.Data.Test)); share > 0.001 {
			f.enter(Finding{
				Severity: above(share, 0.05), Kind: kindAcross, Score: share,
				Text:   fmt.Sprintf("%d of %d test rows stand in training too: %.4f.", d.AcrossSides, f.report.Data.Test, share),
				Remedy: "pcapmill split --split-by session, which keeps equal samples on one side; or --dedup sample",
			})
		}
	} else {
		f.skip(kindAcross)
	}
	if f.d.hasSides() {
		f.skip(kindRepeated)
	} else if share := round6(float64(d.Repeated) / float64(d.Rows)); share > 0.05 {
		f.enter(Finding{
			Severity: above(share, 0.5), Kind: kindRepeated, Score: share,
			Text:   fmt.Sprintf("%d of %d rows equal an earlier one: %.4f. A random split puts them on both sides.", d.Repeated, d.Rows, share),
			Remedy: "--dedup sample, or pcapmill split --split-by session, which keeps equal samples on one side",
		})
	}
	if d.Ceiling < 0.99 {
		is := Warning
		if d.Ceiling < 0.95 {
			is = Critical
		}
		f.enter(Finding{
			Severity: is, Kind: kindConflict, Score: d.Ceiling,
			Text:   fmt.Sprintf("%d rows equal a row of another class: no model can be right in more than %.4f of all rows.", d.Conflicts, d.Ceiling),
			Remedy: "look at the labels of the captures, and leave traffic out that all classes share (--drop)",
		})
	}
}

// above is the severity of a share beyond the threshold of a warning.
func above(share, critical float64) string {
	if share > critical {
		return Critical
	}
	return Warning
}

// list names some of the classes.
func list(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
