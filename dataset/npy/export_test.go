package npy

import (
	"io"
	"maps"
	"slices"
)

// WriteMembers writes an archive of members of zeros, by name and size.
func WriteMembers(w io.Writer, sizes map[string]int64) error {
	a := newArchive(w)
	zeros := make([]byte, 1<<20)
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		m, err := a.member(name)
		if err != nil {
			return err
		}
		for left := sizes[name]; left > 0; {
			n, err := m.Write(zeros[:min(left, int64(len(zeros)))])
			if err != nil {
				return err
			}
			left -= int64(n)
		}
	}
	return a.zip.Close()
}
