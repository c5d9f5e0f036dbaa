package groundtruth

import (
	"errors"
	"testing"
)

// Require returns the folder "shared" and all rows of its tables, or skips the test with a message if it is not there.
func Require(t testing.TB) (shared string, rows []Row) {
	t.Helper()
	shared, err := Shared()
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if rows, err = Load(shared); err != nil {
		t.Fatal(err)
	}
	return shared, rows
}
