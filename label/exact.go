package label

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// New returns a table of classes that have names and no keywords, in the order given.
// It refuses what Parse refuses in a class name, and no classes at all.
func New(name string, classes []string) (*Table, error) {
	switch {
	case len(classes) == 0:
		return nil, fmt.Errorf("class table %s: need at least one class", shown(name))
	case len(classes) > MaxClasses:
		return nil, fmt.Errorf("%d classes: a table has at most %d", len(classes), MaxClasses)
	}
	t := &Table{Name: name}
	seen := map[string]bool{}
	for i, c := range classes {
		switch {
		case strings.TrimSpace(c) == "" || len(c) > maxName || !utf8.ValidString(c) || strings.ContainsFunc(c, unicode.IsControl):
			return nil, fmt.Errorf("class name %s: need 1 to %d bytes of UTF-8 without control characters", shown(c), maxName)
		case fold(c) == fold(UnknownName):
			return nil, fmt.Errorf("class name %s is kept for what has no class", shown(c))
		case seen[c]:
			return nil, fmt.Errorf("class %s stands twice", shown(c))
		}
		seen[c] = true
		t.Classes = append(t.Classes, Class{ID: uint16(i), Name: c, Keywords: []string{}})
	}
	return t, nil
}

// MatchExactly looks for the class that is called like that, else for the one of
// which it is a keyword, upper and lower case of that alike. It never ties.
func (t *Table) MatchExactly(text string) Match {
	m := Match{File: text, Label: t.Unknown(), Class: UnknownName}
	folded := fold(text)
	for i := range t.Classes {
		c := &t.Classes[i]
		if c.Name == text {
			return Match{File: text, Label: c.ID, Class: c.Name, Keyword: text}
		}
		for _, k := range c.Keywords {
			if m.Keyword == "" && fold(k) == folded {
				m.Label, m.Class, m.Keyword = c.ID, c.Name, k
			}
		}
	}
	return m
}
