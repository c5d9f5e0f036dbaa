package mill_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	data "github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// unitID is a unit by its capture, its session's place and its own.
type unitID struct {
	capture       uint32
	session, unit uint64
}

// samplesOf are the samples of a variant in order, and their units.
func samplesOf(t tester, dir, name string) (samples [][]byte, units []unitID) {
	t.Helper()
	d, err := store.OpenVariant(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Samples()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := d.Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for {
		b, err := s.Next()
		if err == io.EOF {
			return samples, units
		}
		var row data.Row
		if err == nil {
			err = rows.Next(&row)
		}
		if err != nil {
			t.Fatal(err)
		}
		samples, units = append(samples, bytes.Clone(b)), append(units, unitID{row.Capture, row.Session, row.Unit})
	}
}

// drawVariants adds one to three variants of random masks, forms and forged fields.
func drawVariants(t *rapid.T, o *mill.Options) {
	o.Variant = "first"
	r := random(draw.Seed().Draw(t, "variants"))
	for i := range 1 + r.IntN(3) {
		c := randomChoice(r)
		own := c.options()
		v := mill.Variant{Name: fmt.Sprint("v", i), Mask: own.Mask, Form: own.Form, Shape: own.Shape}
		if r.IntN(2) == 0 {
			v.Forge = forge.Fields(r.IntN(int(forge.All) + 1))
		}
		o.Variants = append(o.Variants, v)
	}
	if r.IntN(3) == 0 {
		o.Forge = forge.Fields(r.IntN(int(forge.All) + 1))
	}
	if r.IntN(2) == 0 {
		o.ForgeKey = []byte("another key")
	}
}

// TestVariantsAreTheirOwnCompilations: each variant holds what its options alone make of the
// units that the first one kept, and padding where they show nothing of a unit; the first is
// what it is without others; and how it is computed changes nothing.
func TestVariantsAreTheirOwnCompilations(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		dir, remove := tempDir(t)
		defer remove()
		r := random(draw.Seed().Draw(rt, "captures"))
		o := randomChoice(r).options()
		drawVariants(rt, &o)
		if err := o.Check(); err != nil {
			rt.Skip(err)
		}
		paths := write(rt, dir, randomFiles(r, 3, testcap.Options{Sessions: 8}))
		together := filepath.Join(dir, "together")
		convert(rt, paths, together, o)
		if _, err := verify.Verify(together); err != nil {
			rt.Error(err)
		}

		other := o
		other.Workers, other.BlockLength = 1+r.IntN(7), 64+4*r.IntN(300)
		if r.IntN(2) == 0 {
			other = mill.Tight(other, int64(1+r.IntN(20000)))
		}
		again := filepath.Join(dir, "again")
		convert(rt, paths[:1], again, other)
		convert(rt, paths[1:], again, other)
		same(rt, "in another way", dataset(rt, again), dataset(rt, together))

		for i, own := range o.EachVariant() {
			alone := *own
			alone.Variant = ""
			out := filepath.Join(dir, own.Variant)
			if i == 0 {
				convert(rt, paths, out, alone)
				want, have := tree(rt, out), tree(rt, together)
				for name := range want {
					if name != "manifest.json" && have[name] != want[name] {
						rt.Errorf("%s of the first variant is not what it is alone", name)
					}
				}
				continue
			}
			alone.Dedup, alone.MinBytes = sample.DedupNone, 0
			convert(rt, paths, out, alone)
			list, ids := samplesOf(rt, out, "")
			want := map[unitID][]byte{}
			for k := range list {
				want[ids[k]] = list[k]
			}
			padding := emptySample(rt, &alone)
			list, ids = samplesOf(rt, together, own.Variant)
			for k := range list {
				w, shown := want[ids[k]]
				if !shown {
					w = padding
				}
				if !bytes.Equal(list[k], w) {
					rt.Fatalf("variant %s, unit %v (shown: %t): %x, want %x", own.Variant, ids[k], shown, list[k], w)
				}
			}
		}
	})
}

// emptySample is the sample of a unit of which nothing is shown.
func emptySample(t tester, o *mill.Options) []byte {
	t.Helper()
	c := o.Form
	if c.String() == "" {
		return make([]byte, o.Shape.Length())
	}
	f, err := c.Bind(o.Mask, o.Shape)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := f.Render(nil, nil, &represent.End{})
	return b
}

// TestForgedRowsAreStrictlyTheSame: under the profile strict a challenge twin shows what its
// row shows, in every form; under none the first bytes of the two differ.
func TestForgedRowsAreStrictlyTheSame(t *testing.T) {
	dir := t.TempDir()
	paths := write(t, dir, randomFiles(random(11), 4, testcap.Options{Sessions: 12}))
	paths = append(paths, "../examples/captures/sftp1.pcap") // of Ethernet
	for i, form := range append([]string{""}, forms...) {
		o := defaultChoice().options()
		set := func(profile, mac string) mask.Policy {
			p, err := mask.Resolve(profile, map[string]string{"mac": mac}, "")
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		mac := "remove"
		if strings.HasPrefix(form, "ustc-all") || strings.Contains(form, "eth+") {
			mac = "zero"
		}
		var choice represent.Choice
		if form != "" {
			choice, _ = represent.Parse(form)
			o.Shape = sample.Shape{}
		}
		o.Mask, o.Form, o.Variant = set("strict", mac), choice, "row"
		o.Variants = []mill.Variant{{Name: "twin", Mask: o.Mask, Form: o.Form, Shape: o.Shape, Forge: forge.All}}
		if form == "" {
			o.Variants = append(o.Variants,
				mill.Variant{Name: "bare", Mask: set("none", "remove"), Shape: o.Shape},
				mill.Variant{Name: "bare-twin", Mask: set("none", "remove"), Shape: o.Shape, Forge: forge.All},
				mill.Variant{Name: "framed", Mask: set("none", "keep"), Shape: o.Shape},
				mill.Variant{Name: "framed-twin", Mask: set("none", "keep"), Shape: o.Shape, Forge: forge.Addresses})
		}
		out := filepath.Join(dir, fmt.Sprint("out", i))
		convert(t, paths, out, o)
		rows, _ := samplesOf(t, out, "row")
		twins, _ := samplesOf(t, out, "twin")
		if len(rows) == 0 {
			t.Errorf("form %q: no samples", form)
		}
		for k := range rows {
			if !bytes.Equal(rows[k], twins[k]) {
				t.Fatalf("form %q, sample %d: the twin differs under strict:\n%x\n%x", form, k, rows[k], twins[k])
			}
		}
		if form != "" {
			continue
		}
		rows, _ = samplesOf(t, out, "bare")
		twins, _ = samplesOf(t, out, "bare-twin")
		for k := range rows {
			if bytes.Equal(rows[k], twins[k]) {
				t.Errorf("sample %d: the twin is its row under none", k)
			}
		}
		rows, _ = samplesOf(t, out, "framed")
		twins, _ = samplesOf(t, out, "framed-twin")
		framed := 0
		for k := range rows {
			if !bytes.Equal(rows[k][:6], twins[k][:6]) { // an address of Ethernet; of IP nothing that is forged
				framed++
			}
		}
		if framed == 0 {
			t.Error("no link address that is shown was forged")
		}
	}
}

// TestVariantsStay: a dataset with variants takes captures only under the same ones, and
// what was changed in one of them is found.
func TestVariantsStay(t *testing.T) {
	dir := t.TempDir()
	paths := write(t, dir, randomFiles(random(12), 3, testcap.Options{Sessions: 6}))
	o := defaultChoice().options()
	o.Variant, o.Variants = "a", []mill.Variant{{Name: "b", Mask: o.Mask, Shape: sample.Shape{Rows: 4, Cols: 5}}}
	out := filepath.Join(dir, "out")
	convert(t, paths[:2], out, o)
	for what, change := range map[string]func(*mill.Options){
		"no variants":    func(o *mill.Options) { o.Variant, o.Variants = "", nil },
		"another name":   func(o *mill.Options) { o.Variants[0].Name = "c" },
		"another shape":  func(o *mill.Options) { o.Variants[0].Shape = sample.Shape{Rows: 5, Cols: 4} },
		"another first":  func(o *mill.Options) { o.Variant = "z" },
		"one more":       func(o *mill.Options) { o.Variants = append(o.Variants, mill.Variant{Name: "c", Shape: o.Shape}) },
		"forged":         func(o *mill.Options) { o.Variants[0].Forge = forge.TTL },
		"another mask":   func(o *mill.Options) { o.Variants[0].Mask.Ports = mask.Keep },
		"the same twice": nil,
	} {
		other := o
		other.Variants = append([]mill.Variant{}, o.Variants...)
		if change != nil {
			change(&other)
		}
		p, err := mill.Prepare(paths, out, other)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		before := dataset(t, out)
		_, err = mill.Run(t.Context(), p, mill.Events{}, nil)
		if (err == nil) != (change == nil) {
			t.Errorf("%s: error %v", what, err)
		}
		if change != nil {
			same(t, what, dataset(t, out), before)
		}
	}
	if _, err := verify.Verify(out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"session_output.idx3", "label_output.idx1"} {
		path := filepath.Join(out, "variants", "b", name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)-1] ^= 1
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := verify.Verify(out); err == nil || !strings.Contains(err.Error(), "variant b") {
			t.Errorf("%s changed: error %v", name, err)
		}
		text[len(text)-1] ^= 1
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
