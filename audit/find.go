package audit

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
)

// Kinds of findings, in the order of a report.
const (
	kindOneByte       = "one-byte"
	kindTwoSides      = "two-sides"
	kindCaptureHeader = "capture-header"
	kindAlignment     = "alignment"
	kindShallowTree   = "shallow-tree"
	kindLength        = "length"
	kindAcross        = "across-sides"
	kindRepeated      = "repeated"
	kindConflict      = "conflict"
	kindBackground    = "background"
	kindOneGroup      = "one-group"
	kindLinkType      = "link-type"
	kindImbalance     = "imbalance"
	kindTooFew        = "too-few"
	kindControl       = "control"
)

// finder compares what was computed with the thresholds of SPEC part 13.
type finder struct {
	*auditor
	report    *Report
	positions []position
	magic     int // rows that begin as a capture file does
}

// find enters findings and the verdict into the report.
func (f *finder) find() {
	f.report.Findings = []Finding{}
	learned := f.tooFew() // entered last but one
	if learned {
		f.oneByte()
		f.twoSides()
	}
	f.captureHeader()
	f.alignment()
	if learned {
		f.shallowTree()
		f.length()
	}
	f.duplicates()
	f.background()
	f.oneGroup()
	f.linkType()
	f.imbalance()
	f.few(learned)
	if learned {
		f.control()
	} else {
		f.skip(kindOneByte, kindTwoSides, kindShallowTree, kindLength, kindControl)
	}
	order := []string{
		kindOneByte, kindTwoSides, kindCaptureHeader, kindAlignment, kindShallowTree, kindLength, kindAcross, kindRepeated,
		kindConflict, kindBackground, kindOneGroup, kindLinkType, kindImbalance, kindTooFew, kindControl,
	}
	slices.SortStableFunc(f.report.Data.NotJudged, func(a, b string) int {
		return cmp.Compare(slices.Index(order, a), slices.Index(order, b))
	})
	f.report.Verdict = Clean
	for _, g := range f.report.Findings {
		if g.Severity == Critical || f.report.Verdict == Clean {
			f.report.Verdict = g.Severity
		}
	}
}

// skip enters kinds that this input does not allow to judge.
func (f *finder) skip(kinds ...string) {
	f.report.Data.NotJudged = append(f.report.Data.NotJudged, kinds...)
}

func (f *finder) enter(g Finding) {
	g.Score = round6(g.Score)
	f.report.Findings = append(f.report.Findings, g)
}

// severity is what a score reaches; "" is none.
func severity(score, warning, critical float64) string {
	switch {
	case score >= critical:
		return Critical
	case score >= warning:
		return Warning
	}
	return ""
}

// named are the names of classes.
func (f *finder) named(classes []int) (names []string) {
	for _, c := range classes {
		names = append(names, f.d.classes[c].name)
	}
	return names
}

// byField lists positions by their field, in the order of the first position of each.
func (f *finder) byField() (fields []string, positions map[string][]int) {
	positions = map[string][]int{}
	for p, name := range f.fields.names {
		if positions[name] == nil {
			fields = append(fields, name)
		}
		positions[name] = append(positions[name], p)
	}
	return fields, positions
}

// place is where a position stands, for a sentence.
func (f *finder) place(p int, field string) string {
	if f.d.spec.Type == dataset.U8 && !f.rules.static() {
		return fmt.Sprintf("Byte %d (%s)", p, field)
	}
	return fmt.Sprintf("Cell %d (row %d, column %d; %s)", p, p/f.d.spec.Cols, p%f.d.spec.Cols, field)
}

// bestOf is the position with the best score of some, ties: the lowest; and how many of them
// reach a score.
func bestOf(positions []int, score func(p int) float64) int {
	best := positions[0]
	for _, p := range positions {
		if score(p) > score(best) {
			best = p
		}
	}
	return best
}

func reach(positions []int, score func(p int) float64, least float64) (n int) {
	for _, p := range positions {
		if score(p) >= least {
			n++
		}
	}
	return n
}

const (
	oneByteWarning  = 0.5
	oneByteCritical = 0.8
	twoWarning      = 0.8
	twoCritical     = 0.95
	mostOneByte     = 20 // findings
)

func (f *finder) oneByte() {
	kappa := func(p int) float64 { return f.positions[p].kappa }
	var found []Finding
	fields, positions := f.byField()
	for _, name := range fields {
		best := bestOf(positions[name], kappa)
		is, least := severity(kappa(best), oneByteWarning, oneByteCritical), oneByteWarning
		if content(name) {
			is, least = severity(kappa(best), oneByteCritical, 2), oneByteCritical
		}
		if is == "" {
			continue
		}
		if is == Critical {
			least = oneByteCritical
		}
		found = append(found, Finding{
			Severity: is, Kind: kindOneByte, Score: kappa(best), Position: &best, Field: name, Positions: reach(positions[name], kappa, least),
			Text: fmt.Sprintf("%s alone tells the classes apart: accuracy %.4f, balanced %.4f, kappa %.4f.",
				f.place(best, name), f.positions[best].accuracy, f.positions[best].balanced, kappa(best)),
			Remedy: f.remedy(name),
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(*a.Position, *b.Position))
	})
	for _, g := range found[:min(len(found), mostOneByte)] {
		f.enter(g)
	}
}

func (f *finder) twoSides() {
	if len(f.d.classes) < 3 || f.rules.layout == layoutUnknown {
		f.skip(kindTwoSides)
		return
	}
	solved := map[string]bool{}
	for _, g := range f.report.Findings {
		if g.Kind == kindOneByte && g.Severity == Critical {
			solved[g.Field] = true
		}
	}
	kappa := func(p int) float64 { return f.positions[p].twoSides }
	var found []Finding
	fields, positions := f.byField()
	for _, name := range fields {
		if !recorded(name) || solved[name] {
			continue
		}
		best := bestOf(positions[name], kappa)
		is := severity(kappa(best), twoWarning, twoCritical)
		if is == "" {
			continue
		}
		least := twoWarning
		if is == Critical {
			least = twoCritical
		}
		others := f.named(f.positions[best].others)
		found = append(found, Finding{
			Severity: is, Kind: kindTwoSides, Score: kappa(best), Position: &best, Field: name,
			Positions: reach(positions[name], kappa, least), Classes: others,
			Text: fmt.Sprintf("%s tells %s from the other classes: kappa %.4f. It says where they were recorded.",
				f.place(best, name), list(others), kappa(best)),
			Remedy: f.remedy(name),
		})
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(*a.Position, *b.Position))
	})
	for _, g := range found {
		f.enter(g)
	}
}

// probed is the balanced accuracy of a probe; ok is false if there is none.
func (f *finder) probed(name string, in input) (score float64, ok bool) {
	for _, p := range f.report.Probes {
		if p.Probe == name && p.Input == in.String() {
			return p.Balanced, true
		}
	}
	return 0, false
}

func (f *finder) shallowTree() {
	chance := 1 / float64(len(f.d.classes))
	all, _ := f.probed(probeTree8, inputAll)
	cut, _ := f.probed(probeTree3, inputAll)
	head, split := f.probed(probeTree8, inputHeader)
	g := Finding{Kind: kindShallowTree, Severity: Warning}
	what := ""
	switch {
	case split && head >= 0.95:
		g.Severity, g.Score, what = Critical, head, "A tree of depth 8 that sees no payload"
		g.Remedy = "mask the fields that the findings above name, or look at payload alone: --profile payload; test on captures never seen: pcapmill split --split-by capture"
	case all >= 0.98:
		g.Score, what = all, "A tree of depth 8"
		if !split && f.rules.layout != layoutPayload && slices.ContainsFunc(f.fields.names, func(n string) bool { return !content(n) }) {
			g.Severity = Critical
		}
	case len(f.d.classes) > 1 && round6((cut-chance)/(1-chance)) >= 0.8:
		g.Score, what = cut, "A tree of depth 3"
	default:
		return
	}
	if g.Remedy == "" {
		g.Remedy = "test on captures never seen: pcapmill split --split-by capture; a model must beat this tree there"
	}
	g.Text = fmt.Sprintf("%s tells the classes apart: balanced accuracy %.4f.", what, g.Score)
	f.enter(g)
}

func (f *finder) length() {
	s := f.report.Length
	what, remedy := "The length of a sample", "take shorter samples, so that fewer are padded (--length), or leave short sessions out (--min-bytes)"
	if m := f.d.manifest; m != nil && m.Form != nil && m.Form.Counts == "packets" {
		what = "The number of packets of a sample"
		remedy = "show fewer packets, so that fewer samples are padded (--form " + m.Form.Name + ":packets=N), or leave short sessions out (--min-packets)"
	}
	if is := severity(s.Kappa, 0.5, 0.8); is != "" {
		f.enter(Finding{
			Severity: is, Kind: kindLength, Score: s.Kappa,
			Text:   fmt.Sprintf("%s alone tells the classes apart: accuracy %.4f, kappa %.4f.", what, s.Accuracy, s.Kappa),
			Remedy: remedy,
		})
	}
}

// control checks the audit itself: labels that mean nothing cannot be learned.
func (f *finder) control() {
	score, _ := f.probed(probePermuted, inputAll)
	chance := 1 / float64(len(f.d.classes))
	above := max(0.05, 4*f.chanceError())
	if round6(score-chance) > round6(above) {
		f.enter(Finding{
			Severity: Critical, Kind: kindControl, Score: score,
			Text:   fmt.Sprintf("A tree learned permuted labels: balanced accuracy %.4f, chance is %.4f. The scores of this audit are not to be trusted.", score, chance),
			Remedy: "report this with the dataset to the makers of pcapmill",
		})
	}
}
