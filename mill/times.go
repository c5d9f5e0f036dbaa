package mill

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// TableTimes is what the table of samples says about times.
type TableTimes uint8

// Choices for the times of the table.
const (
	KeepTimes     TableTimes = iota // start since 1970-01-01 UTC, and duration
	RelativeTimes                   // start since the earliest packet of the capture, and duration
	NoTimes                         // neither: both are dataset.NoTime
)

var tableTimesNames = []string{"keep", "relative", "none"}

func (t TableTimes) String() string { return tableTimesNames[t] }

// ParseTableTimes reads "keep", "relative" or "none".
func ParseTableTimes(text string) (TableTimes, error) {
	if i := slices.Index(tableTimesNames, text); i >= 0 {
		return TableTimes(i), nil
	}
	return 0, fmt.Errorf("no choice %q for the times of the table: have %s", text, strings.Join(tableTimesNames, ", "))
}

// apply makes the times of a row what the table is to say. first is the time of the earliest
// packet of its capture, kept or not.
func (t TableTimes) apply(r *dataset.Row, first int64) {
	switch t {
	case RelativeTimes:
		if r.Start -= first; r.Start < 0 { // no capture lasts so long
			r.Start = math.MaxInt64
		}
	case NoTimes:
		r.Start, r.Duration = dataset.NoTime, dataset.NoTime
	}
}
