package png

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pcapmill/pcapmill/dataset"
)

// longest is the length of a folder's name in bytes; file systems take 255.
const longest = 200

// folders are the names of the folders of all classes, by label, and of the unknown
// class, the last. See the package comment.
func folders(classes []string, unknown int) (names []string, of func(label int) string) {
	taken := map[string]bool{}
	name := func(label int, class string) string {
		safe := folderName(class)
		if len(safe) > longest || taken[strings.ToLower(safe)] {
			end := fmt.Sprintf("~%d", label)
			for safe = cut(safe, longest-len(end)) + end; taken[strings.ToLower(safe)]; {
				safe += end // a class that is called like another one with this end
			}
		}
		taken[strings.ToLower(safe)] = true
		return safe
	}
	for label, class := range classes {
		names = append(names, name(label, class))
	}
	names = append(names, name(unknown, dataset.UnknownClass))
	return names, func(label int) string {
		if label < 0 || label >= len(classes) {
			label = len(classes)
		}
		return names[label]
	}
}

// folderName is a class's name with all escaped that some file system does not take.
func folderName(class string) string {
	if class == "" {
		return "%"
	}
	var b strings.Builder
	for i := 0; i < len(class); {
		r, n := utf8.DecodeRuneInString(class[i:])
		edge := i == 0 || i+n == len(class)
		if r < ' ' || r == 0x7f || r == utf8.RuneError && n == 1 || strings.ContainsRune(`/\:*?"<>|%`, r) ||
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
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	port := strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")
	return port && len(base) == 4 && base[3] >= '1' && base[3] <= '9'
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
