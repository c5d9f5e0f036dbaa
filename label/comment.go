package label

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// FromComment is the class that a comment of a packet gives, as pcapML writes them: "ID,class",
// where ID is a number, or "s=ID,class". It is nil for other comments, and for a class that no
// table can have: unknown, blank, longer than 255 bytes, with control characters, or not UTF-8.
// The result is a part of comment.
func FromComment(comment []byte) []byte {
	id, class, ok := bytes.Cut(comment, []byte(","))
	if !ok {
		return nil
	}
	if named, found := bytes.CutPrefix(bytes.TrimSpace(id), []byte("s=")); found {
		ok = len(named) > 0
	} else {
		digits := bytes.TrimSpace(id)
		ok = len(digits) > 0 && !bytes.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	}
	class = bytes.TrimSpace(class)
	switch {
	case !ok || len(class) == 0 || len(class) > maxName || !utf8.Valid(class) || bytes.ContainsFunc(class, unicode.IsControl),
		bytes.EqualFold(class, []byte(UnknownName)):
		return nil
	}
	return class
}
