package card

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/split"
)

// DescribeSplit enters how the dataset was split, what was decided, and the command that
// splits it so again.
func (in *Input) DescribeSplit(r *split.Record) {
	s := &r.Settings
	command := fmt.Sprintf("pcapmill split DIR --split %s --split-method %s --split-by %s --split-fallback %s --split-salt %s",
		shell(s.Split), shell(cmp.Or(s.Method, split.Hash.String())), shell(s.By), shell(s.Fallback), shell(s.Salt))
	if s.MinPerClass > 0 {
		command += fmt.Sprintf(" --min-per-class %d", s.MinPerClass)
	}
	if s.MaxPerClass > 0 {
		command += fmt.Sprintf(" --max-per-class %d", s.MaxPerClass)
	}
	in.Again = append(in.Again, command)
	in.Split = []string{fmt.Sprintf("Split %s into training, validation and test by %s; for classes that cannot be split so the choice was: %s.", s.Split, s.By, s.Fallback)}
	for _, g := range r.Proof.Groups {
		in.Split = append(in.Split, fmt.Sprintf("Groups by %s: %s in training, %s in validation, %s in test, %s on two sides.", g.By,
			thousands(g.Sides.Train), thousands(g.Sides.Validation), thousands(g.Sides.Test), thousands(g.OnTwoSides)))
	}
	for _, w := range r.Warnings() {
		in.Split = append(in.Split, strings.ToUpper(w[:1])+w[1:]+".")
	}
	if left := in.Manifest.Samples - r.Sides.Total(); left > 0 {
		in.Split = append(in.Split, fmt.Sprintf("%s on no side: %s.", plural(left, "sample"), counted(r.LeftOut)))
	}
}
