package sample

import (
	"fmt"
	"slices"
)

// Dedup says when two sessions with the same label are duplicates, of which a dataset
// keeps the first.
type Dedup uint8

// Ways to compare sessions.
const (
	DedupSample  Dedup = iota // by the finished sample
	DedupSession              // by all bytes of the session, before they are cut or padded
	DedupNone                 // not at all; conflicts of samples are counted
)

var dedupNames = []string{"sample", "session", "none"}

// String is the word that [ParseDedup] reads.
func (d Dedup) String() string { return dedupNames[d] }

// ParseDedup reads "sample", "session" or "none".
func ParseDedup(text string) (Dedup, error) {
	if i := slices.Index(dedupNames, text); i >= 0 {
		return Dedup(i), nil
	}
	return 0, fmt.Errorf("no way to compare sessions %q: have sample, session, none", text)
}
