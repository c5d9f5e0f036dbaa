package webreport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// hostile are names that somebody may give a capture or a class.
var hostile = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "turned\u202etxt.pcap", `{{.Policy}}`, "' style='x", "a&b;</title></svg><b>"}

// made is a dataset of so many samples of 6x5 bytes in each class, whose first byte is the class.
func made(t *testing.T, names []string, each int) (dir string, samples [][][]byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	form := store.Form{
		Settings: manifest.NewSettings(map[string]string{"length": "30", "shape": "6x5", "dedup": "none"}), Spec: dataset.Spec{Rows: 6, Cols: 5},
	}
	for i, name := range names {
		form.Classes = append(form.Classes, manifest.Class{Label: uint16(i), Name: name})
	}
	dir = filepath.Join(t.TempDir(), "traffic")
	w, err := store.Create(dir, form)
	if err != nil {
		t.Fatal(err)
	}
	samples = make([][][]byte, len(names))
	for i, name := range names {
		b := store.Batch{}
		for k := range each {
			x := make([]byte, 30)
			for p := range x {
				x[p] = byte(random.IntN(256))
			}
			x[0] = byte(i)
			samples[i] = append(samples[i], x)
			b.Data = append(b.Data, x...)
			b.Labels = append(b.Labels, uint16(i))
			b.Rows = append(b.Rows, dataset.Row{Capture: uint32(w.Captures()), Session: uint64(k), Packets: [2]uint64{1, uint64(k)}, Bytes: [2]uint64{30, 0}, Original: 30, Proto: 6})
		}
		if err := w.Append(&b); err != nil {
			t.Fatal(w.Fail(err))
		}
		n := int64(each)
		c := manifest.Capture{Name: name + ".pcap", Label: uint16(i), Class: name}
		c.Packets, c.Used, c.LeftOut, c.Sessions, c.Samples, c.Exact, c.OriginalBytes = n+2, n, map[string]int64{"dns": 2}, n, n, n, 30*n
		if err := w.EndCapture(&c); err != nil {
			t.Fatal(w.Fail(err))
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(w.Fail(err))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, samples
}

// written is the page of a dataset.
func written(t *testing.T, dir string, workers int) (string, *Report) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := audit.OpenDataset(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	a, err := audit.Run(ctx, d, audit.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	r, err := FromDataset(ctx, hostile[0], s, a, workers)
	if err != nil {
		t.Fatal(err)
	}
	r.Version = "of the test"
	return render(t, r), r
}

func render(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// each calls f for every element of a page.
func each(t *testing.T, page string, f func(n *html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			f(n)
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// TestHostileNames: names stay text; the page has the elements that the template has.
func TestHostileNames(t *testing.T) {
	dir, _ := made(t, hostile, 12)
	page, _ := written(t, dir, 2)
	scripts, shown := 0, 0
	each(t, page, func(n *html.Node) {
		switch n.DataAtom {
		case atom.Script:
			scripts++
		case atom.Img:
			if !strings.HasPrefix(attribute(n, "src"), "data:image/png;base64,") {
				t.Errorf("a picture from %.60s", attribute(n, "src"))
			}
		case atom.B, atom.Iframe, atom.Object, atom.Link, atom.Base, atom.Form:
			t.Errorf("an element %s", n.Data)
		case atom.Th:
			if text(n) == hostile[0] {
				shown++
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("%s has %s", n.Data, a.Key)
			}
		}
	})
	if scripts != 2 {
		t.Errorf("%d scripts, need 2", scripts)
	}
	if shown == 0 {
		t.Error("the name is not shown as text")
	}
	if strings.Contains(page, "\u202e") {
		t.Error("a character that turns the direction of writing is on the page")
	}
}

// TestPolicy: the policy allows the style and the script of the page and nothing else, and the
// page names no other place.
func TestPolicy(t *testing.T) {
	dir, _ := made(t, []string{"a", "b"}, 12)
	page, _ := written(t, dir, 1)
	policy := ""
	each(t, page, func(n *html.Node) {
		if attribute(n, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(n, "content")
		}
	})
	if !strings.HasPrefix(policy, "default-src 'none'; img-src data:; ") || strings.Contains(policy, "unsafe") {
		t.Fatalf("policy %q", policy)
	}
	each(t, page, func(n *html.Node) {
		source := map[atom.Atom]string{atom.Style: "style-src", atom.Script: "script-src"}[n.DataAtom]
		if source == "" || attribute(n, "type") != "" {
			return
		}
		sum := sha256.Sum256([]byte(text(n)))
		if want := source + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("policy %q has no %s", policy, want)
		}
	})
	if at := strings.Index(page, "://"); at >= 0 {
		t.Errorf("the page names another place: %s", page[max(0, at-20):at+20])
	}
	if !strings.Contains(page[:4096], Generator) {
		t.Error("the page does not say in its head that it is ours")
	}
}

// TestFiguresAreAccessible: every picture has a name, every chart a table behind it, every id
// that is referred to exists once.
func TestFiguresAreAccessible(t *testing.T) {
	dir, _ := made(t, []string{"a", "b", "c"}, 20)
	if _, err := store.Divide(context.Background(), dir, split.Options{Weights: split.Weights{50, 0, 50}, By: split.Session, Salt: "x", Fallback: split.UseSession}, false); err != nil {
		t.Fatal(err)
	}
	page, _ := written(t, dir, 1)
	ids := map[string]int{}
	each(t, page, func(n *html.Node) {
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
	})
	charts, figures := 0, 0
	each(t, page, func(n *html.Node) {
		for _, id := range strings.Fields(attribute(n, "aria-labelledby") + " " + attribute(n, "for") + " " + strings.TrimPrefix(attribute(n, "href"), "#")) {
			if ids[id] != 1 {
				t.Errorf("%s refers to %s, of which there are %d", n.Data, id, ids[id])
			}
		}
		switch {
		case n.Data == "svg" && attribute(n, "aria-hidden") == "":
			charts++
			if attribute(n, "role") != "img" || len(strings.Fields(attribute(n, "aria-labelledby"))) != 2 {
				t.Errorf("a chart without a name")
			}
		case n.DataAtom == atom.Figure && attribute(n, "class") == "":
			figures++
			tables := 0
			for d := range n.Descendants() {
				if d.DataAtom == atom.Table {
					tables++
				}
			}
			if tables != 1 {
				t.Errorf("a figure with %d tables", tables)
			}
		case n.DataAtom == atom.Img && attribute(n, "alt") == "":
			t.Error("a picture without a text")
		}
	})
	// Classes, probes, leak map, two histograms, packets, sessions, two of captures.
	if charts != 9 || figures != 9 {
		t.Errorf("%d charts in %d figures, need 9", charts, figures)
	}
	for _, want := range []string{"training", "on no side"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s on the page of a dataset that is split", want)
		}
	}
}

// TestPictures: means and deviations are those of the samples, and mosaics show samples.
func TestPictures(t *testing.T) {
	dir, samples := made(t, []string{"a", "b"}, 37)
	_, r := written(t, dir, 3)
	for c, p := range r.pictures {
		mean, deviation := pixels(t, string(p.mean)), pixels(t, string(p.deviation))
		for at := range 30 {
			sum, squares := 0.0, 0.0
			for _, x := range samples[c] {
				sum += float64(x[at])
			}
			m := sum / 37
			for _, x := range samples[c] {
				squares += (float64(x[at]) - m) * (float64(x[at]) - m)
			}
			s := math.Min(255, 2*math.Sqrt(squares/37))
			if have := float64(mean[at]); math.Abs(have-m) > 1 {
				t.Errorf("class %d byte %d: mean %v, need %v", c, at, have, m)
			}
			if have := float64(deviation[at]); math.Abs(have-s) > 1 {
				t.Errorf("class %d byte %d: deviation %v, need %v", c, at, have, s)
			}
		}
		if p.count != mostSamples {
			t.Errorf("class %d: %d samples are shown", c, p.count)
		}
		// The first picture of a mosaic is the class's first sample.
		m := decode(t, string(p.samples))
		for at, v := range samples[c][0] {
			if have := m(at%5, at/5); math.Abs(float64(have)-float64(v)) > 1 {
				t.Errorf("class %d: byte %d of its first sample is drawn as %d, need %d", c, at, have, v)
			}
		}
	}
}

// decode reads a picture from its data URL.
func decode(t *testing.T, url string) func(x, y int) uint8 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(url, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return func(x, y int) uint8 { return color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y }
}

func pixels(t *testing.T, url string) []uint8 {
	m := decode(t, url)
	out := make([]uint8, 30)
	for i := range out {
		out[i] = m(i%5, i/5)
	}
	return out
}

// TestSameBytes: the number of workers changes nothing.
func TestSameBytes(t *testing.T) {
	dir, _ := made(t, []string{"a", "b", "c"}, 150)
	one, _ := written(t, dir, 1)
	for _, workers := range []int{2, 5} {
		if other, _ := written(t, dir, workers); other != one {
			t.Errorf("the page of %d workers differs", workers)
		}
	}
}

// TestBounded: 300 classes and 10,000 captures make a page that a browser opens at once, and
// what is not listed is said.
func TestBounded(t *testing.T) {
	m := &manifest.Manifest{Settings: manifest.NewSettings(nil), Samples: 100_000, Rows: 28, Cols: 28}
	r := &Report{Title: "large", Manifest: m, Unjudged: "Not audited.", spec: dataset.Spec{Rows: 28, Cols: 28}, sides: true}
	for i := range 300 {
		r.classes = append(r.classes, classCount{name: fmt.Sprintf("class %d", i), label: uint16(i), total: int64(100 + i), bySide: [4]int64{80, 0, 20, int64(i)}})
	}
	for i := range 10_000 {
		c := manifest.Capture{Name: fmt.Sprintf("a/rather/long/path/of/capture-%d.pcapng", i), Class: "class 1"}
		c.Packets, c.Used, c.LeftOut, c.Sessions, c.Samples = 100, 60, map[string]int64{"dns": 30, "tcp-control": 10}, 10, 10
		c.Damage = &manifest.Damage{Kind: "truncated", Detail: "have 3, need 20"}
		m.Captures = append(m.Captures, c)
		m.Totals.Add(&c.Counts)
	}
	random := rand.New(rand.NewPCG(3, 4))
	from := &rows{spec: r.spec, n: 0, classOf: func(int) int { return 0 }}
	of := map[int][]byte{}
	for c, k := range r.classes {
		from.n += int(k.total)
		x := make([]byte, 784)
		for p := range x {
			x[p] = byte(random.IntN(256))
		}
		of[c] = x
	}
	starts := make([]int, 0, len(r.classes))
	at := 0
	for _, k := range r.classes {
		starts = append(starts, at)
		at += int(k.total)
	}
	from.classOf = func(row int) int {
		c := len(starts) - 1
		for starts[c] > row {
			c--
		}
		return c
	}
	from.each = func(_ context.Context, f func(int, []byte) error) error { return f(0, of[0]) }
	from.some = func(_ context.Context, list []uint32, f func(int, []byte) error) error {
		for i, row := range list {
			if err := f(i, of[from.classOf(int(row))]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := r.draw(context.Background(), from, 2); err != nil {
		t.Fatal(err)
	}
	page := render(t, r)
	if n := len(page); n > 6<<20 {
		t.Errorf("a page of %d bytes", n)
	}
	for _, want := range []string{
		"The 200 largest of 300 classes; the others have 14,950 samples.", "Only the 100 largest classes are shown.",
		"The first 200 of 10,000 captures; the others have 98,000 samples. The manifest has all.", "The first 200 of 10,000 damaged captures.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	elements := 0
	each(t, page, func(*html.Node) { elements++ })
	if elements > 20_000 {
		t.Errorf("%d elements", elements)
	}
}

// TestPick: samples of a class are evenly spaced among its rows.
func TestPick(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		classOf := draw.Slice(rapid.IntRange(0, 2), 1, 60).Draw(t, "classes")
		most := rapid.IntRange(1, 9).Draw(t, "most")
		classes := make([]classCount, 3)
		var of [3][]uint32
		for row, c := range classOf {
			classes[c].total++
			of[c] = append(of[c], uint32(row))
		}
		got := pick(&rows{n: len(classOf), classOf: func(row int) int { return classOf[row] }}, classes, []int{1, 0, 2}, most)
		var want [3][]uint32
		for _, c := range []int{0, 2} {
			m := min(most, len(of[c]))
			for i := range m {
				want[c] = append(want[c], of[c][i*len(of[c])/m])
			}
		}
		var have [3][]uint32
		for _, p := range got {
			have[p.class*2] = append(have[p.class*2], p.row)
		}
		if fmt.Sprint(have) != fmt.Sprint(want) {
			t.Fatalf("%v, need %v", have, want)
		}
	})
}

// TestHistogram: every value is counted once, in the place whose name covers it.
func TestHistogram(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "value")
		var h histogram
		h.add(v)
		low, high, ok := h.bounds()
		if !ok || low != high || h[low] != 1 {
			t.Fatalf("%d: %d ... %d", v, low, high)
		}
		if float64(v) < lowest(low) || low < 64 && float64(v) >= lowest(low+1) && v > 1 {
			t.Fatalf("%d stands at %s", v, binName(low))
		}
	})
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if have := thousands(n); have != want {
			t.Errorf("%d: %s, need %s", n, have, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 0.25: "0.25", 950: "950", 9999: "9999", 15000: "15k", 2.5e6: "2.5M"} {
		if have := short(v); have != want {
			t.Errorf("%v: %s, need %s", v, have, want)
		}
	}
	draw.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(0, 1e12).Draw(t, "value")
		if end := top(v); end < v || v > 4 && end > 2*v {
			t.Fatalf("an axis for %v ends at %v", v, end)
		}
	})
}

// TestOtherTypes: text has no pictures; other types than bytes have some, with their scale.
func TestOtherTypes(t *testing.T) {
	for _, name := range []string{"f32", "text"} {
		kind, err := dataset.ParseType(name)
		if err != nil {
			t.Fatal(err)
		}
		form := store.Form{
			Settings: manifest.NewSettings(map[string]string{"dedup": "none"}), Spec: dataset.Spec{Rows: 2, Cols: 3, Type: kind},
			Form: &manifest.Form{Name: "made", DType: name}, Classes: []manifest.Class{{Label: 0, Name: "Chat"}},
		}
		b := store.Batch{Labels: []uint16{0}, Rows: []dataset.Row{{Packets: [2]uint64{1, 0}, Original: 24, Proto: 6}}}
		if kind == dataset.Text {
			form.Spec.Rows, form.Spec.Cols = 0, 0
			b.Data = []byte("words of a line\n")
		} else {
			b.Data = make([]byte, form.Spec.Size())
		}
		dir := filepath.Join(t.TempDir(), "traffic")
		w, err := store.Create(dir, form)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(&b); err != nil {
			t.Fatal(w.Fail(err))
		}
		c := manifest.Capture{Name: "a.pcap", Class: "Chat"}
		c.Packets, c.Used, c.LeftOut, c.Sessions, c.Samples, c.Exact, c.OriginalBytes = 1, 1, map[string]int64{}, 1, 1, 1, 24
		if err := w.EndCapture(&c); err != nil {
			t.Fatal(w.Fail(err))
		}
		if err := w.Commit(); err != nil {
			t.Fatal(w.Fail(err))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		r, err := FromDataset(context.Background(), "traffic", s, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		r.Unjudged = "Not audited."
		page := render(t, r)
		drawn := kind != dataset.Text
		if strings.Contains(page, "<img") != drawn || strings.Contains(page, "Each row has its own scale") != drawn || !strings.Contains(page, "1 sample of "+form.Spec.String()) || !strings.Contains(page, "Samples of each class") {
			t.Errorf("%s: the page has other pictures, or not what there is", name)
		}
	}
}
