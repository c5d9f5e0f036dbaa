// Package full is the one switch between a sample of the long tests and all of them. By
// default `go test ./...` takes about a minute on two cores: fault matrices, kills and the
// comparison of every real capture under every option run in part. With PCAPMILL_TEST_FULL
// set they run whole, as .ci/run has them.
package full

import "os"

// Env is the variable that asks for whole tests, with any value.
const Env = "PCAPMILL_TEST_FULL"

// Asked reports whether long tests shall run whole.
func Asked() bool { return os.Getenv(Env) != "" }

// Some returns every nth of the items, beginning with the first, or all of them if that
// was asked for.
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
