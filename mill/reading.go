package mill

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/manifest"
)

// GapsError says that a capture was read with gaps. It wraps the damage with
// which it ended, if any.
type GapsError struct {
	Path   string
	Gaps   []capture.Gap
	Damage *capture.Damage // or nil
}

// Error names the first three gaps, and how much there is of the others.
func (e *GapsError) Error() string {
	const shown = 3
	var b strings.Builder
	bytes, more := int64(0), 0
	for i, g := range e.Gaps {
		if i < shown {
			fmt.Fprintf(&b, "%s: %s\n", e.Path, g)
			continue
		}
		bytes += g.Bytes
		more += 1 + g.More
	}
	if more > 0 {
		fmt.Fprintf(&b, "%s: %d bytes passed over at %d places more, see the manifest\n", e.Path, bytes, more)
	}
	if e.Damage != nil {
		b.WriteString(e.Damage.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Paths are the paths that the error names.
func (e *GapsError) Paths() []string { return []string{e.Path} }

// Unwrap gives the damage at the end.
func (e *GapsError) Unwrap() error {
	if e.Damage == nil {
		return nil
	}
	return e.Damage
}

// Hint says what a person can do about it.
func (e *GapsError) Hint() string {
	return "the samples are made of what was found around the gaps; without --resync a capture ends at the first"
}

// Harm says what is wrong with the capture: a *capture.Damage, a *GapsError, or nil.
func (x *Extraction) Harm(path string) error {
	switch {
	case len(x.Gaps) > 0:
		return &GapsError{Path: path, Gaps: x.Gaps, Damage: x.Damage}
	case x.Damage != nil:
		return x.Damage
	}
	return nil
}

// interrupted reports whether the capture is a stream that ended because the run did.
func (x *Extraction) interrupted() bool {
	return x.Damage != nil && errors.Is(x.Damage, capture.ErrInterrupted)
}

// gaps lists the gaps as the manifest has them.
func (x *Extraction) gaps() (list []manifest.Gap) {
	for _, g := range x.Gaps {
		list = append(list, manifest.Gap{Offset: g.Offset, Bytes: g.Bytes, Packet: g.Packet, Detail: g.Detail, More: g.More})
	}
	return list
}
