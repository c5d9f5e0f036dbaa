package label

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the largest size of a class name or keyword in bytes. A keyword above
// the length of a file name (255 on common file systems) could never match.
const maxName = 255

// Parse reads a class table from YAML or JSON text; the package comment says what
// is accepted. name is used for messages and becomes the table's name; if it ends
// in .json the text must be JSON, else JSON is told from YAML by content. What is
// wrong with the text is a *[ParseError]. text is not kept.
func Parse(name string, text []byte) (*Table, error) {
	src := &source{name: name, text: string(bytes.TrimPrefix(text, []byte("\ufeff")))}
	if err := src.check(); err != nil {
		return nil, err
	}
	read := src.readYAML
	if strings.EqualFold(filepath.Ext(name), ".json") || src.isJSON() {
		read = src.readJSON
	}
	raw, err := read()
	if err != nil {
		return nil, err
	}
	if raw.tasks != nil {
		return src.tasks(raw.tasks)
	}
	return src.table(raw.classes)
}

// A scalar is a piece of text and where it stands: line and column count from 1,
// columns in characters.
type scalar struct {
	text         string
	line, column int
}

// A rawClass is one entry of the mapping before anything about it was checked.
type rawClass struct {
	name     scalar
	keywords []scalar
}

// A rawTable is what a text says: classes, or tasks with classes each.
type rawTable struct {
	classes []rawClass
	tasks   []rawTask // not nil, but maybe empty, if the text has tasks
}

// A rawTask is one entry of the mapping under tasks.
type rawTask struct {
	name    scalar
	classes []rawClass
}

// check refuses text that no reader should see.
func (s *source) check() error {
	if len(s.text) > MaxText {
		return s.tooLarge()
	}
	for i, r := range s.text {
		invalid := false
		if r == utf8.RuneError {
			_, n := utf8.DecodeRuneInString(s.text[i:])
			invalid = n == 1
		}
		line, column := 0, 0
		if invalid || isForbidden(r) {
			line, column = s.position(i)
		}
		switch {
		case invalid:
			return s.errorf(line, column, "byte 0x%02x is not UTF-8; hint: save the file as UTF-8", s.text[i])
		case isForbidden(r):
			return s.errorf(line, column, "control character %U", r)
		}
	}
	return nil
}

func (s *source) tooLarge() error {
	return s.errorf(1, 1, "text is larger than %d bytes, which no class table needs", MaxText)
}

// table checks what the mapping says and makes the table of it.
func (s *source) table(classes []rawClass) (*Table, error) {
	if len(classes) == 0 {
		return nil, s.errorf(1, 1, "no class; hint: write lines like Chat: [aim_chat, icq_chat]")
	}
	t := &Table{Name: s.name, Classes: make([]Class, 0, min(len(classes), MaxClasses))}
	names := make(map[string]scalar)   // class name -> where
	owners := make(map[string]keyword) // folded keyword -> where and whose
	for i, raw := range classes {
		if i == MaxClasses {
			return nil, s.errorf(raw.name.line, raw.name.column,
				"class %s would be number %d; a table has at most %d, because a label has 16 bits and 65535 means unknown",
				shown(raw.name.text), i+1, MaxClasses)
		}
		if err := s.checkName(raw.name, names); err != nil {
			return nil, err
		}
		if err := s.checkKeywords(raw, owners); err != nil {
			return nil, err
		}
		c := Class{ID: uint16(i), Name: raw.name.text, Keywords: make([]string, len(raw.keywords))}
		for j, k := range raw.keywords {
			c.Keywords[j] = k.text
		}
		t.Classes = append(t.Classes, c)
	}
	return t, nil
}

// keyword is where a keyword was first seen, and in which class.
type keyword struct {
	scalar
	class string
}

func (s *source) checkName(name scalar, seen map[string]scalar) error {
	if err := s.checkText("class name", name); err != nil {
		return err
	}
	if fold(name.text) == fold(UnknownName) {
		return s.errorf(name.line, name.column,
			"class name %s is kept for captures without a class; hint: leave the class out", shown(name.text))
	}
	if first, twice := seen[name.text]; twice {
		return s.errorf(name.line, name.column, "class %s stands on line %d already", shown(name.text), first.line)
	}
	seen[name.text] = name
	return nil
}

func (s *source) checkKeywords(raw rawClass, owners map[string]keyword) error {
	for _, k := range raw.keywords {
		if err := s.checkText("keyword of class "+shown(raw.name.text), k); err != nil {
			return err
		}
		first, seen := owners[fold(k.text)]
		if seen && first.class != raw.name.text {
			return s.errorf(k.line, k.column,
				"keyword %s of class %s (line %d) is a keyword of class %s (line %d) already; a name that holds it would tie",
				shown(k.text), shown(raw.name.text), k.line, shown(first.class), first.line)
		}
		if !seen {
			owners[fold(k.text)] = keyword{k, raw.name.text}
		}
	}
	return nil
}

// checkText refuses names and keywords that cannot be meant.
func (s *source) checkText(what string, v scalar) error {
	switch {
	case v.text == "":
		return s.errorf(v.line, v.column, "empty %s", what)
	case strings.TrimSpace(v.text) == "":
		return s.errorf(v.line, v.column, "blank %s", what)
	case len(v.text) > maxName:
		return s.errorf(v.line, v.column, "%s has %d bytes; at most %d, the length of a file name, make sense",
			what, len(v.text), maxName)
	}
	if i := strings.IndexFunc(v.text, unicode.IsControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(v.text[i:])
		return s.errorf(v.line, v.column, "control character %U in %s", r, what)
	}
	return nil
}

// isForbidden says whether r may stand nowhere in a text: control characters other
// than tabs and line breaks. (YAML's own reader does not say where it met one.)
func isForbidden(r rune) bool {
	return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r)
}

// A source is the text of a class table, and its name for messages.
type source struct {
	name string
	text string // without byte order mark
	last place  // see position
}

func (s *source) errorf(line, column int, format string, args ...any) error {
	return &ParseError{
		Name: s.name, Line: line, Column: column,
		Msg: fmt.Sprintf(format, args...), Excerpt: s.excerpt(line, column),
	}
}
