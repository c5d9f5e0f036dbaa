package label

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"
)

// lineWidth is the width in characters at which Encode wraps a list of keywords.
const lineWidth = 100

// Encode returns t as YAML text that a user can edit and [Parse] gives back: the
// same classes with the same keywords in the same order. Texts that YAML would take
// for something else are quoted.
func (t *Table) Encode() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Class table %s.\n", quote(t.Name))
	if t.Tasks != nil {
		b.WriteString("# The first task is the labels; each is a column of the table of samples. Below it:\n")
	}
	b.WriteString("# class: [keywords]; class ids count from 0 in this order. A capture gets the class\n" +
		"# with the longest keyword that occurs in its base name, upper and lower case alike.\n")
	t.encode(&b)
	return []byte(b.String())
}

// encode writes the classes, or the tasks with theirs.
func (t *Table) encode(b *strings.Builder) {
	if t.Tasks == nil {
		for _, c := range t.Classes {
			encodeClass(b, "", c)
		}
		return
	}
	b.WriteString(tasksKey + ":\n")
	for _, task := range t.Tasks {
		b.WriteString("  " + quote(task.Name) + ":\n")
		for _, c := range task.Classes {
			encodeClass(b, "    ", c)
		}
	}
}

// Digest is the SHA-256, in hexadecimal, of the classes as Encode writes them, without its
// comments: tables of the same classes and keywords in the same order have the same one,
// whatever they are called and however their files are laid out.
func (t *Table) Digest() string {
	var b strings.Builder
	t.encode(&b)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(b.String())))
}

// IsBuiltin reports whether t is the built-in table of its name.
func (t *Table) IsBuiltin() bool {
	if !isBuiltin(t.Name) {
		return false
	}
	b, err := Builtin(t.Name)
	return err == nil && b.Digest() == t.Digest()
}

func encodeClass(b *strings.Builder, indent string, c Class) {
	line := indent + quote(c.Name) + ": ["
	for i, k := range c.Keywords {
		piece := quote(k)
		if i < len(c.Keywords)-1 {
			piece += ","
		}
		if i > 0 {
			if len(line)+1+len(piece) >= lineWidth {
				b.WriteString(line + "\n")
				line = indent + " "
			}
			line += " "
		}
		line += piece
	}
	b.WriteString(line + "]\n")
}

// quote returns s as a YAML scalar that reads back as s: bare if it is made of
// letters that no YAML version gives a meaning, else double-quoted with every
// character escaped that an editor might not show.
func quote(s string) string {
	if isBare(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isBare says whether s means itself to every YAML reader: a letter, then letters,
// digits, _ and -, but none of the words that some version takes for a truth value
// or for nothing.
func isBare(s string) bool {
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !('0' <= r && r <= '9' || r == '-')) {
			return false
		}
	}
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}
