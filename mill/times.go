package mill

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
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

// CheckSplit refuses a split that needs to know when sessions of different captures began,
// which only a table that keeps its times says.
func (t TableTimes) CheckSplit(o split.Options) error {
	option := ""
	switch {
	case t == KeepTimes:
		return nil
	case o.By == split.Time:
		option = "--split-by time"
	case o.Fallback == split.UseTime:
		option = "--split-fallback time"
	default:
		return nil
	}
	return fmt.Errorf("%s: with --table-times %s the table of samples does not say when sessions began; split another way, or make the dataset with --table-times keep", option, t)
}

// checkTimes is CheckSplit for a dataset.
func checkTimes(m *manifest.Manifest, o split.Options) error {
	t, err := ParseTableTimes(m.Settings.Get("table_times"))
	if err != nil {
		return err
	}
	return t.CheckSplit(o)
}
