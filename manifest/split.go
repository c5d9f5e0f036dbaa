package manifest

import (
	"fmt"
	"maps"
	"slices"
)

// Split is a summary of the file that records how the samples are divided into training,
// validation and test; see package split.
type Split struct {
	File     string `json:"file"`
	Digest   string `json:"sha256"`                 // of the file, in hexadecimal
	Split    string `json:"split"`                  // shares, like "80/10/10"; "" with folds or sides from a file
	Folds    int    `json:"folds,omitempty"`        // how many
	From     string `json:"split_from,omitempty"`   // SHA-256 of the file that gave the sides
	Method   string `json:"split_method,omitempty"` // "" is hash
	By       string `json:"split_by"`
	Fallback string `json:"split_fallback"`
	// Samples is how many are divided: the first ones of the dataset. Fewer than the
	// dataset has only between adding samples and dividing them.
	Samples int64            `json:"samples"`
	Sides   Sides            `json:"sides"`
	LeftOut map[string]int64 `json:"left_out,omitempty"` // on no side, by reason
	Groups  []SplitGroups    `json:"groups"`
}

// Sides are numbers by side, or by fold.
type Sides struct {
	Train      int64   `json:"train"`
	Validation int64   `json:"validation"`
	Test       int64   `json:"test"`
	Folds      []int64 `json:"folds,omitempty"`
}

// Equal compares everything.
func (s *Sides) Equal(o *Sides) bool {
	return s.Train == o.Train && s.Validation == o.Validation && s.Test == o.Test && slices.Equal(s.Folds, o.Folds)
}

// Total is the sum.
func (s *Sides) Total() int64 {
	n := s.Train + s.Validation + s.Test
	for _, k := range s.Folds {
		n += k
	}
	return n
}

// SplitGroups counts the groups of one kind, over the classes that are split by them.
type SplitGroups struct {
	By         string `json:"by"`
	Classes    int64  `json:"classes"`
	Sides      Sides  `json:"groups"`
	OnTwoSides int64  `json:"on_two_sides"` // always 0
}

// Equal compares everything.
func (s *Split) Equal(o *Split) bool {
	return s.File == o.File && s.Digest == o.Digest && s.Split == o.Split && s.Folds == o.Folds && s.From == o.From && s.Method == o.Method && s.By == o.By && s.Fallback == o.Fallback &&
		s.Samples == o.Samples && s.Sides.Equal(&o.Sides) && maps.Equal(s.LeftOut, o.LeftOut) &&
		slices.EqualFunc(s.Groups, o.Groups, func(a, b SplitGroups) bool {
			return a.By == b.By && a.Classes == b.Classes && a.OnTwoSides == b.OnTwoSides && a.Sides.Equal(&b.Sides)
		})
}

// check tells whether the summary agrees with itself and the dataset.
func (s *Split) check(samples int64) error {
	if s == nil {
		return nil
	}
	sum := s.Sides.Total()
	least := min(s.Samples, s.Sides.Train, s.Sides.Validation, s.Sides.Test)
	for _, n := range s.Sides.Folds {
		least = min(least, n)
	}
	for _, n := range s.LeftOut {
		sum += n
		least = min(least, n)
	}
	switch {
	case least < 0:
		return fmt.Errorf("split: a count of %d", least)
	case s.Samples > samples:
		return fmt.Errorf("split: of %d samples, but there are %d", s.Samples, samples)
	case len(s.Sides.Folds) != s.Folds:
		return fmt.Errorf("split: %d folds, but numbers of %d", s.Folds, len(s.Sides.Folds))
	case sum != s.Samples:
		return fmt.Errorf("split: of %d samples, but %d are on a side or left out", s.Samples, sum)
	}
	for _, g := range s.Groups {
		if g.OnTwoSides != 0 {
			return fmt.Errorf("split: %d groups by %s on two sides", g.OnTwoSides, g.By)
		}
	}
	return nil
}
