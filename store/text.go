package store

import (
	"bytes"

	"github.com/pcapmill/pcapmill/manifest"
)

// manifestText is the text of a manifest that only ever gets captures appended. It keeps the
// text of those that it has seen: a commit encodes the new ones and what stands before them,
// not the whole manifest. The text is that of [manifest.Manifest.Encode].
type manifestText struct {
	captures [][]byte // text of the first count captures, in pieces; each but the first begins with a comma
	count    int
}

// How Encode begins and ends the captures, which are the last field.
var (
	beginCaptures = []byte("\n \"captures\": [")
	endCaptures   = []byte("\n ]\n}\n")
)

// encode returns the text in pieces. They stay valid until the next call.
func (t *manifestText) encode(m *manifest.Manifest) ([][]byte, error) {
	part := *m
	part.Captures = m.Captures[t.count:]
	text, err := part.Encode()
	if err != nil || len(part.Captures) == 0 && t.count == 0 {
		return [][]byte{text}, err
	}
	at := bytes.Index(text, beginCaptures) + len(beginCaptures) // a line break is nowhere in a string
	if len(part.Captures) > 0 {
		entries := text[at : len(text)-len(endCaptures)]
		if t.count > 0 {
			entries = append([]byte{','}, entries...)
		} else {
			entries = bytes.Clone(entries) // without the room that the encoder had
		}
		t.captures, t.count = append(t.captures, entries), len(m.Captures)
	}
	pieces := append([][]byte{text[:at:at]}, t.captures...)
	return append(pieces, endCaptures), nil
}
