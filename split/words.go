package split

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// UnsplitError lists the classes that cannot be split as asked, when nothing else was
// allowed.
type UnsplitError struct {
	Settings Settings
	Classes  []Class // Instead says why
}

// Error names every class and why.
func (e *UnsplitError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be split by %s so that every %s has samples:", plural(int64(len(e.Classes)), "class"), e.Settings.By, map[bool]string{true: "fold", false: "side"}[e.Settings.Folds > 0])
	for _, c := range e.Classes {
		fmt.Fprintf(&b, "\n  %s: %s", c.Name, c.Instead)
	}
	return b.String()
}

// Hint says what a person can do about it.
func (e *UnsplitError) Hint() string {
	return "--split-fallback session or time splits these classes another way, and records it; --min-per-class leaves small classes out; fewer sides (--split 80/20) or folds need fewer groups"
}

// few is the number of captures below which a split by session can hardly tell a class
// from a capture.
const few = 5

// mostNames is how many classes a warning names.
const mostNames = 10

// Warnings says what a careful user should know about the split.
func (r *Record) Warnings() (lines []string) {
	var alone, uneven []string
	bySession := false
	instead, empty := map[string][]string{}, map[string][]string{}
	for i := range r.Classes {
		c := &r.Classes[i]
		if r.uneven(c) {
			uneven = append(uneven, fmt.Sprintf("%s (%s)", c.Name, c.Samples.text()))
		}
		if c.By == Session.String() || c.By == None.String() {
			bySession = true
			if c.Captures < few {
				alone = append(alone, fmt.Sprintf("%s (%d)", c.Name, c.Captures))
			}
		}
		if c.Instead != "" {
			instead[c.By] = append(instead[c.By], fmt.Sprintf("%s (%s)", c.Name, c.Instead))
		}
		if len(c.Empty) > 0 {
			sides := strings.Join(c.Empty, " and ")
			empty[sides] = append(empty[sides], c.Name)
		}
		if c.Across > 0 {
			lines = append(lines, fmt.Sprintf("class %s: %s the earlier side", c.Name, plural(c.Across, "session reaches across a cut in time and goes to", "sessions reach across a cut in time and go to")))
		}
	}
	for _, sides := range slices.Sorted(maps.Keys(empty)) {
		if list := empty[sides]; len(list) == 1 {
			lines = append(lines, fmt.Sprintf("class %s has no samples for %s", list[0], sides))
		} else {
			lines = append(lines, fmt.Sprintf("%s have no samples for %s: %s", plural(int64(len(list)), "class"), sides, names(list)))
		}
	}
	if n := strings.Count(r.Given, string(LeftOut)); n > 0 {
		lines = append(lines, fmt.Sprintf("the file gives no side to %s, with %s: they are on no side", plural(int64(n), "capture"), plural(r.LeftOut[NoSide], "sample")))
	}
	for _, by := range slices.Sorted(maps.Keys(instead)) {
		list, be := instead[by], [2]string{"it is", "they are"}
		lines = append(lines, fmt.Sprintf("%s cannot be split by %s: %s; %s split by %s, as --split-fallback says",
			plural(int64(len(list)), "class"), r.Settings.By, names(list), be[min(1, len(list)-1)], by))
	}
	if uneven != nil {
		lines = append(lines, fmt.Sprintf("the shares of %s are far from %s, because groups have different sizes: %s; another --split-salt draws anew",
			plural(int64(len(uneven)), "class"), r.Settings.shares(), names(uneven)))
	}
	if bySession {
		text := fmt.Sprintf("splitting by session puts sessions of one capture on several sides (of %s here): what a capture has in common, its network, hosts and day, can be learned in training and helps in the test",
			plural(r.Proof.Captures, "capture"))
		if alone != nil {
			text += "; worst where there are few captures: " + names(alone)
		}
		lines = append(lines, text)
	}
	if n := r.Proof.Equal; n > 0 {
		lines = append(lines, fmt.Sprintf("%s on more than one side, with %s in all: a model that remembers them is right about them; --dedup drops them within a class, --split-by session keeps them together",
			plural(n, "sample stands", "different samples stand"), plural(r.Proof.EqualSamples, "sample")))
	}
	return lines
}

// uneven says whether some side has less than a third of the samples of the class that
// it should, but some.
func (r *Record) uneven(c *Class) bool {
	o, err := r.Settings.Options()
	if err != nil || o.Given != nil {
		return false
	}
	parts := o.parts()
	all, sum := uint64(c.Samples.Total()+c.LeftOut[TooMany]), total(parts)
	for i, k := range c.Samples.list(parts) {
		n := uint64(k)
		if i == 0 {
			n += uint64(c.LeftOut[TooMany])
		}
		if n > 0 && 3*n*sum < all*parts[i].weight {
			return true
		}
	}
	return false
}

// text is like "80/10/10": training, validation, test, or fold by fold.
func (c *Counts) text() string {
	list := c.Folds
	if list == nil {
		list = []int64{c.Train, c.Validation, c.Test}
	}
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(text, "/")
}

// shares says into what samples were divided.
func (s *Settings) shares() string {
	if s.Folds > 0 {
		return fmt.Sprintf("%d equal folds", s.Folds)
	}
	return s.Split
}

func names(list []string) string {
	text := strings.Join(list[:min(mostNames, len(list))], ", ")
	if more := len(list) - mostNames; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// plural is like "1 class" or "3 classes"; forms beyond the first are taken as they are.
func plural(n int64, forms ...string) string {
	switch {
	case n == 1:
		return "1 " + forms[0]
	case len(forms) > 1:
		return fmt.Sprintf("%d %s", n, forms[1])
	case strings.HasSuffix(forms[0], "s"):
		return fmt.Sprintf("%d %ses", n, forms[0])
	}
	return fmt.Sprintf("%d %ss", n, forms[0])
}
