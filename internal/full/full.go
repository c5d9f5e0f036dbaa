// Package full is the one switch between a sample of the long tests and all of them. By
// default `go test ./...` takes about a minute on two cores: fault matrices, kills, long
// random tests and the comparison of every real capture under every option run in part. With
// PCAPMILL_TEST_FULL=most they run as .ci/run has them: every kind of case, of the largest
// sets a fixed part. With any other value they run whole.
package full

import "os"

// Env is the variable that asks for longer tests: "most", or any other value for whole ones.
const Env = "PCAPMILL_TEST_FULL"

// Asked reports whether long tests shall run most of their cases, or all.
func Asked() bool { return os.Getenv(Env) != "" }

// Whole reports whether they shall run all.
func Whole() bool { return Asked() && os.Getenv(Env) != "most" }

// Of returns how many cases to run: by default, with most, or of all.
func Of(some, most, whole int) int {
	switch {
	case Whole():
		return whole
	case Asked():
		return most
	}
	return some
}

// Some returns every nth of the items, beginning with the first, or all of them if longer
// tests were asked for.
func Some[T any](items []T, nth int) []T {
	if Asked() || nth < 2 {
		return items
	}
	var some []T
	for i := 0; i < len(items); i += nth {
		some = append(some, items[i])
	}
	return some
}
