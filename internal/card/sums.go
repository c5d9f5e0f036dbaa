package card

import (
	"slices"
	"strings"
)

// Sums is the text of SHA256SUMS: a line a file, sorted by name, as sha256sum writes
// them and sha256sum -c reads them. A name with a line end, a carriage return or a
// backslash is written with backslashes and marked by one, as sha256sum does.
func Sums(files []File) string {
	files = slices.Clone(files)
	sortFiles(files)
	escape := strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\r", "\\r")
	var b strings.Builder
	for _, f := range files {
		name := escape.Replace(f.Name)
		if name != f.Name {
			b.WriteByte('\\')
		}
		b.WriteString(f.SHA256 + "  " + name + "\n")
	}
	return b.String()
}

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}
