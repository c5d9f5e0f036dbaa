package png

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/dataset"
)

// longest is the length of a folder's name in bytes; file systems take 255.
const longest = 200

// Folders returns the function from labels to the names of their folders; what is no
// class's label has that of the unknown class. See the package comment.
func Folders(classes []string, unknown int) func(label int) string {
	var names []string
	taken := map[string]bool{}
	name := func(label int, class string) string {
		safe := folderName(class)
		if len(safe) > longest || taken[fold(safe)] {
			end := fmt.Sprintf("~%d", label)
			for safe = cut(safe, longest-len(end)) + end; taken[fold(safe)]; {
				safe += end // a class that is called like another one with this end
			}
		}
		taken[fold(safe)] = true
		return safe
	}
	for label, class := range classes {
		names = append(names, name(label, class))
	}
	names = append(names, name(unknown, dataset.UnknownClass))
	return func(label int) string {
		if label < 0 || label >= len(classes) {
			label = len(classes)
		}
		return names[label]
	}
}

// fold is equal for names that a file system without case takes for one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// folderName is a class's name with all escaped that some file system does not take.
func folderName(class string) string {
	if class == "" {
		return "%"
	}
	var b strings.Builder
	for i := 0; i < len(class); {
		r, n := utf8.DecodeRuneInString(class[i:])
		edge := i == 0 || i+n == len(class)
		if !unicode.IsPrint(r) || r == utf8.RuneError && n == 1 || strings.ContainsRune(`/\:*?"<>|%`, r) ||
			edge && (r == '.' || r == ' ') || i == 0 && isDevice(class) {
			for _, c := range []byte(class[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(class[i : i+n])
		}
		i += n
	}
	return b.String()
}

// isDevice says whether Windows takes a name for that of a device, with anything
// behind a dot.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// cut shortens a name to at most n bytes, between characters and escapes.
func cut(name string, n int) string {
	if len(name) <= n {
		return name
	}
	for n > 0 && !utf8.RuneStart(name[n]) {
		n--
	}
	if i := strings.LastIndexByte(name[:n], '%'); i >= 0 && i > n-3 {
		n = i
	}
	return name[:n]
}
