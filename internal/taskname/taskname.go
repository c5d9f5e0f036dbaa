// Package taskname says what the tasks of a class table may be called: each is a column of
// the table of samples.
package taskname

import (
	"fmt"
	"slices"
	"strings"
)

// Max is the largest number of tasks that a class table has.
const Max = 16

// maxName is the largest size of a name in bytes.
const maxName = 64

// Columns are the names that other columns have, in some format or with some options.
var Columns = []string{
	"index", "label", "class", "split", "capture", "fold", "session", "unit", "start", "start_ns", "duration_ns", "packets_forward",
	"packets_backward", "bytes_forward", "bytes_backward", "original_length", "counted", "fit", "protocol", "digest", "host",
	"image", "array", "text",
}

// Check says what is wrong with a name: it needs 1 to 64 letters, digits and _ of ASCII, the
// first of them a letter, and must not be another column's, in any case.
func Check(name string) error {
	letter := func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
	odd := func(r rune) bool { return !letter(r) && r != '_' && (r < '0' || r > '9') }
	switch {
	case name == "" || len(name) > maxName || strings.ContainsFunc(name, odd) || !letter(rune(name[0])):
		return fmt.Errorf("it is a column's name and needs 1 to %d letters, digits and _, beginning with a letter", maxName)
	case slices.Contains(Columns, strings.ToLower(name)):
		return fmt.Errorf("the table of samples has a column %s already", strings.ToLower(name))
	}
	return nil
}

// CheckAll checks the names of one table: how many there are, each, and that no two differ
// only by case.
func CheckAll(names []string) error {
	if len(names) > Max {
		return fmt.Errorf("%d tasks: need at most %d", len(names), Max)
	}
	for i, name := range names {
		if err := Check(name); err != nil {
			return fmt.Errorf("task %.100q: %w", name, err)
		}
		if slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(other, name) }) {
			return fmt.Errorf("task %s stands twice", name)
		}
	}
	return nil
}
