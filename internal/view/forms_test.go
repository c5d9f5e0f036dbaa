package view

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/webreport"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// formed is a split dataset of a form, of two classes that take turns.
func formed(t *testing.T, spec dataset.Spec, form *manifest.Form, samples [][]byte) (dir string) {
	t.Helper()
	settings := map[string]string{"dedup": "none", "form": form.Name}
	if form.Parameters != "" {
		settings["form"] += ":" + form.Parameters
	}
	form.Unit, form.DType = "session", spec.Type.String()
	dir = filepath.Join(t.TempDir(), "formed")
	w, err := store.Create(dir, store.Form{
		Settings: manifest.NewSettings(settings), Spec: spec, Form: form, Classes: []manifest.Class{{Label: 0, Name: "a"}, {Label: 1, Name: "b"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for c := range 2 {
		b, n := store.Batch{}, int64(0)
		for i := c; i < len(samples); i += 2 {
			b.Data, b.Labels = append(b.Data, samples[i]...), append(b.Labels, uint16(c))
			if spec.Type == dataset.Text {
				b.Data = append(b.Data, '\n')
			}
			b.Rows = append(b.Rows, dataset.Row{
				Capture: uint32(c), Session: uint64(i), Packets: [2]uint64{4, 3}, Bytes: [2]uint64{16, 0}, Original: 7, Counted: 3, Proto: 6, Digest: [16]byte{byte(c), byte(i), byte(i >> 8)},
			})
			n++
		}
		if err := w.Append(&b); err != nil {
			t.Fatal(w.Fail(err))
		}
		m := manifest.Capture{Name: fmt.Sprint(c, ".pcap"), Label: uint16(c), Class: string(rune('a' + c))}
		m.Packets, m.Used, m.LeftOut, m.Sessions, m.Samples, m.Exact, m.OriginalBytes = n, n, map[string]int64{}, n, n, n, 7*n
		if err := w.EndCapture(&m); err != nil {
			t.Fatal(w.Fail(err))
		}
	}
	divide(t, w, dir)
	return dir
}

// ordered are samples in the order of their dataset.
func ordered(samples [][]byte) (list [][]byte) {
	for c := range 2 {
		for i := c; i < len(samples); i += 2 {
			list = append(list, samples[i])
		}
	}
	return list
}

func floats(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// asked is a page, which there is.
func (r *running) asked(t *testing.T, path string, has ...string) string {
	t.Helper()
	a, body := r.ask(t, "GET", path, nil)
	if a.StatusCode != 200 {
		t.Fatalf("%s: %d %s", path, a.StatusCode, body)
	}
	for _, text := range has {
		if !strings.Contains(body, text) {
			t.Errorf("%s lacks %q:\n%s", path, text, body)
		}
	}
	return body
}

// TestSeries: a series has lines up to its last packet, cells by name, means of its own units, and findings by bins.
func TestSeries(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var samples [][]byte
	for i := range 200 {
		size := float32(100 + 300*(i%2) + random.IntN(2)) // tells the class, and nothing else does
		samples = append(samples, floats(0, float32(random.IntN(1000))/8, 2.5, 0, float32(1-2*(i%2)), -1, 1, 0, size, 1000, 1200, 0))
	}
	dir := formed(t, dataset.Spec{Rows: 3, Cols: 4, Type: dataset.F32}, &manifest.Form{Name: "series", Parameters: "packets=4,channels=ipt+dir+size", Counts: "packets"}, samples)
	r := serve(t, dir)
	a := r.wait(t)
	r.asked(t, "/", "Packets, from", `alt="Sample 0 of a"`)
	page := r.asked(t, "/sample/0",
		"3 packets in 7 packets", `<th scope="row">dir</th><td>1</td><td class="n">5</td><td class="n">5</td><td class="hex">-1</td>`,
		"ipt <span", "dir <span class=\"small\">from -1 to 1 in 3 packets", `d="M0 0L100 40L200 0"`, "from cell", "Each row has its own scale", `"values":[0,`,
		"cells differ")
	if n := strings.Count(page, `<figure class="series">`); n != 3 {
		t.Errorf("%d lines", n)
	}
	compare := r.asked(t, "/compare", "Cells that differ most", "share of the row")
	if at := strings.Index(compare, "<tbody><tr>"); !strings.HasPrefix(compare[at:], `<tbody><tr><th scope="row" class="n">4</th><td>packet.0.dir</td><td class="n">1</td><td class="n">-1</td><td class="n">2</td>`) {
		t.Errorf("the direction, whose row has the least span, does not differ most: %.300s", compare[at:])
	}
	// An audit judges sizes as content, so a finding about one is made here.
	position := 8
	f := r.x.tell(audit.Finding{Kind: "one-byte", Position: &position})
	d, err := store.Open(dir)
	if err == nil {
		err = r.x.columns(t.Context(), d, []*told{f})
	}
	if err != nil {
		t.Fatal(err)
	}
	r.audited.Store(&audited{report: a.report, findings: []*told{f}, page: a.page})
	r.asked(t, "/findings", "this cell gives away", ">bin<", "<td>100</td>", "<td>401</td>")
	want := 0
	for i, s := range ordered(samples) {
		if r.x.class[i] == 1 && binary.BigEndian.Uint32(s[32:]) == math.Float32bits(401) {
			want++
		}
	}
	if got := r.x.search(filter{class: -1, side: -1, proto: -1, finding: 0, value: 3}, f); got.total != want || want == 0 {
		t.Errorf("%d samples of the bin, need %d", got.total, want)
	}
}

// TestTypes: pages of samples of every type have their values, and the nearest are those by cell.
func TestTypes(t *testing.T) {
	for _, c := range []struct {
		kind dataset.Type
		form string
		cell func(i int) []byte
		has  []string // of the page of sample 0, whose cells are 0, 1, 2, 3 ...
	}{
		{dataset.I8, "nprint", func(i int) []byte { return []byte{byte(i - 1)} }, []string{"black is -1", `"values":[-1,0,1`}},
		{dataset.I16, "segments", func(i int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(i*64)) }, []string{`"values":[0,64,128`}},
		{dataset.U8, "mini-flowpic", func(i int) []byte { return []byte{byte(i)} }, []string{`"hex":"000102`, "the largest count of the sample, 3, logarithmic"}},
	} {
		random := rand.New(rand.NewPCG(3, 4))
		var samples [][]byte
		for i := range 30 {
			var b []byte
			for k := range 16 {
				v := k % 4
				if i > 0 {
					v = random.IntN(4)
				}
				b = append(b, c.cell(v)...)
			}
			samples = append(samples, b)
		}
		dir := formed(t, dataset.Spec{Rows: 4, Cols: 4, Type: c.kind}, &manifest.Form{Name: c.form, Counts: "packets"}, samples)
		r := serve(t, dir)
		r.asked(t, "/sample/0", c.has...)
		r.asked(t, "/compare", "differ most")
		list, width := ordered(samples), c.kind.Size()
		var all []neighbour
		for i, b := range list[1:] {
			n := 0
			for k := range 16 {
				if !bytes.Equal(b[k*width:(k+1)*width], list[0][k*width:(k+1)*width]) {
					n++
				}
			}
			all = append(all, neighbour{i + 1, n})
		}
		slices.SortStableFunc(all, func(a, b neighbour) int { return a.cells - b.cells })
		if got := r.x.nearest(0, list[0], 8); !slices.Equal(got, all[:8]) {
			t.Errorf("%v: nearest %v, need %v", c.kind, got, all[:8])
		}
	}
}

// TestTooLarge: samples that are too large to audit are shown in part, with the reason.
func TestTooLarge(t *testing.T) {
	large := make([]byte, 4*300*300)
	dir := formed(t, dataset.Spec{Rows: 300, Cols: 300, Type: dataset.F32}, &manifest.Form{Name: "flowpic", Parameters: "size=300", Counts: "packets"}, [][]byte{large, large})
	r := serve(t, dir)
	r.wait(t)
	r.asked(t, "/sample/0", "of 90,000 cells are shown")
	r.asked(t, "/findings", "There is no audit: ", "90000 cells")
}

// TestText: text stays text, is cut where it is long, and has neither means nor an audit.
func TestText(t *testing.T) {
	samples := [][]byte{
		[]byte(`<script>alert(1)</script> & "x`), []byte("second"), []byte("third \u202egnp"), []byte("second"),
		{},
		{},
		[]byte(strings.Repeat("ä", 1<<16)),
	}
	dir := formed(t, dataset.Spec{Type: dataset.Text}, &manifest.Form{Name: "bigrams", Counts: "packets"}, samples)
	r := serve(t, dir)
	r.wait(t)
	page := r.asked(t, "/", "&lt;script&gt;alert(1)", "second")
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "\u202e") {
		t.Error("text is no text")
	}
	page = r.asked(t, "/sample/0", "&lt;script&gt;alert(1)&lt;/script&gt; &amp;", "The same text")
	if strings.Contains(page, "byte-map") || strings.Contains(page, "<script>alert") {
		t.Error("text has a picture, or is none")
	}
	if page := r.asked(t, "/sample/1"); strings.Contains(page, "\u202e") {
		t.Error("a character turns the direction of writing")
	}
	if page := r.asked(t, "/sample/3", "Only the first 65,536 of 131,072 bytes"); strings.Contains(page, "\ufffd") || len(page) > 70000 {
		t.Errorf("%d bytes, or a broken character", len(page))
	}
	r.asked(t, "/sample/4", "the same text", "/sample/5")
	r.asked(t, "/sample/2", "The same text")
	r.asked(t, "/findings", "the samples are text")
	r.asked(t, "/compare", "Samples of text have no means")
	r.asked(t, "/report", "the samples are text")
}

// TestBins: equal values share a bin, bins are in the order of values, cover them, and are at most 256.
func TestBins(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		values := draw.Slice(rapid.Float64Range(-9, 9), 1, 40).Draw(t, "values")
		for k := range draw.Int(0, 900).Draw(t, "more") {
			values = append(values, float64(k%700)/7)
		}
		x := &told{values: slices.Clone(values)}
		x.bin()
		sorted, in, same := slices.Sorted(slices.Values(values)), map[byte]int{}, map[float64]int{}
		distinct, most := len(slices.Compact(slices.Clone(sorted))), 0
		for i, v := range values {
			in[x.column[i]]++
			same[v]++
			most = max(most, same[v])
		}
		for bin, n := range in {
			if n > len(values)/256+1+2*most {
				t.Fatalf("%d of %d samples are in bin %d", n, len(values), bin)
			}
		}
		for i, v := range values {
			if b := x.bins[x.column[i]]; v < b[0] || v > b[1] {
				t.Fatalf("%g is in the bin %v", v, b)
			}
			if w := values[(i*7+1)%len(values)]; v < w && x.column[i] > x.column[(i*7+1)%len(values)] {
				t.Fatalf("%g is in a later bin than %g", v, w)
			}
			if b := x.bins[x.column[i]]; distinct <= 256 && b[0] != b[1] {
				t.Fatalf("few values, and a bin of several: %v", b)
			}
		}
		if text := x.valueText(int(x.column[0])); !strings.Contains(text, webreport.Number(x.bins[x.column[0]][0])) {
			t.Fatal(text)
		}
	})
}
