package groundtruth

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

// explainedTSV has a line for each capture about which the tables and SPEC disagree: its path, the differences
// ("column theirs>ours", joined by ", "), and the reason, or @name of a reason in reasonsTSV that several captures share.
//
//go:embed explained.tsv
var explainedTSV string

// reasonsTSV names the reasons that several captures share.
//
//go:embed reasons.tsv
var reasonsTSV string

// Explained returns every difference between the tables and SPEC, capture by capture in the order of the paths. Where a
// reason names docs/decoding.md, the SPEC is silent and the decision is written there.
func Explained() ([]Explanation, error) {
	return parseExplained(explainedTSV, reasonsTSV)
}

// differences is the form of the second column: what Unexplained compares.
var differences = regexp.MustCompile(`^(\w+ \S+>\S+, )*\w+ \S+>\S+$`)

// parseExplained reads the two files. Both are refused unless every capture and every name stands there once, in order,
// and every name is used.
func parseExplained(explained, reasons string) ([]Explanation, error) {
	named, used := map[string]string{}, map[string]bool{}
	last := ""
	lines, err := parseTSV("reasons.tsv", reasons)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		if line["name"] <= last || line["reason"] == "" {
			return nil, fmt.Errorf("reasons.tsv: reason %q: out of order, double, or empty", line["name"])
		}
		last = line["name"]
		named[last] = line["reason"]
	}
	if lines, err = parseTSV("explained.tsv", explained); err != nil {
		return nil, err
	}
	var all []Explanation
	last = ""
	for _, line := range lines {
		e := Explanation{line["path"], line["differences"], line["reason"]}
		if name, ok := strings.CutPrefix(e.Why, "@"); ok {
			used[name], e.Why = true, named[name]
		}
		if e.Path <= last || strings.TrimSpace(e.Why) == "" || !differences.MatchString(e.Columns) {
			return nil, fmt.Errorf("explained.tsv: %s: out of order, double, without a reason, or not of the form column N>N: %q", e.Path, line)
		}
		last = e.Path
		all = append(all, e)
	}
	for name := range named {
		if !used[name] {
			return nil, fmt.Errorf("reasons.tsv: no capture has the reason %q", name)
		}
	}
	return all, nil
}
