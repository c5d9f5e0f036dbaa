package card

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pcapmill/pcapmill/manifest"
)

// The files that Write makes.
const (
	ReadmeName    = "README.md"
	CroissantName = "croissant.json"
	SumsName      = "SHA256SUMS"
)

// Input is all that a card is made of.
type Input struct {
	About    About
	Manifest *manifest.Manifest
	Files    []File   // of the dataset, by name, without the three that Write makes
	Splits   []Split  // in order; none if the dataset is not split
	Split    []string // how it was split and what was decided, a sentence each
	Again    []string // commands after convert that make the same splits and exports; the dataset is DIR
	// ImagesKnown says that the Parquet export holds no samples of an unknown class.
	ImagesKnown bool
	Checks      []string // promises that a verification has found kept; none: not verified
}

// About is what only a person knows. The zero value is allowed.
type About struct {
	Name        string // of the dataset; "" means "pcapmill dataset"
	Description string // a paragraph before ours
	License     string // identifier of SPDX in any case, name of the Hugging Face Hub, or URL; "" means other
	Creator     string
	URL         string // where it is published
	Date        string // of publication, YYYY-MM-DD
	Version     string // of the dataset; "" means 1.0.0
	Citation    string // how to cite it, BibTeX
}

// Check refuses a date that is none, a license that nobody knows, and what would break out
// of its line.
func (a *About) Check() error {
	for what, text := range map[string]string{"name": a.Name, "license": a.License, "creator": a.Creator, "URL": a.URL, "version": a.Version} {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%s %q: need one line without control characters", what, text)
		}
	}
	if err := checkLicense(a.License); err != nil {
		return err
	}
	if a.Date != "" && !isDate(a.Date) {
		return fmt.Errorf("date %q: need YYYY-MM-DD", a.Date)
	}
	return nil
}

// File is one file.
type File struct {
	Name   string // relative to the dataset's directory, with slashes
	Size   int64  // bytes
	SHA256 string // hexadecimal
}

// Split is one side of a split dataset.
type Split struct {
	Name    string  // train, validation or test
	Samples int64   // on this side
	Labels  []int64 // of these, by class id
	Unknown int64   // of these, of no class
}

// name is the dataset's name.
func (a *About) name() string {
	if a.Name == "" {
		return "pcapmill dataset"
	}
	return a.Name
}

func (a *About) version() string {
	if a.Version == "" {
		return "1.0.0"
	}
	return a.Version
}

// classes are those that have a label of their own, by label.
func (in *Input) classes() []manifest.Class {
	var out []manifest.Class
	for _, c := range in.Manifest.Classes {
		if c.Label != in.Manifest.Unknown() {
			out = append(out, c)
		}
	}
	return out
}

// capturesOf is the number of captures that gave samples of a label, or were to.
func (in *Input) capturesOf() map[uint16]int64 {
	out := map[uint16]int64{}
	for i := range in.Manifest.Captures {
		c := &in.Manifest.Captures[i]
		if c.Class != manifest.BySession {
			out[c.Label]++
			continue
		}
		for _, l := range c.Labels {
			out[l.Label]++
		}
	}
	return out
}

// unknown is the number of samples of no class.
func (in *Input) unknown() int64 {
	for _, c := range in.Manifest.Classes {
		if c.Label == in.Manifest.Unknown() {
			return c.Samples
		}
	}
	return 0
}

// below lists the files below a folder that end so.
func (in *Input) below(folder, ending string) []File {
	var out []File
	for _, f := range in.Files {
		if strings.HasPrefix(f.Name, folder+"/") && strings.HasSuffix(f.Name, ending) {
			out = append(out, f)
		}
	}
	return out
}

// has tells whether there is such a file.
func (in *Input) has(name string) bool {
	for _, f := range in.Files {
		if f.Name == name {
			return true
		}
	}
	return false
}

// Where exports of the formats that a card knows have their files.
const (
	imagesFolder = "parquet/data"
	tableFile    = "table/samples.parquet"
	asideTable   = "parquet/_samples.parquet" // the same
	csvFile      = "csv/samples.csv"
)

// tableFile is the table of samples as Parquet, "" if there is none.
func (in *Input) tableFile() string {
	for _, name := range []string{tableFile, asideTable} {
		if in.has(name) {
			return name
		}
	}
	return ""
}

// imageSides are the names of the sides that have images in Parquet, in order.
func (in *Input) imageSides() []string {
	var out []string
	for _, side := range []string{"train", "validation", "test"} {
		for _, f := range in.below(imagesFolder, ".parquet") {
			if strings.HasPrefix(path.Base(f.Name), side+"-") {
				out = append(out, side)
				break
			}
		}
	}
	return out
}

// check refuses what no card can be made of.
func (in *Input) check() error {
	if err := in.Manifest.Check(); err != nil {
		return fmt.Errorf("%s: %w", manifest.Name, err)
	}
	if err := in.About.Check(); err != nil {
		return err
	}
	var sum int64
	for _, s := range in.Splits {
		sum += s.Samples
	}
	if sum > in.Manifest.Samples { // fewer: some are on no side
		return fmt.Errorf("the splits have %d samples, the dataset has %d", sum, in.Manifest.Samples)
	}
	return in.checkSides()
}

// checkSides refuses a Parquet export of another split.
func (in *Input) checkSides() error {
	have := in.imageSides()
	need := []string{"train"} // so is called what is not split
	if len(in.Splits) > 0 {
		need = nil
		for _, s := range in.Splits {
			need = append(need, s.Name)
		}
	}
	if len(have) == 0 || slices.Equal(have, need) {
		return nil
	}
	return fmt.Errorf("%s has the sides %s, but the dataset has %s: the export is of another split; hint: make it again with 'pcapmill export'",
		imagesFolder, strings.Join(have, ", "), strings.Join(need, ", "))
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
