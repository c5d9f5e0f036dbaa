package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docPage is a page of the documentation, README.md or one below docs.
func docPage(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// commandsOf are the indented lines of a page that call pcapmill, with those that go on
// behind a backslash.
func commandsOf(page string) (lines []string) {
	page = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(page, "")
	page = strings.ReplaceAll(page, "\\\n", " ")
	for line := range strings.SplitSeq(page, "\n") {
		if strings.HasPrefix(line, "    ") && strings.Contains(line, "pcapmill ") && !strings.Contains(line, "go run") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// TestPagesRun runs every command of the pages for newcomers, in their order, on the
// example captures.
func TestPagesRun(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash: the commands of the pages are not run")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "pcapmill")); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	yaml := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(docPage(t, "docs/quickstart.md"))
	if yaml == nil {
		t.Fatal("docs/quickstart.md shows no mapping")
	}
	variants := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(docPage(t, "docs/variants.md"))
	if variants == nil {
		t.Fatal("docs/variants.md shows no file of variants")
	}
	for _, c := range []struct {
		page   string
		before string // a command that the page takes as given
		least  int    // commands
	}{
		{"README.md", "", 10},
		{"docs/quickstart.md", "", 7},
		{"docs/troubleshooting.md", "pcapmill convert captures -o traffic", 10},
		{"docs/variants.md", "", 3},
	} {
		t.Run(c.page, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "captures"), os.DirFS("../../examples/captures")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "classes.yaml"), []byte(yaml[1]), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "variants.yaml"), []byte(variants[1]), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(dir, "examples/captures"), os.DirFS("../../examples/captures")); err != nil {
				t.Fatal(err)
			}
			lines := commandsOf(docPage(t, c.page))
			if len(lines) < c.least {
				t.Fatalf("%d commands, want at least %d", len(lines), c.least)
			}
			if c.before != "" {
				lines = append([]string{c.before}, lines...)
			}
			for _, line := range lines {
				words := strings.Fields(line)
				switch {
				case words[0] == "source", words[0] == "dev/scripts/wheels.sh", words[0] == "go":
					continue // an interactive shell; clients/check_wheel.sh; .ci/run
				case len(words) > 1 && words[1] == "view":
					continue // it waits for a browser: see the tests of internal/view
				case strings.Contains(line, "| man "):
					line, _, _ = strings.Cut(line, "|")
				}
				cmd := exec.Command(bash, "-c", line)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", line, err, out)
				}
			}
		})
	}
}

// TestTroubleshootingQuotes: what the page's headings quote, the program says.
func TestTroubleshootingQuotes(t *testing.T) {
	var source bytes.Buffer
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			b, err := os.ReadFile(path)
			source.Write(b)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	quoted := 0
	for line := range strings.SplitSeq(docPage(t, "docs/troubleshooting.md"), "\n") {
		if !strings.HasPrefix(line, "## ") {
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			if m[1] == "no space left on device" { // the system says this
				continue
			}
			for part := range strings.SplitSeq(m[1], "...") {
				quoted++
				if !bytes.Contains(source.Bytes(), []byte(strings.TrimSpace(part))) {
					t.Errorf("docs/troubleshooting.md: nothing says %q", part)
				}
			}
		}
	}
	if quoted < 8 {
		t.Errorf("%d quotations", quoted)
	}
}
