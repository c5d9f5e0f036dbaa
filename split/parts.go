package split

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
)

// MaxFolds is the largest number of folds: an assignment has one character a sample.
const MaxFolds = 36

// foldLetters are what an assignment to folds is written in.
const foldLetters = "0123456789abcdefghijklmnopqrstuvwxyz"

// part is what samples are divided into: a side, or a fold.
type part struct {
	weight uint64
	letter byte // in an assignment
	name   string
}

// parts are the sides that have a share, or the folds, in order.
func (o *Options) parts() (list []part) {
	for i := range o.Folds {
		list = append(list, part{1, foldLetters[i], "fold " + strconv.Itoa(i)})
	}
	for s, n := range o.Weights {
		if n > 0 {
			list = append(list, part{n, letters[s], dataset.Side(s).String()})
		}
	}
	return list
}

// parted is what the parts are called.
func (o *Options) parted() string {
	if o.Folds > 0 {
		return "folds"
	}
	return "sides"
}

// total is the sum of the weights.
func total(parts []part) (sum uint64) {
	for _, p := range parts {
		sum += p.weight
	}
	return sum
}

// drawn is the part that a group of number u belongs to by hash.
func drawn(parts []part, folds bool, u uint64) int {
	at, _ := bits.Mul64(u, total(parts))
	if folds {
		return int(at)
	}
	// The numbers from below are the test's, so that it keeps what it has when it grows.
	for i := len(parts) - 1; i > 0; i-- {
		if at < parts[i].weight {
			return i
		}
		at -= parts[i].weight
	}
	return 0
}

// counts are numbers by part, as a record has them.
func counts(parts []part, folds bool, n []int64) (c Counts) {
	if folds {
		c.Folds = n
		return c
	}
	for i, p := range parts {
		*c.at(dataset.Side(p.letter - letters[0])) = n[i]
	}
	return c
}

// list are the numbers by part.
func (c *Counts) list(parts []part) (n []int64) {
	if c.Folds != nil {
		return c.Folds
	}
	for _, p := range parts {
		n = append(n, c.Of(dataset.Side(p.letter-letters[0])))
	}
	return n
}

// checkFolds tells what does not make sense about folds and shares.
func (o *Options) checkFolds() error {
	switch {
	case o.Folds != 0 && (o.Folds < 2 || o.Folds > MaxFolds):
		return fmt.Errorf("%d folds: need 2 to %d", o.Folds, MaxFolds)
	case o.Folds != 0 && o.Weights != Weights{}:
		return fmt.Errorf("%d folds and shares of sides: need one of them", o.Folds)
	case o.Folds != 0 && o.MaxPerClass != 0:
		return fmt.Errorf("at most %d training samples a class: folds have no training side", o.MaxPerClass)
	case o.Given != nil && (o.Folds != 0 || o.Weights != Weights{}):
		return fmt.Errorf("sides from a file, and shares or folds: need one of them")
	}
	return nil
}

// partOf is the place of the part with a letter; -1 for LeftOut.
func (c *computation) partOf(letter byte) int {
	return slices.IndexFunc(c.parts, func(p part) bool { return p.letter == letter })
}
