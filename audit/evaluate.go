package audit

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
)

// Evaluations: on which rows is learned and on which scored. docs/audit.md says what each
// tells.
const (
	evaluateAuto    = "auto"
	evaluateSplit   = "split"
	evaluateGrouped = "grouped"
	evaluateEvenOdd = "even-odd"
)

// folds of a grouped evaluation.
const grouped = 5

// An EvaluationError says that a dataset cannot be evaluated as was asked for.
type EvaluationError struct{ What string }

// Error says what is missing.
func (e *EvaluationError) Error() string { return e.What }

// fold is what is learned on and what is scored, in the order of the file.
type fold struct{ train, test []uint32 }

// evaluation divides the rows. part is by row: of a grouped evaluation the fold that scores
// the row; else trainPart, testPart or noPart.
type evaluation struct {
	name  string
	parts int
	part  []uint8
	folds []fold
}

const (
	trainPart = iota
	testPart
	noPart
)

// evaluate divides the rows as asked for.
func (d *Data) evaluate(name string) (*evaluation, error) {
	if name == evaluateAuto || name == "" {
		name = evaluateEvenOdd
		if d.hasSides() {
			name = evaluateSplit
		}
	}
	e := &evaluation{name: name, parts: noPart + 1, part: make([]uint8, d.rows())}
	switch name {
	case evaluateSplit:
		if !d.hasSides() {
			return nil, &EvaluationError{"the dataset has no split with training and test rows: evaluate it by even-odd"}
		}
		for i, s := range d.sides {
			e.part[i] = noPart
			switch s {
			case uint8(dataset.Train):
				e.part[i] = trainPart
			case uint8(dataset.Test):
				e.part[i] = testPart
			}
		}
	case evaluateEvenOdd:
		seen := make([]uint8, len(d.classes))
		for i, c := range d.class {
			e.part[i] = seen[c]
			seen[c] ^= 1
		}
	case evaluateGrouped:
		if err := d.byCapture(e.part); err != nil {
			return nil, err
		}
		e.parts = grouped
	default:
		return nil, &EvaluationError{fmt.Sprintf("no evaluation is called %q: auto, split, grouped or even-odd", name)}
	}
	e.divide()
	return e, nil
}

func (e *evaluation) divide() {
	if e.name != evaluateGrouped {
		e.folds = make([]fold, 1)
	} else {
		e.folds = make([]fold, grouped)
	}
	for i, p := range e.part {
		for f := range e.folds {
			switch e.role(f, p) {
			case trainPart:
				e.folds[f].train = append(e.folds[f].train, uint32(i))
			case testPart:
				e.folds[f].test = append(e.folds[f].test, uint32(i))
			}
		}
	}
}

// role is what a part is to a fold.
func (e *evaluation) role(f int, part uint8) int {
	switch {
	case e.name != evaluateGrouped:
		return int(part)
	case int(part) == f:
		return testPart
	}
	return trainPart
}

// sizes are the rows that are learned on and scored; grouped, all of them are both.
func (e *evaluation) sizes() (train, test int) {
	if e.name == evaluateGrouped {
		return len(e.part), len(e.part)
	}
	return len(e.folds[0].train), len(e.folds[0].test)
}

// byCapture deals the captures of each class to the folds.
func (d *Data) byCapture(part []uint8) error {
	if d.captures == nil {
		return &EvaluationError{"IDX files do not say which capture a row is from: evaluate them by split or even-odd"}
	}
	classOf := d.classOfCaptures()
	byClass := make([][]int, len(d.classes))
	for c, k := range classOf {
		if k >= 0 {
			byClass[k] = append(byClass[k], c)
		}
	}
	foldOf := make([]uint8, len(classOf))
	for k, captures := range byClass {
		if len(captures) < 2 {
			return &EvaluationError{fmt.Sprintf("class %s has one capture: held-out captures need two or more of each class", d.classes[k].name)}
		}
		type drawn struct {
			u       uint64
			capture int
		}
		var order []drawn
		for _, c := range captures {
			order = append(order, drawn{draw(d.manifest.Captures[c].Digest), c})
		}
		slices.SortFunc(order, func(a, b drawn) int {
			return cmp.Or(cmp.Compare(a.u, b.u), cmp.Compare(a.capture, b.capture))
		})
		for i, o := range order {
			foldOf[o.capture] = uint8((k + i) % grouped)
		}
	}
	for row, c := range d.captures {
		part[row] = foldOf[c]
	}
	return nil
}

// classOfCaptures is the class of most rows of each capture, ties to the lower; -1: it has no
// rows.
func (d *Data) classOfCaptures() []int {
	counts := map[[2]uint32]int{}
	for row, c := range d.captures {
		counts[[2]uint32{c, uint32(d.class[row])}]++
	}
	classOf := make([]int, len(d.manifest.Captures))
	most := make([]int, len(classOf))
	for i := range classOf {
		classOf[i] = -1
	}
	for key, n := range counts {
		c, k := key[0], int(key[1])
		if n > most[c] || n == most[c] && k < classOf[c] {
			classOf[c], most[c] = k, n
		}
	}
	return classOf
}

// draw is the place of a capture among those of its class.
func draw(digest string) uint64 {
	h := hmac.New(sha256.New, []byte("pcapmill"))
	_, _ = h.Write([]byte("audit\x00" + digest)) // never fails
	return binary.BigEndian.Uint64(h.Sum(nil))
}
