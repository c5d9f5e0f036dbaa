package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// thousands is a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// tenths is a number with commas and one decimal.
func tenths(v float64) string {
	whole, rest, _ := strings.Cut(strconv.FormatFloat(v, 'f', 1, 64), ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		whole = thousands(n)
	}
	return whole + "." + rest
}

func plural(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

// bytesText is a size like "1.5 MiB".
func bytesText(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), 0
	for v >= 1023.95 && unit < 4 {
		v /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", v, "?KMGT"[unit])
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// countList is "1,234 dns, 5 not-ip", the largest first.
func countList[K ~string, N int | int64](counts map[K]N) string {
	var keys []K
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(string(a), string(b))
	})
	var words []string
	for _, k := range keys {
		words = append(words, thousands(int64(counts[k]))+" "+string(k))
	}
	return strings.Join(words, ", ")
}

// shown is a name that cannot disturb a terminal or a table: names with
// characters that do not print, or that are no UTF-8, are quoted.
func shown(name string) string {
	if isPrintable(name) {
		return name
	}
	return strconv.Quote(name)
}

func isPrintable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// printable is text with everything escaped that does not print, tabs apart.
func printable(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case r == '\t' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// fold breaks text at spaces into lines of at most width characters; a longer
// word has a line of its own.
func fold(text string, width int) []string {
	return foldWords(strings.SplitAfter(strings.Join(strings.Fields(text), " "), " "), width)
}

// foldWords puts words, each with the space behind it, on lines.
func foldWords(words []string, width int) (lines []string) {
	line := ""
	for _, word := range words {
		if line != "" && utf8.RuneCountInString(line)+utf8.RuneCountInString(strings.TrimRight(word, " ")) > width {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		line += word
	}
	return append(lines, strings.TrimRight(line, " "))
}
