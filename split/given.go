package split

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
)

// Given are sides by capture, as a person has written them down.
type Given struct {
	Digest string // SHA-256 of the file, in hexadecimal
	sides  map[string]dataset.Side
	names  []string // in the order of the file
}

// sideWords are what a file may call the sides.
var sideWords = map[string]dataset.Side{
	"train": dataset.Train, "training": dataset.Train, "validation": dataset.Validation, "val": dataset.Validation,
	"valid": dataset.Validation, "dev": dataset.Validation, "test": dataset.Test, "testing": dataset.Test,
}

// ParseGiven reads CSV (RFC 4180) with a header line that has the columns capture and split.
// A capture is named as manifest.json has it, or by its base name; a side is train,
// validation or test. A byte order mark is passed over. Errors name the line.
func ParseGiven(text []byte) (*Given, error) {
	sum := sha256.Sum256(text)
	g := &Given{Digest: hex.EncodeToString(sum[:]), sides: map[string]dataset.Side{}}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil && err != io.EOF {
		return nil, err
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	capture, side := slices.Index(head, "capture"), slices.Index(head, "split")
	if capture < 0 || side < 0 {
		return nil, errors.New("line 1: need a header line with the columns capture and split")
	}
	for {
		row, err := r.Read()
		switch {
		case err == io.EOF && len(g.names) == 0:
			return nil, errors.New("it names no capture")
		case err == io.EOF:
			return g, nil
		case err != nil:
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if len(row) <= max(capture, side) {
			return nil, fmt.Errorf("line %d: %d fields, need %d", line, len(row), max(capture, side)+1)
		}
		name, word := row[capture], strings.ToLower(strings.TrimSpace(row[side]))
		s, ok := sideWords[word]
		if !ok {
			return nil, fmt.Errorf("line %d: %q is no side: need train, validation or test", line, row[side])
		}
		if old, twice := g.sides[name]; twice && old != s {
			return nil, fmt.Errorf("line %d: capture %q is on the side %s too", line, name, old)
		} else if !twice {
			g.names = append(g.names, name)
		}
		g.sides[name] = s
	}
}

// Strangers are the names that no capture has, in the order of the file.
func (g *Given) Strangers(captures []string) (names []string) {
	have := map[string]bool{}
	for _, c := range captures {
		have[c], have[path.Base(c)] = true, true
	}
	for _, n := range g.names {
		if !have[n] {
			names = append(names, n)
		}
	}
	return names
}

// letters has a letter of an assignment for each capture; LeftOut for those that the file
// does not name.
func (g *Given) letters(captures []string) string {
	b := make([]byte, len(captures))
	for i, c := range captures {
		s, ok := g.sides[c]
		if !ok {
			s, ok = g.sides[path.Base(c)]
		}
		if b[i] = LeftOut; ok {
			b[i] = letters[s]
		}
	}
	return string(b)
}

// Unnamed are those of a dataset's captures that the file gave no side.
func (r *Record) Unnamed(captures []string) (names []string) {
	for i, c := range captures[:min(len(captures), len(r.Given))] {
		if r.Given[i] == LeftOut {
			names = append(names, c)
		}
	}
	return names
}

// A StrangersError says that a file gives sides to captures that are not there.
type StrangersError struct {
	Names []string
	There []string // captures
}

// Error names some of them.
func (e *StrangersError) Error() string {
	return fmt.Sprintf("%s of the file %s among the captures: %s", plural(int64(len(e.Names)), "name"), map[bool]string{true: "is not", false: "are not"}[len(e.Names) == 1], names(e.Names))
}

// Hint says what a person can do about it.
func (e *StrangersError) Hint() string {
	if len(e.There) == 0 {
		return "captures are named as manifest.json has them, or by their base names"
	}
	return "captures are named as manifest.json has them, or by their base names, such as " + e.There[0]
}

// Paths are the names, for printing.
func (e *StrangersError) Paths() []string { return append(slices.Clone(e.Names), e.There...) }

// A GroupError says that a file puts captures of one group, between which sessions go on, on
// different sides.
type GroupError struct{ First, Other string }

func (e *GroupError) Error() string {
	return fmt.Sprintf("the file gives %s and %s different sides, but they are of one group: sessions go on from one to the other", e.First, e.Other)
}

// Paths are the names, for printing.
func (e *GroupError) Paths() []string { return []string{e.First, e.Other} }

// give settles which captures are on which side: those of the record before stay, others are
// as the file says.
func (c *computation) give(before *Record) error {
	names := c.in.Names
	if len(names) != len(c.in.Captures) {
		return fmt.Errorf("%d names of captures, but there are %d", len(names), len(c.in.Captures))
	}
	c.given = c.o.Given.letters(names)
	if before != nil {
		if len(before.Given) > len(c.given) {
			return fmt.Errorf("the earlier split has sides of %d captures, but there are %d", len(before.Given), len(c.given))
		}
		c.given = before.Given + c.given[len(before.Given):]
	}
	for i, group := range c.in.Groups {
		if group > 0 && c.given[i] != c.given[group-1] {
			return &GroupError{names[group-1], names[i]}
		}
	}
	for s := range letters {
		if strings.IndexByte(c.given, letters[s]) >= 0 {
			c.parts = append(c.parts, part{1, letters[s], dataset.Side(s).String()})
		}
	}
	for _, k := range c.classes {
		k.samples = make([]int64, len(c.parts))
	}
	return nil
}

// byCapture settles the way of every class: the file's.
func (c *computation) byCapture() error {
	for _, k := range c.classes {
		if k.total > 0 && k.total >= c.o.MinPerClass {
			k.by, k.decided = Capture, true
		}
	}
	return nil
}
