package view

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/internal/webreport"
)

const (
	pageSize  = 60 // samples of a grid
	mostNear  = 8  // neighbours that are shown
	mostBytes = 48 // of a field that are shown in hex
	mostRows  = 20 // rows of a table
)

// page is what all pages have.
type page struct {
	Title, Name, Version string
	At                   string // which of the pages it is
}

func (s *Server) page(at, title string) page {
	return page{Title: title, Name: s.o.Title, Version: s.o.Version, At: at}
}

func (s *Server) render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// counts is what lengths are of.
func (x *index) counts() string {
	if f := x.manifest.Form; f != nil && f.Counts == "packets" {
		return "packet"
	}
	return "byte"
}

func (x *index) className(c int) string { return webreport.Visible(x.classes[c].Name) }

// choice is one entry of a list to choose from.
type choice struct {
	Value, Text string
	Chosen      bool
}

type share struct {
	Class string
	N     int
	Link  string
}

type gridPage struct {
	page
	Filter               filter
	Classes, Sides, Only []choice
	Protocols, Findings  []choice
	Capture              string
	Min, Max, Value      string
	Total                int
	From, To             int
	Cells                []cell
	Shares               []share
	More                 int
	Before, After        string // addresses; "": there is none
	Wide, High           int
	Finding              string
	Unit                 string // byte or cell
	Counts               string // what lengths are of
	Bytes                bool
}

// grid is the page of samples that pass a filter.
func (s *Server) grid(q url.Values) ([]byte, error) {
	var list []*told
	if a := s.audited.Load(); a != nil {
		list = a.findings
	}
	f, err := s.x.parse(q, len(list))
	if err != nil {
		return nil, &requestError{http.StatusBadRequest, err.Error()}
	}
	var t *told
	p := &gridPage{page: s.page("samples", "Samples"), Filter: f, Capture: f.capture, Unit: s.x.unit(), Counts: s.x.counts(), Bytes: s.x.bytes()}
	if f.finding >= 0 {
		t = list[f.finding]
		p.Finding = t.Text
	}
	got := s.x.search(f, t)
	p.Total, p.From, p.To = got.total, f.page*pageSize+1, f.page*pageSize+len(got.page)
	if p.Cells, err = s.cells(got.page, func(i int) string { return s.x.sideName(i) }); err != nil {
		return nil, err
	}
	if f.page > 0 {
		p.Before = "/" + f.query(s.x, f.page-1)
	}
	if p.To < got.total {
		p.After = "/" + f.query(s.x, f.page+1)
	}
	p.Wide, p.High = s.x.thumb()
	s.choices(p, f, list)
	for c, n := range got.byClass {
		if n > 0 {
			only := f
			only.class = c
			p.Shares = append(p.Shares, share{s.x.className(c), n, "/" + only.query(s.x, 0)})
		}
	}
	slices.SortStableFunc(p.Shares, func(a, b share) int { return b.N - a.N })
	if p.More = len(p.Shares) - mostRows; p.More > 0 {
		p.Shares = p.Shares[:mostRows]
	}
	return s.render("grid", p)
}

// thumb is how large a sample of a grid is shown, in CSS pixels.
func (x *index) thumb() (wide, high int) {
	rows, cols, _ := webreport.Drawn(x.spec)
	scale := max(1, min(4, 84/max(1, cols)))
	return cols * scale, rows * scale
}

func (x *index) sideName(i int) string {
	if !x.split {
		return ""
	}
	if x.side[i] == noSide {
		return "on no side"
	}
	return sides[x.side[i]]
}

func (s *Server) choices(p *gridPage, f filter, list []*told) {
	for c := range s.x.classes {
		name := s.x.classes[c].Name
		p.Classes = append(p.Classes, choice{name, webreport.Visible(name), c == f.class})
	}
	if s.x.split {
		for i, name := range sides {
			p.Sides = append(p.Sides, choice{name, map[bool]string{true: "on no side", false: name}[i == noSide], i == f.side})
		}
	}
	p.Protocols = []choice{{"tcp", "TCP", f.proto == 6}, {"udp", "UDP", f.proto == 17}}
	p.Only = []choice{
		{"repeated", "equal another sample", f.only == "repeated"},
		{"conflict", "equal a sample of another class", f.only == "conflict"},
		{"across", "test, and equal a training sample", f.only == "across"},
	}
	for i, t := range list {
		p.Findings = append(p.Findings, choice{fmt.Sprint(i), clipped(t.Kind+": "+t.Text, 70), i == f.finding})
	}
	number := func(n uint64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	p.Min, p.Max = number(f.min), number(f.max)
	if f.value >= 0 {
		p.Value = fmt.Sprint(f.value)
	}
}

func clipped(s string, n int) string {
	r := []rune(webreport.Visible(s))
	if len(r) > n {
		r = append(r[:n-1], '…')
	}
	return string(r)
}

type fieldRow struct {
	Packet, Field  string
	From, To, Size int
	Hex            string
}

type samplePage struct {
	page
	Number        int
	Class, Side   string
	Capture       string
	Protocol      string
	Length        string
	Packets       int
	Marks         []string
	Before, After int // -1: there is none
	Rows, Cols    int
	Image         template.URL
	Packet, Edge  string // paths: where packets and where fields end
	Fields        []fieldRow
	Near          []cell
	Wide, High    int
	Candidates    string
	Data          sampleData
	Drawn         string // what is not drawn
	Unit          string // byte or cell
	Bytes         bool
	Scale         string // what greys mean, of cells that are no bytes
	Lines         []line // of a series
	Text          string // of text, which has no picture and no fields
	IsText        bool
	Unlisted      int // fields that the table has no place for
	LineBox       string
}

// sampleData is what the script of the page shows.
type sampleData struct {
	Cols     int         `json:"cols"`
	Hex      string      `json:"hex,omitempty"`
	Values   []float32   `json:"values,omitempty"` // of cells that are no bytes
	Segments [][2]int    `json:"segments"`         // where it begins, and the place of its name
	Names    []string    `json:"names"`
	Packets  map[int]int `json:"-"`
}

// sample is the page of one sample.
func (s *Server) sample(i int) ([]byte, error) {
	b, err := s.at(i)
	if err != nil {
		return nil, err
	}
	x := s.x
	rows, cols, shown := webreport.Drawn(x.spec)
	p := &samplePage{
		page: s.page("sample", fmt.Sprintf("Sample %d", i)), Number: i, Class: x.className(int(x.class[i])), Side: x.sideName(i),
		Capture: webreport.Visible(x.manifest.Captures[x.capture[i]].Name), Protocol: map[uint8]string{6: "TCP", 17: "UDP"}[x.proto[i]],
		Packets: int(x.packets[i]), Before: i - 1, After: i + 1, Rows: rows, Cols: cols,
		Candidates: webreport.Thousands(int64(len(x.near) / max(1, x.spec.Size()))), Unit: x.unit(), Bytes: x.bytes(), IsText: x.cells == 0,
	}
	if x.exact {
		p.Length = webreport.Plural(int64(x.length[i]), x.counts()) + " in "
	}
	if p.After == x.n {
		p.After = -1
	}
	for k, text := range []string{"equals another sample", "equals a sample of another class", "of the test side, and equals a sample of the training side"} {
		if x.flags[i]&(1<<k) != 0 {
			p.Marks = append(p.Marks, text)
		}
	}
	if p.IsText {
		p.Text, p.Drawn = text(b)
	} else {
		if p.Image, err = s.picture(b); err != nil {
			return nil, err
		}
		s.lock.Lock()
		segments := x.walk(s.walker, i, b)
		s.lock.Unlock()
		p.fill(x, b, shown, segments)
		if shown < x.cells {
			p.Drawn = fmt.Sprintf("Only the first %s of %s are shown.", webreport.Thousands(int64(shown)), webreport.Plural(int64(x.cells), x.unit()))
		}
		switch {
		case x.flowpic():
			p.Scale = fmt.Sprintf("Black is 0, white is the largest count of the sample, %s, logarithmic.", webreport.Number(x.largest(b)))
		case !x.bytes():
			p.Scale = x.shades.Says()
		}
		p.Lines, p.LineBox = x.lines(b, segments, x.length[i]), fmt.Sprintf("-1 -1 %d %d", lineWide+2, lineHigh+2)
	}
	p.Wide, p.High = x.thumb()
	distances := map[int]string{}
	var list []int
	for _, n := range x.nearest(i, b, mostNear) {
		list = append(list, n.sample)
		distances[n.sample] = fmt.Sprintf("%d %ss differ", n.cells, x.unit())
		if n.cells == 0 {
			distances[n.sample] = "the same " + x.unit() + "s"
			if p.IsText {
				distances[n.sample] = "the same text"
			}
		}
	}
	if p.Near, err = s.cells(list, func(i int) string { return distances[i] }); err != nil {
		return nil, err
	}
	return s.render("sample", p)
}

// fill lists the fields of the first cells of b and draws where packets and fields end.
func (p *samplePage) fill(x *index, b []byte, shown int, segments []audit.Segment) {
	p.Data = sampleData{Cols: p.Cols}
	if x.bytes() {
		p.Data.Hex = hex.EncodeToString(b[:shown])
	} else {
		for i := range shown {
			p.Data.Values = append(p.Data.Values, float32(webreport.Value(x.spec, b, i)))
		}
	}
	names := map[string]int{}
	before := -1
	for k, g := range segments {
		if g.From >= shown {
			break
		}
		to := min(g.To, shown)
		name, packet := g.Field, ""
		if g.Packet >= 0 {
			packet = fmt.Sprint(g.Packet)
			name = "packet " + packet + ": " + g.Field
		}
		at, ok := names[name]
		if !ok {
			at = len(p.Data.Names)
			names[name] = at
			p.Data.Names = append(p.Data.Names, name)
		}
		p.Data.Segments = append(p.Data.Segments, [2]int{g.From, at})
		if len(p.Fields) < mostListed {
			p.Fields = append(p.Fields, fieldRow{packet, g.Field, g.From, to - 1, to - g.From, x.fieldText(b, g.From, to)})
		} else {
			p.Unlisted++
		}
		if k > 0 {
			line := border(g.From, p.Cols)
			if g.Packet != before {
				p.Packet += line
			} else {
				p.Edge += line
			}
		}
		before = g.Packet
	}
}

// fieldText is a field in hex, or its values.
func (x *index) fieldText(b []byte, from, to int) string {
	if !x.bytes() {
		return x.values(b, from, to)
	}
	text := hex.EncodeToString(b[from:min(to, from+mostBytes)])
	if to-from > mostBytes {
		text += " …"
	}
	return text
}

// border is the line before byte at of a picture with so many columns.
func border(at, cols int) string {
	x, y := at%cols, at/cols
	if x == 0 {
		return fmt.Sprintf("M0 %dh%d", y, cols)
	}
	return fmt.Sprintf("M0 %dh%dv-1h%d", y+1, x, cols-x)
}
