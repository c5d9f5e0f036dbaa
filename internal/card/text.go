package card

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// markdown is text in which nothing is markup and that stays on its line and in its cell.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case disturbs(r):
			b.WriteByte(' ')
		case strings.ContainsRune("\\`*_[]<>|~#&$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// disturbs says whether a character ends a line, controls a terminal, or turns the direction of writing.
func disturbs(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// code is text inside of backticks, in a cell too.
func code(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '`':
			return '\''
		case r == '|':
			return '¦'
		case disturbs(r):
			return ' '
		}
		return r
	}, s)
}

// oneLine is a text that neither ends its line nor disturbs a terminal: for blocks of code.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if disturbs(r) {
			return ' '
		}
		return r
	}, s)
}

// shell is a word for a POSIX shell.
func shell(s string) string {
	plain := s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,/:@%+=") == ""
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(oneLine(s), "'", `'\''`) + "'"
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

func percent(n, of int64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

// size is a number of bytes like "1.5 MiB".
func size(n int64) string {
	if n < 1024 {
		return plural(n, "byte")
	}
	v, unit := float64(n), 0
	for v >= 1023.95 && unit < 4 {
		v /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", v, "?KMGT"[unit])
}

// counted is "1,234 dns, 5 not-ip", the largest first; "nothing" if there is none.
func counted(counts map[string]int64) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	for i, k := range keys {
		keys[i] = thousands(counts[k]) + " " + markdown(k)
	}
	if len(keys) == 0 {
		return "nothing"
	}
	return strings.Join(keys, ", ")
}
