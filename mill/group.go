package mill

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pcapmill/pcapmill/internal/objects"
)

// Groups of captures, see Options.Group.
const (
	GroupByDir = "dir" // those of one directory
	GroupAll   = "all" // all of a run
)

// ParseScope reads "capture" or "group": whether sessions go on from one capture to the next.
func ParseScope(text string) (across bool, err error) {
	switch text {
	case "capture", "group":
		return text == "group", nil
	}
	return false, fmt.Errorf("no scope %q of sessions: have capture, group", text)
}

// CheckGroup reports what is not one of [GroupByDir], [GroupAll] and a pattern of base names.
// In a pattern {n} stands for digits, if any, and * for any text.
func CheckGroup(group string) error {
	_, err := grouping(group)
	return err
}

// grouping compiles a group; nil for those that are no pattern.
func grouping(group string) (*regexp.Regexp, error) {
	switch {
	case group == GroupByDir || group == GroupAll:
		return nil, nil
	case strings.ContainsAny(group, `/\`):
		return nil, fmt.Errorf("%q: a pattern is for names without directories, and captures of two directories are never of one group", group)
	case !strings.Contains(group, "{n}"):
		return nil, fmt.Errorf("%q: need dir, all, or a pattern with {n} for the part that counts up, like trace_{n}.pcap", group)
	}
	text := strings.ReplaceAll(regexp.QuoteMeta(group), regexp.QuoteMeta("{n}"), `[0-9]*`)
	return regexp.Compile(`(?s)\A` + strings.ReplaceAll(text, `\*`, `(.*)`) + `\z`)
}

// checkGroup reports a group that does not go with the other options.
func (o *Options) checkGroup() error {
	if o.Group == "" {
		return nil
	}
	if o.LabelFrom == FromComment {
		return errors.New("sessions across captures (--session-scope group) cannot have labels from comments")
	}
	return CheckGroup(o.Group)
}

// groups are the captures of each group by their places in the plan, in its order, and the
// group of each capture. A capture that a pattern does not match is alone.
func (p *Plan) groups() (list [][]int, of []int, err error) {
	if p.chunkOf != nil { // they were decided when the plan was divided
		for i := range p.Chunks {
			list = append(list, p.Chunks[i].Group)
		}
		return list, p.chunkOf, nil
	}
	pattern, err := grouping(p.Group)
	if err != nil {
		return nil, nil, err
	}
	known := map[string]int{}
	for i := range p.Captures {
		in := &p.Captures[i]
		name := "all"
		if p.Group != GroupAll {
			name = folder(in.Path)
		}
		if pattern != nil {
			stars := pattern.FindStringSubmatch(filepath.Base(in.Path))
			if stars == nil {
				stars = []string{"alone", fmt.Sprint(i)}
			} else {
				stars[0] = "matches"
			}
			name = strings.Join(append([]string{name}, stars...), "\x00")
		}
		at, ok := known[name]
		if !ok {
			at = len(list)
			known[name] = at
			list = append(list, nil)
		}
		list[at], of = append(list[at], i), append(of, at)
	}
	return list, of, nil
}

// folder names the directory of a capture; it is the same however the path leads there, but
// for links.
func folder(path string) string {
	if objects.Is(path) {
		return path[:strings.LastIndexByte(path, '/')]
	}
	dir := filepath.Dir(path)
	if abs, err := filepath.Abs(dir); err == nil { // else nobody knows where we are
		return abs
	}
	return dir
}

// checkStreams reports what cannot be read in a group.
func (p *Plan) checkStreams() error {
	for i := range p.Captures {
		if in := &p.Captures[i]; in.Stream && p.Group != "" {
			return fmt.Errorf("%s can be read only once: sessions across captures (--session-scope group) need files", in.Path)
		}
	}
	return nil
}
