package split

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// Name is the file's name in the dataset's directory.
const Name = "splits.json"

// Format and Version say how to read the file. A reader refuses other formats and
// higher versions. A split by hash has version 1, as before there was another method, one by
// quota has 2, one into folds or from a file 3.
const (
	Format  = "pcapmill splits"
	Version = 3
)

// LeftOut stands in an assignment for a sample that is on no side.
const LeftOut = '-'

// letters are what an assignment is written in, by side.
const letters = "012"

// How a group came to its side.
const (
	ByQuota byte = 'q' // the side was furthest below its share
	ByNeed  byte = 'n' // the side had nothing of the class, and no more groups were left than such sides
	ByTime  byte = 't' // by the times of cuts
)

// Reasons why samples are on no side.
const (
	TooFew  = "min-per-class"
	TooMany = "max-per-class"
	NoSide  = "split-from" // the file does not name the capture
)

// Record is a split: the content of splits.json.
type Record struct {
	Format   string           `json:"format"`
	Version  int              `json:"version"`
	Settings Settings         `json:"settings"`
	Samples  int64            `json:"samples"` // the first so many of the dataset are split
	Sides    Counts           `json:"sides"`   // samples
	LeftOut  map[string]int64 `json:"left_out,omitempty"`
	Classes  []Class          `json:"classes"`
	Proof    Proof            `json:"proof"`
	// Rounds says, by quota, how many samples the dataset had each time groups were dealt.
	Rounds []int64 `json:"rounds,omitempty"`
	// How has, by quota, a character a sample that says how its group came to its side.
	How string `json:"how,omitempty"`
	// Given has, with sides from a file, a character a capture, as Assignment has them.
	Given string `json:"given,omitempty"`
	// Assignment has a character a sample: 0 training, 1 validation, 2 test, or the fold
	// (0 to 9, a to z); - left out.
	Assignment string `json:"assignment"`
}

// Counts are numbers by side, or, where there are folds, by fold.
type Counts struct {
	Train      int64 `json:"train"`
	Validation int64 `json:"validation"`
	Test       int64 `json:"test"`

	Folds []int64 `json:"folds,omitempty"`
}

// Of is the number of a side, 0 of those that are none.
func (c *Counts) Of(s dataset.Side) int64 {
	if n := c.at(s); n != nil {
		return *n
	}
	return 0
}

func (c *Counts) at(s dataset.Side) *int64 {
	switch s {
	case dataset.Train:
		return &c.Train
	case dataset.Validation:
		return &c.Validation
	case dataset.Test:
		return &c.Test
	}
	return nil
}

// Total is the sum over the sides and folds.
func (c *Counts) Total() int64 {
	n := c.Train + c.Validation + c.Test
	for _, k := range c.Folds {
		n += k
	}
	return n
}

// Class is how one class is split.
type Class struct {
	Label uint16 `json:"label"`
	Name  string `json:"name"`
	// By is how this class is split; empty if it is on no side.
	By string `json:"by,omitempty"`
	// Instead says why it is not split as asked; empty if it is.
	Instead string `json:"instead,omitempty"`
	// Cuts are, by time, the first times of the sides after training, ns since 1970 UTC.
	Cuts     []int64          `json:"cuts,omitempty"`
	Captures int64            `json:"captures"` // that it has samples of
	Samples  Counts           `json:"samples"`
	LeftOut  map[string]int64 `json:"left_out,omitempty"`
	// Across is how many of its sessions begin before a cut and end after it.
	Across int64 `json:"sessions_across_a_cut,omitempty"`
	// Empty are the sides that have no sample of it and should.
	Empty []string `json:"empty_sides,omitempty"`
}

// Proof is what was counted from the assignment. Samples that are left out are on no side.
type Proof struct {
	// Groups are counted over the classes that are split by them.
	Groups []Groups `json:"groups"`
	// The rest counts what the split does not promise, over all classes: captures, hosts
	// (0 without a key) and equal samples on two sides or more, and the samples of the
	// latter.
	Captures     int64 `json:"captures_on_two_sides"`
	Hosts        int64 `json:"hosts_on_two_sides"`
	Equal        int64 `json:"equal_samples_on_two_sides"`
	EqualSamples int64 `json:"samples_of_those"`
}

// Groups are the groups of one kind.
type Groups struct {
	By         string `json:"by"`
	Classes    int64  `json:"classes"`
	Sides      Counts `json:"groups"`
	OnTwoSides int64  `json:"on_two_sides"`
}

// Side is the side of sample i, 0 <= i < Samples; ok is false if it is left out, or in a fold.
func (r *Record) Side(i int64) (s dataset.Side, ok bool) {
	c := r.Assignment[i]
	return dataset.Side(c - letters[0]), c != LeftOut && r.Settings.Folds == 0
}

// Fold is the fold of sample i, 0 <= i < Samples; ok is false if it is left out, or on a side.
func (r *Record) Fold(i int64) (fold int, ok bool) {
	fold = strings.IndexByte(foldLetters, r.Assignment[i])
	return fold, fold >= 0 && r.Settings.Folds > 0
}

// Parts are the sides that exist, in order; none where there are folds.
func (r *Record) Parts() (sides []dataset.Side) {
	o, err := r.Settings.Options()
	if err != nil {
		return nil
	}
	for s := dataset.Train; s <= dataset.Test; s++ {
		if o.Weights[s] > 0 || strings.IndexByte(r.Given, letters[s]) >= 0 {
			sides = append(sides, s)
		}
	}
	return sides
}

// Encode is the text of the file: indented JSON in a fixed order, the assignment last.
func (r *Record) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Parse reads the text of a file and checks that it can be used.
func Parse(text []byte) (*Record, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("not a record of a split: %w", err)
	}
	switch {
	case head.Format != Format:
		return nil, fmt.Errorf("not a record of a split: format %q, need %q", head.Format, Format)
	case head.Version > Version:
		return nil, fmt.Errorf("version %d, this program reads up to %d: use a newer pcapmill", head.Version, Version)
	}
	r := &Record{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, err
	}
	return r, r.check()
}

// check tells what keeps a record from being used.
func (r *Record) check() error {
	if _, err := r.Settings.Options(); err != nil {
		return err
	}
	if r.Samples != int64(len(r.Assignment)) {
		return fmt.Errorf("%d samples, but sides of %d", r.Samples, len(r.Assignment))
	}
	known := letters
	if r.Settings.Folds > 0 {
		known = foldLetters[:r.Settings.Folds]
	}
	for what, text := range map[string]string{"sample": r.Assignment, "capture": r.Given} {
		if i := strings.IndexFunc(text, func(c rune) bool { return c != LeftOut && !strings.ContainsRune(known, c) }); i >= 0 {
			return fmt.Errorf("the side of %s %d is %q: need one of %s or %c", what, i, text[i], known, LeftOut)
		}
	}
	if err := r.checkFolds(); err != nil {
		return err
	}
	quota, need := r.Settings.method() == Quota.String(), 1
	switch {
	case r.Settings.Folds > 0 || r.Settings.From != "":
		need = 3
	case quota:
		need = 2
	}
	if r.Version != need {
		return fmt.Errorf("version %d with --split-method %s, need %d", r.Version, r.Settings.method(), need)
	}
	if (r.Given != "") && r.Settings.From == "" {
		return fmt.Errorf("sides of captures, but none from a file")
	}
	if quota {
		if err := r.checkRounds(); err != nil {
			return err
		}
	}
	for _, c := range r.Classes {
		if _, err := ParseBy(c.By); c.By != "" && err != nil {
			return fmt.Errorf("class %s: %w", c.Name, err)
		}
	}
	return nil
}

// checkFolds tells whether all counts are of as many folds as there are.
func (r *Record) checkFolds() error {
	all := []*Counts{&r.Sides}
	for i := range r.Classes {
		all = append(all, &r.Classes[i].Samples)
	}
	for i := range r.Proof.Groups {
		all = append(all, &r.Proof.Groups[i].Sides)
	}
	for _, c := range all {
		if len(c.Folds) != r.Settings.Folds {
			return fmt.Errorf("counts of %d folds, but there are %d", len(c.Folds), r.Settings.Folds)
		}
	}
	return nil
}

// checkRounds tells what is wrong with what only a split by quota has.
func (r *Record) checkRounds() error {
	if r.Samples != int64(len(r.How)) {
		return fmt.Errorf("%d samples, but it says of %d how they came to their sides", r.Samples, len(r.How))
	}
	last := int64(0)
	for _, n := range r.Rounds {
		if n <= last {
			return fmt.Errorf("a round of %d samples behind one of %d", n, last)
		}
		last = n
	}
	if last != r.Samples {
		return fmt.Errorf("%d samples, but groups were dealt of %d", r.Samples, last)
	}
	return nil
}
