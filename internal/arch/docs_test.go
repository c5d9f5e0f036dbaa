package arch

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// page is a Markdown file of the repository.
type page struct {
	path  string // relative, with slashes
	lines []string
}

// pages returns the Markdown files that people wrote: not the golden files of tests.
func pages(t *testing.T) (all []page) {
	t.Helper()
	top := root(t)
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || rel != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".md") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		all = append(all, page{filepath.ToSlash(rel), strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d pages found below %s", len(all), top)
	}
	return all
}

// TestPagesWrap: lines of pages have at most 100 characters, rows of tables 220. A line that cannot be broken, such as one
// address, may be longer.
func TestPagesWrap(t *testing.T) {
	for _, p := range pages(t) {
		for i, line := range p.lines {
			most := 100
			if strings.HasPrefix(strings.TrimSpace(line), "|") {
				most = 220
			}
			if n := utf8.RuneCountInString(line); n > most && len(strings.Fields(line)) > 2 {
				t.Errorf("%s:%d: %d characters, more than %d", p.path, i+1, n, most)
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`^#+ (.*)$`)
	code    = regexp.MustCompile("`[^`]*`")
	anchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names by which the headings of a page can be linked to, as GitHub makes them.
func anchors(lines []string) (names []string) {
	fenced := false
	for _, line := range lines {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if m := heading.FindStringSubmatch(line); m != nil && !fenced {
			names = append(names, strings.ReplaceAll(anchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
		}
	}
	return names
}

// TestLinksLead: every relative link of a page leads to a file that exists, and to a heading of it.
func TestLinksLead(t *testing.T) {
	all, found := pages(t), 0
	for _, p := range all {
		fenced := false
		for i, line := range p.lines {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if fenced {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
				target, part, _ := strings.Cut(m[1], "#")
				if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
					continue
				}
				found++
				file := p.path
				if target != "" {
					file = path.Join(path.Dir(p.path), target)
				}
				if _, err := os.Stat(filepath.Join(root(t), filepath.FromSlash(file))); err != nil || strings.HasPrefix(file, "..") {
					t.Errorf("%s:%d: %s leads to no file", p.path, i+1, m[1])
					continue
				}
				at := slices.IndexFunc(all, func(q page) bool { return q.path == file })
				if part != "" && (at < 0 || !slices.Contains(anchors(all[at].lines), part)) {
					t.Errorf("%s:%d: %s leads to no heading", p.path, i+1, m[1])
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d relative links found", found)
	}
}

var (
	mentioned = regexp.MustCompile(`(?:^|[\s("` + "`" + `])((?:docs|dev|examples|clients|\.ci)/[A-Za-z0-9_./-]*[A-Za-z0-9_])`)
	decided   = regexp.MustCompile(`\b[Dd]ecisions? ([0-9]+)`)
)

// TestSourcesNameFiles: what comments and messages of the sources name below docs, dev, examples and clients exists.
func TestSourcesNameFiles(t *testing.T) {
	top, found := root(t), 0
	for _, f := range sources(t) {
		if f.room == "internal/arch" {
			continue
		}
		for _, group := range f.ast.Comments {
			for _, m := range mentioned.FindAllStringSubmatch(group.Text(), -1) {
				found++
				if _, err := os.Stat(filepath.Join(top, filepath.FromSlash(m[1]))); err != nil {
					t.Errorf("%s: there is no %s", f.path, m[1])
				}
			}
			for _, m := range decided.FindAllStringSubmatch(group.Text(), -1) {
				if len(decision(t, m[1])) == 0 {
					t.Errorf("%s: there is no decision %s", f.path, m[1])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d names of files found", found)
	}
}

// decision returns the files of the decision with that number.
func decision(t *testing.T, number string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "docs", "decisions", strings.Repeat("0", max(0, 3-len(number)))+number+"-*.md"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDecisionsAreIndexed: docs/decisions/README.md has one row for each decision, in order, with the number, title and
// status that the decision itself has.
func TestDecisionsAreIndexed(t *testing.T) {
	row := regexp.MustCompile(`^\| \[([0-9]+)\]\(([^)]+)\) \| (.+) \| (.+) \|$`)
	title := regexp.MustCompile(`^# ([0-9]+)\. (.+)$`)
	indexed := map[string]bool{}
	last := ""
	decisions := map[string][]string{}
	for _, p := range pages(t) {
		if dir, name := path.Split(p.path); dir == "docs/decisions/" {
			decisions[name] = p.lines
		}
	}
	for _, line := range decisions["README.md"] {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		number, file, what, status := m[1], m[2], m[3], m[4]
		if file <= last || !strings.HasPrefix(file, "0") {
			t.Errorf("index: %s is out of order or double", file)
		}
		last, indexed[file] = file, true
		lines := decisions[file]
		if len(lines) < 5 {
			t.Errorf("index: there is no %s", file)
			continue
		}
		if head := title.FindStringSubmatch(lines[0]); head == nil || head[1] != number || head[2] != what || strings.TrimLeft(file[:3], "0") != number {
			t.Errorf("%s begins with %q; the index has %s. %s", file, lines[0], number, what)
		}
		if want := "Status: " + status + "."; lines[2] != want {
			t.Errorf("%s: the third line is %q, need %q", file, lines[2], want)
		}
	}
	for name := range decisions {
		if name != "README.md" && !indexed[name] {
			t.Errorf("docs/decisions/README.md does not list %s", name)
		}
	}
}
