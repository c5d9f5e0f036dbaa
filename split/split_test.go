package split_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/split"
)

// world is a made-up dataset.
type world struct {
	captures []string
	classes  []split.ClassName
	samples  []split.Sample
}

// input is the first n samples of the world, as a dataset has them.
func (w *world) input(n int) *split.Input {
	in := &split.Input{Captures: w.captures, Classes: w.classes}
	in.Each = func(f func(*split.Sample) error) error {
		for i := range n {
			s := w.samples[i] // lent: a copy
			if err := f(&s); err != nil {
				return err
			}
		}
		return nil
	}
	return in
}

// drawWorld makes captures of one or two classes with samples of few different bytes, hosts and times.
func drawWorld(t *rapid.T) *world {
	w := &world{}
	for label := range rapid.IntRange(1, 4).Draw(t, "classes") {
		w.classes = append(w.classes, split.ClassName{Label: uint16(label * 100), Name: fmt.Sprint("class", label)})
	}
	for c := range rapid.IntRange(1, 12).Draw(t, "captures") {
		w.captures = append(w.captures, fmt.Sprintf("digest%d", rapid.IntRange(0, 9+c).Draw(t, "digest")))
		for i := range rapid.IntRange(0, 12).Draw(t, "samples") {
			s := split.Sample{Label: w.classes[rapid.IntRange(0, len(w.classes)-1).Draw(t, "label")].Label}
			s.Print[3] = rapid.Byte().Draw(t, "print")
			s.Row = dataset.Row{
				Capture: uint32(c), Session: uint64(i), Start: rapid.Int64Range(-3, 40).Draw(t, "start"), Duration: rapid.Int64Range(0, 9).Draw(t, "duration"),
				Host: [8]byte{1, rapid.ByteRange(0, 6).Draw(t, "host")},
			}
			w.samples = append(w.samples, s)
		}
	}
	return w
}

// drawParted are options with shares, or with folds.
func drawParted(t *rapid.T) split.Options {
	o := drawOptions(t)
	if rapid.Bool().Draw(t, "into folds") {
		o.Weights, o.MaxPerClass, o.Folds = split.Weights{}, 0, rapid.IntRange(2, 12).Draw(t, "folds")
	}
	return o
}

// shareOf are the letters of an assignment with the shares of what they stand for, in order.
func shareOf(o split.Options) (letters string, shares []int64) {
	for i, n := range o.Weights {
		if n > 0 {
			letters, shares = letters+"012"[i:i+1], append(shares, int64(n))
		}
	}
	for i := range o.Folds {
		letters, shares = letters+"0123456789abcdefghijklmnopqrstuvwxyz"[i:i+1], append(shares, 1)
	}
	return letters, shares
}

func drawOptions(t *rapid.T) split.Options {
	return split.Options{
		Weights:  rapid.SampledFrom([]split.Weights{{80, 10, 10}, {1, 1, 1}, {60, 0, 40}, {1, 0, 0}, {5, 5, 0}}).Draw(t, "weights"),
		Method:   split.Method(rapid.IntRange(0, 1).Draw(t, "method")),
		By:       split.By(rapid.IntRange(0, 4).Draw(t, "by")),
		Salt:     rapid.SampledFrom([]string{split.DefaultSalt, "x"}).Draw(t, "salt"),
		Fallback: split.Fallback(rapid.IntRange(1, 2).Draw(t, "fallback")), MinPerClass: rapid.Int64Range(0, 4).Draw(t, "min"),
		MaxPerClass: rapid.Int64Range(0, 6).Draw(t, "max"),
	}
}

func compute(t *rapid.T, in *split.Input, o split.Options, before *split.Record) *split.Record {
	t.Helper()
	r, err := split.Compute(in, o, before)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAppendingMovesNothing: whatever is added, a sample stays on its side. Only the caps on classes may take a training sample
// out or let one in.
func TestAppendingMovesNothing(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawParted(t)
		var before *split.Record
		n := 0
		for range 3 {
			n = rapid.IntRange(n, len(w.samples)).Draw(t, "n")
			r := compute(t, w.input(n), o, before)
			if before != nil {
				for i := range before.Assignment {
					was, is := before.Assignment[i], r.Assignment[i]
					if was == is || o.MinPerClass > 0 && was == split.LeftOut || o.MaxPerClass > 0 && (was == '0' && is == split.LeftOut || was == split.LeftOut && is == '0') {
						continue
					}
					t.Fatalf("%+v: sample %d goes from %c to %c when %d become %d", o, i, was, is, before.Samples, n)
				}
			}
			// The record of these samples gives itself.
			again := compute(t, w.input(n), o, r)
			if !reflect.DeepEqual(again, r) {
				t.Fatalf("%+v\ncomputed again:\n%+v\n%+v", o, again, r)
			}
			before = r
		}
	})
}

// twin is the rule again, from the package comment alone and without a shortcut.
func twin(o split.Options, captures []string, s *split.Sample) byte {
	id := []byte(captures[s.Row.Capture])
	switch o.By {
	case split.Session:
		id = s.Print[:]
	case split.Host:
		id = s.Row.Host[:]
	case split.None:
		id = binary.BigEndian.AppendUint64(id, s.Row.Session)
	}
	h := hmac.New(sha256.New, []byte(o.Salt))
	fmt.Fprintf(h, "%s\x00%s", o.By, id)
	u := new(big.Int).SetBytes(h.Sum(nil)[:8])
	w := o.Weights
	at := u.Mul(u, big.NewInt(int64(w[0]+w[1]+w[2]))).Rsh(u, 64).Uint64()
	switch {
	case at < w[2]:
		return '2'
	case at < w[2]+w[1]:
		return '1'
	}
	return '0'
}

// TestSidesFollowTheHash: the side of a group is that of its hash, and depends on nothing else.
func TestSidesFollowTheHash(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawOptions(t)
		o.Method, o.MinPerClass, o.MaxPerClass = split.Hash, 0, 0
		if o.By == split.Time {
			o.By = split.Capture
		}
		r := compute(t, w.input(len(w.samples)), o, nil)
		asked := map[uint16]bool{}
		for _, c := range r.Classes {
			asked[c.Label] = c.By == o.By.String()
		}
		for i := range w.samples {
			if s := &w.samples[i]; asked[s.Label] && r.Assignment[i] != twin(o, w.captures, s) {
				t.Fatalf("%+v: sample %d is on side %c, want %c", o, i, r.Assignment[i], twin(o, w.captures, s))
			}
		}
	})
}

// TestProof counts groups the slow way and compares; no group of classes that are split by it stands on two sides.
func TestProof(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawOptions(t)
		r := compute(t, w.input(len(w.samples)), o, nil)
		by := map[uint16]string{}
		left := map[string]int64{}
		for _, c := range r.Classes {
			by[c.Label] = c.By
			for reason, n := range c.LeftOut {
				left[reason] += n
			}
		}
		kinds := map[string]map[string]map[dataset.Side]int{"all capture": {}, "all print": {}}
		put := func(kind, group string, side dataset.Side) {
			if kinds[kind] == nil {
				kinds[kind] = map[string]map[dataset.Side]int{}
			}
			if kinds[kind][group] == nil {
				kinds[kind][group] = map[dataset.Side]int{}
			}
			kinds[kind][group][side]++
		}
		var sides split.Counts
		out := int64(0)
		for i := range w.samples {
			s := &w.samples[i]
			side, ok := r.Side(int64(i))
			if !ok {
				out++
				continue
			}
			*map[dataset.Side]*int64{dataset.Train: &sides.Train, dataset.Validation: &sides.Validation, dataset.Test: &sides.Test}[side]++
			digest := w.captures[s.Row.Capture]
			put("all capture", digest, side)
			put("all print", string(s.Print[:]), side)
			switch by[s.Label] {
			case "capture":
				put("capture", digest, side)
			case "session":
				put("session", string(s.Print[:]), side)
			case "host":
				put("host", string(s.Row.Host[:]), side)
			}
		}
		if !reflect.DeepEqual(sides, r.Sides) || out != r.LeftOut[split.TooFew]+r.LeftOut[split.TooMany] || !reflect.DeepEqual(r.LeftOut, left) && len(left) > 0 {
			t.Fatalf("sides %+v, left out %d; record %+v %v, classes %v", sides, out, r.Sides, r.LeftOut, left)
		}
		two := func(kind string) (groups, samples int64) {
			for _, on := range kinds[kind] {
				if len(on) > 1 {
					groups++
					for _, n := range on {
						samples += int64(n)
					}
				}
			}
			return groups, samples
		}
		for _, g := range r.Proof.Groups {
			if n, _ := two(g.By); n != 0 || g.OnTwoSides != 0 {
				t.Fatalf("%+v: %d of %+v on two sides", o, n, g)
			}
			if g.By != "time" && g.By != "none" && g.Sides.Total() != int64(len(kinds[g.By])) {
				t.Fatalf("%d groups by %s, counted %d", g.Sides.Total(), g.By, len(kinds[g.By]))
			}
		}
		captures, _ := two("all capture")
		prints, samples := two("all print")
		if p := r.Proof; p.Captures != captures || p.Equal != prints || p.EqualSamples != samples {
			t.Fatalf("%+v, counted %d captures, %d prints with %d samples", p, captures, prints, samples)
		}
	})
}

// TestByTime: within a class nothing in training is later than anything in validation or test.
func TestByTime(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawOptions(t)
		o.By, o.MinPerClass, o.MaxPerClass = split.Time, 0, 0
		r := compute(t, w.input(len(w.samples)), o, nil)
		for _, c := range r.Classes {
			different := map[int64]bool{}
			latest, earliest, across := map[byte]int64{}, map[byte]int64{}, int64(0)
			for i := range w.samples {
				s := &w.samples[i]
				if s.Label != c.Label {
					continue
				}
				side, at := r.Assignment[i], s.Row.Start
				different[at] = true
				if old, ok := latest[side]; !ok || at > old {
					latest[side] = at
				}
				if old, ok := earliest[side]; !ok || at < old {
					earliest[side] = at
				}
				for _, cut := range c.Cuts {
					if at < cut && at+s.Row.Duration >= cut {
						across++
						break
					}
				}
			}
			sides := 0
			for _, n := range o.Weights {
				if n > 0 {
					sides++
				}
			}
			if can := len(different) >= sides; can != (c.By == "time" && c.Instead == "") {
				t.Fatalf("%+v: %d different times: %+v", o, len(different), c)
			}
			if c.By != "time" || c.Instead != "" {
				continue
			}
			if len(latest) != sides || c.Across != across {
				t.Fatalf("%+v: %d sides, %d across, want %d: %+v", o, len(latest), across, sides, c)
			}
			for a := byte('0'); a < '2'; a++ {
				for b := a + 1; b <= '2'; b++ {
					if _, ok := latest[a]; ok && latest[a] >= earliest[b] && len(latest) > 1 {
						if _, ok := earliest[b]; ok {
							t.Fatalf("%+v: side %c goes to %d, side %c begins at %d: %+v", o, a, latest[a], b, earliest[b], c)
						}
					}
				}
			}
		}
	})
}

// TestShares: with many groups the sides have about their shares, and a larger test set holds the smaller one.
func TestShares(t *testing.T) {
	w := &world{classes: []split.ClassName{{Label: 0, Name: "a"}}}
	for i := range 20_000 {
		w.captures = append(w.captures, fmt.Sprint(i))
		w.samples = append(w.samples, split.Sample{Row: dataset.Row{Capture: uint32(i)}})
	}
	small, err1 := split.Compute(w.input(20_000), split.Options{Method: split.Hash, Weights: split.Weights{80, 10, 10}, Salt: "s"}, nil)
	large, err2 := split.Compute(w.input(20_000), split.Options{Method: split.Hash, Weights: split.Weights{70, 10, 20}, Salt: "s"}, nil)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	near := func(n, want int64) bool { return n > want-200 && n < want+200 } // more than four sigma
	if s := small.Sides; !near(s.Train, 16_000) || !near(s.Validation, 2000) || !near(s.Test, 2000) {
		t.Errorf("%+v", s)
	}
	for i := range small.Assignment {
		if small.Assignment[i] == '2' && large.Assignment[i] != '2' {
			t.Fatalf("sample %d is in the smaller test set only", i)
		}
	}
}

func TestRefusals(t *testing.T) {
	w := &world{captures: []string{"x"}, classes: []split.ClassName{{Label: 3, Name: "Chat"}, {Label: 4, Name: "Mail"}}}
	for i := range 6 {
		w.samples = append(w.samples, split.Sample{Label: 3, Row: dataset.Row{Session: uint64(i)}})
	}
	o := split.Options{Weights: split.Weights{80, 10, 10}, Salt: split.DefaultSalt}
	var unsplit *split.UnsplitError
	if _, err := split.Compute(w.input(6), o, nil); !errors.As(err, &unsplit) || len(unsplit.Classes) != 1 ||
		!strings.Contains(err.Error(), "Chat: 6 samples of 1 capture, too few for 3 sides") || !strings.Contains(unsplit.Hint(), "--split-fallback") {
		t.Errorf("one capture: error %v", err)
	}
	o.Method = split.Hash
	if _, err := split.Compute(w.input(6), o, nil); !errors.As(err, &unsplit) || len(unsplit.Classes) != 1 ||
		!strings.Contains(err.Error(), "Chat: 6 samples of 1 capture, none of them for ") || !strings.Contains(unsplit.Hint(), "--split-fallback") {
		t.Errorf("one capture: error %v", err)
	}
	o.By = split.Host
	if _, err := split.Compute(w.input(6), o, nil); !errors.Is(err, split.ErrNoHosts) {
		t.Errorf("no hosts: error %v", err)
	}
	o.By, o.MinPerClass = split.Capture, 7
	r, err := split.Compute(w.input(6), o, nil)
	if err != nil || r.LeftOut[split.TooFew] != 6 || r.Assignment != "------" || r.Classes[0].By != "" {
		t.Errorf("too few: %+v, %v", r, err)
	}
	other := o
	other.Salt = "another"
	if _, err := split.Compute(w.input(6), other, r); err == nil {
		t.Error("an earlier split with another salt was taken")
	}
	w.samples[0].Row.Capture = 1
	if _, err := split.Compute(w.input(6), o, nil); err == nil {
		t.Error("a sample of no capture was taken")
	}
	w.samples[0] = split.Sample{Label: 5}
	if _, err := split.Compute(w.input(6), o, nil); err == nil {
		t.Error("a sample of no class was taken")
	}
	w.classes[1].Label = 3
	if _, err := split.Compute(w.input(0), o, nil); err == nil {
		t.Error("two classes of one label were taken")
	}
}

// TestCap: of a class, the training samples with the smallest hashes stay; validation and test keep theirs.
func TestCap(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawOptions(t)
		o.MinPerClass, o.MaxPerClass = 0, 0
		all := compute(t, w.input(len(w.samples)), o, nil)
		o.MaxPerClass = rapid.Int64Range(1, 8).Draw(t, "max")
		capped := compute(t, w.input(len(w.samples)), o, nil)
		number := func(s *split.Sample) uint64 {
			h := hmac.New(sha256.New, []byte(o.Salt))
			fmt.Fprintf(h, "max-per-class\x00%s%s", w.captures[s.Row.Capture], binary.BigEndian.AppendUint64(nil, s.Row.Session))
			return binary.BigEndian.Uint64(h.Sum(nil))
		}
		in, out := map[uint16]uint64{}, map[uint16]uint64{} // largest that is in, smallest that is out
		for i := range w.samples {
			s := &w.samples[i]
			switch was, is := all.Assignment[i], capped.Assignment[i]; {
			case was == '0' && is == '0':
				in[s.Label] = max(in[s.Label], number(s))
			case was == '0' && is == split.LeftOut:
				if n, ok := out[s.Label]; !ok || number(s) < n {
					out[s.Label] = number(s)
				}
			case was != is:
				t.Fatalf("sample %d goes from %c to %c", i, was, is)
			}
		}
		for i, c := range capped.Classes {
			if want := min(o.MaxPerClass, all.Classes[i].Samples.Train); c.Samples.Train != want || c.LeftOut[split.TooMany] != all.Classes[i].Samples.Train-want {
				t.Fatalf("%+v: want %d training samples", c, want)
			}
			if n, ok := out[c.Label]; ok && n < in[c.Label] {
				t.Fatalf("%+v: a sample with %d is out, one with %d is in", c, n, in[c.Label])
			}
		}
	})
}

// TestThereAndBack: a record survives its text; another text does not pass.
func TestThereAndBack(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		w, o := drawWorld(t), drawOptions(t)
		r := compute(t, w.input(len(w.samples)), o, nil)
		text, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := split.Parse(text)
		if err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("%v\n%s\n%+v", err, text, back)
		}
		if got, err := back.Settings.Options(); err != nil || got != o {
			t.Fatalf("%+v, %v, want %+v", got, err, o)
		}
	})
	good := `{"format":"pcapmill splits","version":1,"settings":{"split":"80/10/10","split_by":"capture","split_salt":"x","split_fallback":"error"},` +
		`"samples":3,"sides":{"train":1,"validation":1,"test":0},"classes":[],"proof":{"groups":[],"captures_on_two_sides":0,"hosts_on_two_sides":0,"equal_samples_on_two_sides":0,"samples_of_those":0},"assignment":"01-"}`
	if _, err := split.Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"pcapmill splits", "other"},
		{`"version":1`, `"version":2`},
		{`"version":1`, `"version":3`},
		{`"split_by"`, `"split_method":"quota","split_by"`},
		{`"split_by"`, `"split_method":"hsah","split_by"`},
		{`"samples":3`, `"samples":4`},
		{"01-", "03-"},
		{"01-", "01é"},
		{"80/10/10", "80"},
		{"80/10/10", "0/1"},
		{`"capture"`, `"flow"`},
		{`"x"`, `""`},
		{`"error"`, `"skip"`},
		{`"classes":[]`, `"classes":[{"by":"flow"}]`},
		{`"classes":[]`, `"clasess":[]`},
		{"{", ""},
	} {
		if change[0] == "80/10/10" && change[1] == "80" {
			continue // training only is a split
		}
		if _, err := split.Parse(bytes.Replace([]byte(good), []byte(change[0]), []byte(change[1]), 1)); err == nil {
			t.Errorf("%q for %q was read", change[1], change[0])
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]split.Weights{"80/10/10": {80, 10, 10}, "80/20": {80, 0, 20}, "100": {100, 0, 0}, "80/0/20": {80, 0, 20}} {
		if w, err := split.ParseWeights(text); err != nil || w != want {
			t.Errorf("%q: %v, %v", text, w, err)
		}
	}
	for _, text := range []string{"", "0/1", "80/", "-1", "1/2/3/4", "80%", "1.5/2", "1000001"} {
		if w, err := split.ParseWeights(text); err == nil {
			t.Errorf("%q is %v", text, w)
		}
	}
	for b := split.Capture; b <= split.None; b++ {
		if got, err := split.ParseBy(b.String()); err != nil || got != b {
			t.Errorf("%s: %v, %v", b, got, err)
		}
	}
	for f := split.Refuse; f <= split.UseSession; f++ {
		if got, err := split.ParseFallback(f.String()); err != nil || got != f {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	a := split.Options{Weights: split.Weights{80, 10, 10}, Salt: "a"}
	b := split.Options{Method: split.Hash, Weights: split.Weights{80, 0, 20}, By: split.Time, Salt: "b", Fallback: split.UseTime, MinPerClass: 1, MaxPerClass: 2}
	if lines := split.Diff(a.Settings(), b.Settings()); len(lines) != 7 || lines[1] != "--split-method: the dataset is split with quota, this run asks for hash" || lines[2] != "--split-by: the dataset is split with capture, this run asks for time" {
		t.Errorf("%q", lines)
	}
	if lines := split.Diff(a.Settings(), a.Settings()); lines != nil {
		t.Errorf("%q", lines)
	}
}

// TestWarnings: what is less than was asked for is said.
func TestWarnings(t *testing.T) {
	w := &world{captures: []string{"x"}, classes: []split.ClassName{{Label: 0, Name: "Chat"}, {Label: 1, Name: "Mail"}}}
	for i := range 40 {
		w.samples = append(w.samples, split.Sample{Print: [16]byte{byte(i)}, Row: dataset.Row{Session: uint64(i), Start: int64(i), Duration: 1}})
	}
	w.samples = append(w.samples, split.Sample{Label: 1})
	for fallback, want := range map[split.Fallback][]string{
		split.UseSession: {"2 classes cannot be split by capture: Chat (40 samples of 1 capture, none of them for ", "; they are split by session", "class Mail has no samples for", "Chat (1), Mail (1)", "of 1 capture here"},
		split.UseTime:    {"they are split by time", "2 sessions reach across a cut"},
	} {
		r, err := split.Compute(w.input(41), split.Options{Method: split.Hash, Weights: split.Weights{8, 1, 1}, Salt: split.DefaultSalt, Fallback: fallback}, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(r.Warnings(), "\n")
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q in\n%s", fallback, part, text)
			}
		}
	}
	// One group of most samples, wherever it goes, leaves the others too little; capping training does not count.
	w.captures = nil
	for i := range w.samples {
		w.captures = append(w.captures, fmt.Sprint(i))
		w.samples[i].Label, w.samples[i].Row.Capture = 0, uint32(max(i-31, 0))
	}
	for by, uneven := range map[split.By]bool{split.Capture: true, split.Time: false} {
		r, err := split.Compute(w.input(41), split.Options{Weights: split.Weights{1, 1, 1}, Salt: "x", By: by, MaxPerClass: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(r.Warnings(), "\n"); strings.Contains(text, "the shares of 1 class are far from 1/1/1, because groups have different sizes: Chat (") != uneven {
			t.Errorf("by %s: uneven is not %t in %q", by, uneven, text)
		}
	}
	w.samples[1].Print = w.samples[0].Print
	r, err := split.Compute(w.input(40), split.Options{Weights: split.Weights{1, 0, 1}, By: split.Time, Salt: "x"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Proof.Equal != 0 {
		t.Errorf("%+v", r.Proof)
	}
	w.samples[39].Print = w.samples[0].Print
	if r, err = split.Compute(w.input(40), split.Options{Weights: split.Weights{1, 0, 1}, By: split.Time, Salt: "x"}, nil); err != nil || r.Proof.Equal != 1 || r.Proof.EqualSamples != 3 ||
		!strings.Contains(strings.Join(r.Warnings(), "\n"), "1 sample stands on more than one side, with 3 samples in all") {
		t.Errorf("%+v, %v, %q", r.Proof, err, r.Warnings())
	}
}

// FuzzParse: what is read can be used, and written so that it is read again.
func FuzzParse(f *testing.F) {
	w := &world{captures: []string{"x", "y"}, classes: []split.ClassName{{Label: 0, Name: "a"}}}
	for i := range 12 {
		w.samples = append(w.samples, split.Sample{Row: dataset.Row{Capture: uint32(i % 2), Session: uint64(i), Start: int64(i)}, Print: [16]byte{byte(i)}})
	}
	for n := range 10 {
		by := split.By(n / 2)
		r, err := split.Compute(w.input(11), split.Options{Method: split.Method(n % 2), Weights: split.Weights{1, 1, 1}, By: by, Salt: "x", Fallback: split.UseTime, MaxPerClass: 2}, nil)
		if by == split.Host {
			continue // without a key
		}
		if err != nil {
			f.Fatal(err)
		}
		text, err := r.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := split.Parse(text)
		if err != nil {
			return
		}
		for i := range r.Samples {
			if side, ok := r.Side(i); ok && side > dataset.Test {
				t.Fatalf("sample %d is on side %d", i, side)
			}
		}
		_ = r.Warnings()
		o, err := r.Settings.Options()
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := split.Parse(again); err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("%v: %+v, want %+v", err, back, r)
		}
		_, _ = split.Compute(w.input(12), o, r) // a strange record before is an error or is followed
	})
}
