package label

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Match says which class a capture got, and by which keyword.
type Match struct {
	// File is the name that was matched, as given.
	File string
	// Label is the class id, or the table's Unknown if no keyword occurs or classes tie.
	Label uint16
	// Class is the class name, or UnknownName.
	Class string
	// Keyword is the keyword that decided, as the table writes it; empty if no keyword
	// occurs or classes tie.
	Keyword string
	// Tied holds, in id order, one candidate for each class that reached the
	// longest length; it is empty unless there are at least two.
	Tied []Candidate
}

// A Candidate is a class whose longest keyword was as long as another class's.
type Candidate struct {
	Label   uint16
	Class   string
	Keyword string
}

// Err returns a *[TieError] if classes tie, else nil. No match is no error.
func (m Match) Err() error {
	if len(m.Tied) == 0 {
		return nil
	}
	return &TieError{File: m.File, Tied: m.Tied}
}

// A TieError says that a file name holds equally long keywords of several classes
// and no longer one, so that the table does not decide.
type TieError struct {
	// File is the name that was matched, as given.
	File string
	// Tied holds at least two candidates, in id order.
	Tied []Candidate
}

// Error names the file, and every class with its keyword.
func (e *TieError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q: ", e.File)
	length := 0
	for i, c := range e.Tied {
		if i > 0 {
			b.WriteString(" and ")
		}
		fmt.Fprintf(&b, "class %s by keyword %s", shown(c.Class), shown(c.Keyword))
		length = utf8.RuneCountInString(c.Keyword)
	}
	fmt.Fprintf(&b, " tie at %d characters; hint: give the right class a longer keyword that occurs in this name", length)
	return b.String()
}

// Paths are the paths that the error names.
func (e *TieError) Paths() []string { return []string{e.File} }
