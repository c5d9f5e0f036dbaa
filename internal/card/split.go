package card

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/split"
)

// DescribeSplit enters how the dataset was split, what was decided, and the command that
// splits it so again.
func (in *Input) DescribeSplit(r *split.Record) {
	s := &r.Settings
	command := "pcapmill split DIR"
	what := fmt.Sprintf("%s into training, validation and test by %s", s.Split, s.By)
	switch {
	case s.From != "":
		command += " --split-from FILE"
		what = "into training, validation and test by a file with the SHA-256 " + s.From
	case s.Folds > 0:
		command += fmt.Sprintf(" --folds %d", s.Folds)
		what = fmt.Sprintf("into %d folds by %s", s.Folds, s.By)
	default:
		command += " --split " + shell(s.Split)
	}
	if s.From == "" {
		command += fmt.Sprintf(" --split-method %s --split-by %s --split-fallback %s --split-salt %s",
			shell(cmp.Or(s.Method, split.Hash.String())), shell(s.By), shell(s.Fallback), shell(s.Salt))
		what += "; for classes that cannot be split so the choice was: " + s.Fallback
	}
	if s.MinPerClass > 0 {
		command += fmt.Sprintf(" --min-per-class %d", s.MinPerClass)
	}
	if s.MaxPerClass > 0 {
		command += fmt.Sprintf(" --max-per-class %d", s.MaxPerClass)
	}
	in.Again = append(in.Again, command)
	in.Split = []string{"Split " + what + "."}
	for _, g := range r.Proof.Groups {
		in.Split = append(in.Split, fmt.Sprintf("Groups by %s: %s, %s on two sides.", g.By, onSides(&g.Sides), thousands(g.OnTwoSides)))
	}
	for _, w := range r.Warnings() {
		in.Split = append(in.Split, strings.ToUpper(w[:1])+w[1:]+".")
	}
	if left := in.Manifest.Samples - r.Sides.Total(); left > 0 {
		in.Split = append(in.Split, fmt.Sprintf("%s on no side: %s.", plural(left, "sample"), counted(r.LeftOut)))
	}
}

// onSides says how many there are on each side, or in each fold.
func onSides(c *split.Counts) string {
	if c.Folds == nil {
		return fmt.Sprintf("%s in training, %s in validation, %s in test", thousands(c.Train), thousands(c.Validation), thousands(c.Test))
	}
	var list []string
	for i, n := range c.Folds {
		list = append(list, fmt.Sprintf("%s in fold %d", thousands(n), i))
	}
	return strings.Join(list, ", ")
}

// extra says which columns the tables have that not every dataset has.
func (in *Input) extra() table.Extra {
	x := table.Extra{Units: in.Manifest.Settings.Wide()}
	for _, t := range in.Manifest.Tasks {
		x.Tasks = append(x.Tasks, t.Name)
	}
	if s := in.Manifest.Split; s != nil {
		x.Folds = s.Folds
	}
	return x
}
