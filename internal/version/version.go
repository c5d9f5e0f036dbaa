// Package version says which pcapmill this is: the number of the source tree,
// and the revision that the Go toolchain recorded in the binary.
package version

import "runtime/debug"

// Number is the version of the source tree, by semantic versioning.
const Number = "0.1.0"

// String is the number, with the revision if the build recorded one.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Number
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return Number + "+" + s.Value[:12]
		}
	}
	return Number
}
