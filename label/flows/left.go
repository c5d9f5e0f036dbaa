package flows

import (
	"fmt"
	"strconv"
	"strings"
)

// namedLines is how many rows of each reason are named by line.
const namedLines = 5

// Left is what was left out of the tables for one reason: blank, other-protocol, no-label,
// no-port, no-time or bad-value.
type Left struct {
	Reason string
	Rows   int64
	First  []Line // the first of them
}

// Left returns what was left out, by reason.
func (x *Index) Left() (all []Left) {
	for why := blank; why < skips; why++ {
		if n := x.skipped[why]; n > 0 {
			all = append(all, Left{reasons[why], n, x.first[why]})
		}
	}
	return all
}

// leave counts a row that is not used.
func (x *Index) leave(t *table, why skip, err error) {
	x.skipped[why]++
	if len(x.first[why]) < namedLines {
		x.first[why] = append(x.first[why], Line{t.name, t.line})
	}
	if err != nil && (why == noTime || why == badValue) && len(x.firstBad) < namedLines {
		x.firstBad = append(x.firstBad, err)
	}
}

// A RowsError says that a table has more rows that cannot be read than --table-errors allows.
type RowsError struct {
	Bad, All int64
	Allowed  string  // as the option has it
	First    []error // the first of them, each an *Error
}

// Error names the first rows.
func (e *RowsError) Error() string {
	var first []string
	for _, err := range e.First {
		first = append(first, err.Error())
	}
	return fmt.Sprintf("%s\n%d of %d rows cannot be read, and --table-errors %s is the limit", strings.Join(first, "\n"), e.Bad, e.All, e.Allowed)
}

// Unwrap returns the errors of the first rows.
func (e *RowsError) Unwrap() []error { return e.First }

// allowed reads Options.Errors: a number of rows, or a part of them.
func (o *Options) allowed() (count int64, part float64, err error) {
	text := o.Errors
	if text == "" {
		text = "1%"
	}
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		if part, err = strconv.ParseFloat(percent, 64); err == nil && part >= 0 && part <= 100 {
			return -1, part / 100, nil
		}
	} else if n, err := strconv.ParseUint(text, 10, 62); err == nil {
		return int64(n), 0, nil
	}
	return 0, 0, fmt.Errorf("%q: need a number of rows like 20, or a part of them like 1%%", o.Errors)
}

// judge refuses tables with too many rows that cannot be read.
func (x *Index) judge(o *Options) error {
	count, part, err := o.allowed()
	if err != nil {
		return err
	}
	bad, all := x.skipped[noTime]+x.skipped[badValue], x.rows()
	for why := otherProtocol; why < skips; why++ {
		all += x.skipped[why]
	}
	if count < 0 {
		count = int64(part * float64(all))
	}
	if bad <= count {
		return nil
	}
	text := o.Errors
	if text == "" {
		text = "1%"
	}
	return &RowsError{Bad: bad, All: all, Allowed: text, First: x.firstBad}
}
