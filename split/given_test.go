package split_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/split"
)

// TestParseGiven: CSV as RFC 4180 has it, in any order of columns; what is wrong is named by line.
func TestParseGiven(t *testing.T) {
	g, err := split.ParseGiven([]byte("\ufeffsplit,note,Capture\r\ntrain,x,\"a, \"\"b\"\".pcap\"\r\n Val ,\"two\nlines\",web/c.pcap\r\ntest,,d.pcap\r\ntest,again,d.pcap\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := g.Strangers([]string{`x/a, "b".pcap`, "web/c.pcap"}); !slices.Equal(got, []string{"d.pcap"}) {
		t.Errorf("strangers %q", got)
	}
	for text, want := range map[string]string{
		"": "header line", "capture,side\na,train\n": "columns capture and split", "capture,split\n": "names no capture",
		"capture,split\na,train\nb,maybe\n": `line 3: "maybe" is no side: need train, validation or test`, "capture,split\na,train\na,test\n": `line 3: capture "a" is on the side train too`,
		"capture,split\na\n": "line 2: 1 fields, need 2", "capture,split\n\"a,train\n": "line 2",
	} {
		if _, err := split.ParseGiven([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func FuzzGiven(f *testing.F) {
	f.Add([]byte("capture,split\na,train\n\"b\",test\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := split.ParseGiven(text)
		if err != nil {
			return
		}
		if all := g.Strangers(nil); len(all) == 0 || len(g.Strangers(all)) != 0 {
			t.Fatalf("%q", all)
		}
	})
}

// TestGiven: every sample is on the side that the file gives its capture, by name or base name; captures that it does not name
// are left out and counted; what is added follows, with the file and without it, and moves nothing; the record gives itself.
func TestGiven(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		words := []string{"train", "validation", "test", ""}
		var names, sides []string
		text := "capture,split\n"
		for i := range w.captures {
			name, side := fmt.Sprintf("dir %d/a%d.pcap", i, i), rapid.SampledFrom(words).Draw(t, "side")
			names, sides = append(names, name), append(sides, side)
			if rapid.Bool().Draw(t, "base") {
				name = fmt.Sprintf("a%d.pcap", i)
			}
			if side != "" {
				text += name + "," + side + "\n"
			}
		}
		g, err := split.ParseGiven([]byte(text + "no such,train\n"))
		if err != nil {
			t.Fatal(err)
		}
		o := split.Options{Given: g, MinPerClass: rapid.Int64Range(0, 3).Draw(t, "min")}
		in := func(n, captures int) *split.Input {
			in := w.input(n)
			in.Names = names[:captures]
			in.Captures = in.Captures[:captures]
			return in
		}
		first := rapid.IntRange(0, len(w.captures)).Draw(t, "first")
		n := 0
		for n < len(w.samples) && int(w.samples[n].Row.Capture) < first {
			n++
		}
		before := compute(t, in(n, first), o, nil)
		r := compute(t, in(len(w.samples), len(w.captures)), o, before)
		total := map[uint16]int64{}
		for i := range w.samples {
			total[w.samples[i].Label]++
		}
		for i := range w.samples {
			s := &w.samples[i]
			want := byte(split.LeftOut)
			if k := slices.Index(words, sides[s.Row.Capture]); k < 3 && total[s.Label] >= o.MinPerClass {
				want = "012"[k]
			}
			if r.Assignment[i] != want {
				t.Fatalf("sample %d of %s, %q: %c, want %c", i, names[s.Row.Capture], sides[s.Row.Capture], r.Assignment[i], want)
			}
		}
		if left := r.LeftOut[split.NoSide] + r.LeftOut[split.TooFew] + r.Sides.Total(); left != r.Samples || r.Proof.Captures != 0 && noTwins(w.captures) {
			t.Fatalf("%+v", r)
		}
		text2, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := split.Parse(text2)
		if err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("%v\n%s", err, text2)
		}
		kept, err := back.Settings.Options() // as verify has it: the digest of the file alone
		if err != nil {
			t.Fatal(err)
		}
		if again := compute(t, in(len(w.samples), len(w.captures)), kept, back); !reflect.DeepEqual(again, back) {
			t.Fatalf("computed again:\n%+v\n%+v", again, back)
		}
	})
}

func noTwins(captures []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(captures)))) == len(captures)
}

// TestFoldsAndShares: what excludes each other is refused, and records with folds are checked.
func TestFoldsAndShares(t *testing.T) {
	g, err := split.ParseGiven([]byte("capture,split\na,train\n"))
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]split.Options{
		"1 folds: need 2 to 36":    {Folds: 1, Salt: "x"},
		"37 folds: need 2 to 36":   {Folds: 37, Salt: "x"},
		"folds and shares":         {Folds: 3, Salt: "x", Weights: split.Weights{1, 1, 1}},
		"no training side":         {Folds: 3, Salt: "x", MaxPerClass: 1},
		"sides from a file, and s": {Folds: 3, Salt: "x", Given: g},
		"no share for training":    {Salt: "x"},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	w := &world{captures: []string{"d0", "d1", "d2"}, classes: []split.ClassName{{Label: 0, Name: "a"}}}
	for i := range 9 {
		w.samples = append(w.samples, split.Sample{Print: [16]byte{byte(i)}, Row: dataset.Row{Capture: uint32(i / 3), Session: uint64(i)}})
	}
	r, err := split.Compute(w.input(9), split.Options{Folds: 3, Salt: "x"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(r.Sides.Folds) != "[3 3 3]" || r.Parts() != nil || r.Proof.Groups[0].OnTwoSides != 0 {
		t.Errorf("%+v", r)
	}
	for i := range int64(9) {
		if _, ok := r.Side(i); ok {
			t.Errorf("sample %d is on a side", i)
		}
		if f, ok := r.Fold(i); !ok || f != strings.Index("012", r.Assignment[i:i+1]) {
			t.Errorf("sample %d: fold %d, %t", i, f, ok)
		}
	}
	for name, change := range map[string]func(r *split.Record){
		"letter": func(r *split.Record) { r.Assignment = "3" + r.Assignment[1:] }, "version": func(r *split.Record) { r.Version = 2 },
		"counts": func(r *split.Record) { r.Sides.Folds = r.Sides.Folds[:2] }, "given": func(r *split.Record) { r.Given = "012" },
		"no folds": func(r *split.Record) { r.Settings.Folds = 0 },
	} {
		c := *r
		c.Sides.Folds = slices.Clone(r.Sides.Folds)
		change(&c)
		text, err := c.Encode()
		if _, bad := split.Parse(text); err != nil || bad == nil {
			t.Errorf("%s was taken", name)
		}
	}
	var unsplit *split.UnsplitError
	if _, err := split.Compute(w.input(9), split.Options{Folds: 4, Salt: "x"}, nil); !errors.As(err, &unsplit) || !strings.Contains(err.Error(), "too few for 4 folds") {
		t.Errorf("more folds than captures: %v", err)
	}
}
