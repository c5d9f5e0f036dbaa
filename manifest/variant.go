package manifest

import (
	"fmt"
	"regexp"
)

// VariantsName is the directory of a dataset that holds its variants but the first, each in
// one of its name.
const VariantsName = "variants"

// Variant is another sample of every unit: row i of each variant is the same unit.
type Variant struct {
	Name     string   `json:"name"`
	Settings Settings `json:"settings"` // the dataset's but for masks, form, shape and forge
	Rows     int      `json:"rows"`
	Cols     int      `json:"columns"`
	Form     *Form    `json:"form,omitempty"`
	Files    []File   `json:"files"` // in the variant's directory
}

var variantName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

// MaxVariants is how many variants a dataset can have, the first one counted.
const MaxVariants = 64

// CheckVariantName reports a name that no variant can have.
func CheckVariantName(name string) error {
	if !variantName.MatchString(name) {
		return fmt.Errorf("%q is no name of a variant: need 1 to 64 of a-z 0-9 -, and no - in front", name)
	}
	return nil
}

// Of is the manifest of a variant, as if it were a dataset of its own with the table of
// samples and the split of this one; i counts from 0 without the first.
func (m *Manifest) Of(i int) *Manifest {
	v := &m.Variants[i]
	own := *m
	own.Settings, own.Rows, own.Cols, own.Form = v.Settings, v.Rows, v.Cols, v.Form
	own.Variant, own.Variants = v.Name, nil
	own.Files = append([]File{}, v.Files...)
	own.Captures = make([]Capture, len(m.Captures))
	for k := range m.Captures {
		c := m.Captures[k]
		c.SamplesDigest, c.Variants = c.Variants[i], nil
		own.Captures[k] = c
	}
	return &own
}

// VariantNames are the names of the variants, the first one first; none where there are none.
func (m *Manifest) VariantNames() []string {
	if m.Variants == nil {
		return nil
	}
	names := []string{m.Variant}
	for i := range m.Variants {
		names = append(names, m.Variants[i].Name)
	}
	return names
}

// CheckVariants tells whether variants have names that differ and can be those of
// directories, and whether each capture has a digest of its samples in each.
func (m *Manifest) CheckVariants() error {
	if m.Variants == nil {
		for i := range m.Captures {
			if c := &m.Captures[i]; c.Variants != nil {
				return fmt.Errorf("capture %s: digests of variants, but there are none", c.Name)
			}
		}
		return nil
	}
	if len(m.Variants) >= MaxVariants {
		return fmt.Errorf("%d variants, need at most %d", len(m.Variants)+1, MaxVariants)
	}
	seen := map[string]bool{}
	for _, name := range m.VariantNames() {
		if err := CheckVariantName(name); err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("variant %s: two have that name", name)
		}
		seen[name] = true
	}
	for i := range m.Captures {
		if c := &m.Captures[i]; len(c.Variants) != len(m.Variants) {
			return fmt.Errorf("capture %s: digests of %d variants, need %d", c.Name, len(c.Variants), len(m.Variants))
		}
	}
	return nil
}

// DiffVariants lists how the variants of a dataset differ from those of a run, the first one
// of which has the name first.
func DiffVariants(have *Manifest, first string, want []Variant) []string {
	names := func(first string, vs []Variant) string {
		if vs == nil {
			return "none"
		}
		text := first
		for i := range vs {
			text += ", " + vs[i].Name
		}
		return text
	}
	if h, w := names(have.Variant, have.Variants), names(first, want); h != w {
		return []string{fmt.Sprintf("--variants: the dataset has %s, this run asks for %s", h, w)}
	}
	var lines []string
	for i := range want {
		for _, line := range Diff(have.Variants[i].Settings, want[i].Settings) {
			lines = append(lines, "variant "+want[i].Name+": "+line)
		}
	}
	return lines
}
