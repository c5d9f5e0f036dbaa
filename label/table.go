package label

import (
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The label of a capture in whose base name no keyword occurs; see [UnknownOf]. It is
// never the id of a class.
const (
	unknownByte = 255   // of a table whose ids fit one byte
	unknownWide = 65535 // of a larger one
)

// UnknownName is the class name that goes with the unknown label in tables and
// messages. No class may have it, in any case.
const UnknownName = "unknown"

// MaxByteClasses is the largest number of classes whose labels are one byte each:
// 255 means unknown. With more of them every label is written in four bytes.
const MaxByteClasses = unknownByte

// MaxClasses is the largest number of classes a table can have: ids are 0 to 65534,
// and 65535 means unknown.
const MaxClasses = unknownWide

// UnknownOf returns the label that means unknown where there are so many classes: 255
// up to [MaxByteClasses] of them, else 65535.
func UnknownOf(classes int) uint16 {
	if classes <= MaxByteClasses {
		return unknownByte
	}
	return unknownWide
}

// A Class is one class of a [Table].
type Class struct {
	// ID is the class's position in the table, 0 to 65534.
	ID uint16
	// Name is as the table writes it, case kept.
	Name string
	// Keywords are as the table writes them, case and order kept.
	Keywords []string
}

// A Table is an ordered list of classes. Tables come from [Builtin], [Parse] and
// [Load]; one that is put together by hand should have Classes[i].ID == i.
type Table struct {
	// Name is the built-in name, or what Parse or Load was given.
	Name string
	// Classes are in id order.
	Classes []Class
	// Tasks are the label columns that the table names, each with its name and classes; the
	// first has the same Classes as the table. nil: it names none.
	Tasks []Table
}

// Unknown returns the label of captures that no class of t matches: 255, or 65535 if
// t has more than [MaxByteClasses] classes.
func (t *Table) Unknown() uint16 { return UnknownOf(len(t.Classes)) }

// Match looks for the longest keyword of t that occurs in the base name of name,
// which may be a path. It never fails: a tie is reported by [Match.Err].
func (t *Table) Match(name string) Match {
	m := Match{File: name, Label: t.Unknown(), Class: UnknownName}
	base := fold(baseName(name))
	longest := 0
	var best []Candidate // one for each class that reaches longest
	for i := range t.Classes {
		c := &t.Classes[i]
		k, n := c.longestIn(base)
		switch {
		case n == 0 || n < longest:
			continue
		case n > longest:
			longest, best = n, best[:0]
		}
		best = append(best, Candidate{Label: c.ID, Class: c.Name, Keyword: k})
	}
	switch len(best) {
	case 0:
	case 1:
		m.Label, m.Class, m.Keyword = best[0].Label, best[0].Class, best[0].Keyword
	default:
		m.Tied = best
	}
	return m
}

// longestIn returns the longest keyword of c that occurs in the folded base name,
// the first of them if there are several, and its length in characters; 0 if none
// occurs.
func (c *Class) longestIn(base string) (keyword string, length int) {
	for _, k := range c.Keywords {
		n := utf8.RuneCountInString(k)
		if n > length && holds(base, k) {
			keyword, length = k, n
		}
	}
	return keyword, length
}

// holds reports whether the fold of a keyword stands in a folded name. Of a keyword in ASCII,
// as most are, none is made: a run of many captures asks for every keyword of each.
func holds(name, keyword string) bool {
	for i := range len(keyword) {
		if keyword[i] >= utf8.RuneSelf {
			return strings.Contains(name, fold(keyword))
		}
	}
	if keyword == "" {
		return true
	}
	first := byte(smallest(rune(keyword[0])))
	for len(name) >= len(keyword) {
		i := strings.IndexByte(name[:len(name)-len(keyword)+1], first)
		if i < 0 {
			return false
		}
		n := 1
		for n < len(keyword) && name[i+n] == byte(smallest(rune(keyword[n]))) {
			n++
		}
		if n == len(keyword) {
			return true
		}
		name = name[i+1:]
	}
	return false
}

// baseName returns what follows the last separator of path. Unlike filepath.Base
// it makes no dot out of nothing: an empty name has no keyword in it.
func baseName(path string) string {
	i := len(path)
	for i > 0 && path[i-1] != '/' && !os.IsPathSeparator(path[i-1]) {
		i--
	}
	return path[i:]
}

// fold maps every character of s to the smallest one that differs from it only by
// case, so that two texts are the same under simple case folding exactly if their
// folds are equal. strings.ToLower is not enough: it keeps apart what only upper
// case unites (σ and ς). Bytes that are not UTF-8, which file names may hold, stay
// as they are.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b.WriteByte(s[i])
		} else {
			b.WriteRune(smallest(r))
		}
		i += n
	}
	return b.String()
}

// smallest returns the smallest character of r's case orbit. ASCII letters, whose
// orbits may reach far (k, K and the Kelvin sign), start at the upper case letter.
func smallest(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}
	low := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		low = min(low, next)
	}
	return low
}
