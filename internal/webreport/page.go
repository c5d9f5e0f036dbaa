package webreport

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	styleText string
	//go:embed page.js
	scriptText string
)

// Generator is what the page says of the program that made it, in a meta element. A file that
// has it is one of ours and may be replaced.
const Generator = `<meta name="generator" content="pcapmill report">`

// page is what the template is filled with.
type page struct {
	*Report
	Policy   string
	Style    template.CSS
	Script   template.JS
	Verdict  string
	Summary  []string
	Leak     *leakMap
	Probes   *figure
	Classes  *figure
	Pictures []pictureRow
	Sections []*figure // lengths, packets of sessions
	Read     []*figure
	Damage   [][]string
	DamageMore,
	PicturesMore string
	Settings [][]string
	Findings []finding
	Ceiling  string
	Judged   string
	Shape    string
	Scale    string // what greys mean
	Cell     string // what a position is: byte, or cell
}

// finding is a finding with the name of its place.
type finding struct {
	audit.Finding
	Byte string // "" without a position
}

type pictureRow struct {
	classPicture
	Name    string
	Samples string
	Wide    int // CSS pixels of one sample
	High    int
	Strip   int // of all samples side by side
	Mean    template.URL
	Spread  template.URL
	Mosaic  template.URL
	Count   int
}

// Write renders the page.
func Write(w io.Writer, r *Report) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	p := r.page()
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// cell is what a position of a sample is called.
func (r *Report) cell() string {
	if r.spec.Type == dataset.U8 {
		return "byte"
	}
	return "cell"
}

// digest is a source of a Content-Security-Policy: one text, by its digest.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (r *Report) page() *page {
	clean := *r
	clean.Title = visible(r.Title)
	p := &page{
		Report: &clean, Style: template.CSS(styleText), Script: template.JS(scriptText),
		Policy: fmt.Sprintf("default-src 'none'; img-src data:; style-src %s; script-src %s; base-uri 'none'; form-action 'none'", digest(styleText), digest(scriptText)),
		Shape:  fmt.Sprintf("%d×%d", r.spec.Rows, r.spec.Cols), Verdict: "not judged", Scale: r.scale, Cell: r.cell(),
	}
	var all int64
	for _, c := range r.classes {
		all += c.total
	}
	what := " of " + p.Shape + " bytes"
	if r.spec.Type != dataset.U8 {
		what = " of " + r.spec.String()
	}
	p.Summary = append(p.Summary, plural(all, "sample")+what, plural(int64(len(r.classes)), "class"))
	if a := r.Audit; a != nil {
		p.judge(a)
	}
	p.Classes = r.classFigure()
	p.picture()
	for _, f := range []*figure{
		histogramFigure("lengths", "Bytes of a session, before it was cut or padded", "bytes", "samples", &r.lengths),
		histogramFigure("counts", "Packets of a session", "packets", "samples", &r.packets),
	} {
		if f != nil {
			p.Sections = append(p.Sections, f)
		}
	}
	if m := r.Manifest; m != nil {
		p.Summary = append(p.Summary, plural(int64(len(m.Captures)), "capture"), plural(m.Totals.Packets, "packet"))
		p.Read = append([]*figure{packetFigure(&m.Totals), sessionFigure(&m.Totals)}, captureFigures(m)...)
		p.Damage, p.DamageMore = damageRows(m)
		p.Settings = settingRows(m)
	}
	for _, f := range append(append([]*figure{p.Classes, p.Probes}, p.Sections...), p.Read...) {
		if f != nil {
			f.clean()
		}
	}
	for i := range p.Damage {
		cleanRow(p.Damage[i])
	}
	return p
}

func (p *page) judge(a *audit.Report) {
	p.Verdict = a.Verdict
	p.Leak = newLeakMap(p.spec, a.Positions, p.Cell)
	p.Probes = p.probeFigure()
	p.Ceiling = fmt.Sprintf("%.4f", a.Duplicates.Ceiling)
	p.Judged = fmt.Sprintf("Evaluation %s: learned on %s, scored on %s.", a.Data.Evaluation, plural(int64(a.Data.Train), "row"), plural(int64(a.Data.Test), "row"))
	for _, f := range a.Findings {
		f.Text, f.Remedy, f.Field = visible(f.Text), visible(f.Remedy), visible(f.Field)
		f.Classes = slices.Clone(f.Classes)
		cleanRow(f.Classes)
		one := finding{Finding: f}
		if f.Position != nil {
			one.Byte = fmt.Sprint(*f.Position)
		}
		p.Findings = append(p.Findings, one)
	}
}

// picture sets the sizes at which pictures are shown: two or more pixels a byte.
func (p *page) picture() {
	if len(p.pictures) == 0 {
		return
	}
	g := gridOf(p.spec)
	scale := max(1, min(4, 84/max(1, g.cols)))
	for _, c := range p.pictures {
		k := &p.classes[c.class]
		p.Pictures = append(p.Pictures, pictureRow{
			classPicture: c, Name: visible(k.name), Samples: plural(k.total, "sample"), Wide: g.cols * scale, High: g.rows * scale,
			Strip: c.columns*(g.cols+gap)*scale - gap*scale, Mean: c.mean, Spread: c.deviation, Mosaic: c.samples, Count: c.count,
		})
	}
	if p.unshown > 0 {
		p.PicturesMore = fmt.Sprintf("Only the %d largest classes are shown.", len(p.pictures))
	}
	if n := cells(p.spec); g.shown < n {
		p.PicturesMore += fmt.Sprintf(" Only the first %s of %s cells are drawn.", thousands(int64(g.shown)), thousands(int64(n)))
	}
	if g.cols != p.spec.Cols {
		p.PicturesMore += fmt.Sprintf(" A row of a picture has %d cells.", g.cols)
	}
}

// visible replaces characters that are not seen or turn the direction of writing: names of
// captures may hold them.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

func cleanRow(row []string) {
	for i := range row {
		row[i] = visible(row[i])
	}
}

// clean makes the table's names visible; those in the chart are so already.
func (f *figure) clean() {
	for _, r := range f.Rows {
		cleanRow(r)
	}
}
