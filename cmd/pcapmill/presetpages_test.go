package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/presets"
	"github.com/pcapmill/pcapmill/internal/storetest"
)

// TestPresetPages: each preset has a row in docs/recipes.md and a section in a page that the row links to, with paper, input,
// the state that the preset's file has, one command, lines in Python, and differences. The command is run on the example
// captures: it makes the folder of the format that the row names, and the Python lines read from there.
func TestPresetPages(t *testing.T) {
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
	captures, err := filepath.Abs("../../examples/captures")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../docs/recipes/paper-*.md")
	if err != nil {
		t.Fatal(err)
	}
	sections, in := map[string]string{}, map[string]string{}
	var headings []string
	for _, p := range pages {
		for i, s := range strings.Split(docPage(t, "docs/recipes/"+filepath.Base(p)), "\n## ") {
			if name, text, _ := strings.Cut(s, "\n"); i > 0 {
				sections[name], in[name] = text, filepath.Base(p)
				headings = append(headings, name)
			}
		}
	}
	if have, want := slices.Sorted(slices.Values(headings)), slices.Sorted(slices.Values(presets.Names())); !slices.Equal(have, want) {
		t.Errorf("sections of %q, want one of each of %q", have, want)
	}
	index := docPage(t, "docs/recipes.md")
	quoted := regexp.MustCompile("`([^`]+)`")
	for _, name := range presets.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := presets.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			text := sections[name]
			_, row, _ := strings.Cut(index, fmt.Sprintf("\n| [`%s`](recipes/%s#%s) |", name, in[name], name))
			row, _, _ = strings.Cut(row, "\n")
			format := quoted.FindStringSubmatch(row)
			state, _, _ := strings.Cut(p.State, ":")
			if strings.Contains(state, "legacy") {
				state = "as published, legacy"
			}
			if format == nil || !strings.Contains(row, "| "+state+" |") {
				t.Fatalf("docs/recipes.md has the row %q, want a format and %q", row, state)
			}
			for _, part := range []string{"**Paper**: ", "**Input**, *" + state + "*: ", "\n```python\n", "\n**Differs** from the authors' code:\n\n* "} {
				if strings.Count(text, part) != 1 {
					t.Errorf("the section of %s has %q %d times, want once", name, part, strings.Count(text, part))
				}
			}
			lines := commandsOf(text)
			if len(lines) != 1 || !strings.Contains(lines[0], " --preset "+name+" ") || !strings.Contains(lines[0], " --format "+format[1]+" ") {
				t.Fatalf("commands %q: want one of --preset %s and --format %s", lines, name, format[1])
			}
			dir := t.TempDir()
			if err := os.Symlink(captures, filepath.Join(dir, "captures")); err != nil {
				t.Skipf("no symbolic links: %v", err)
			}
			cmd := exec.Command(bash, "-c", lines[0])
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", lines[0], err, out)
			}
			_, out, _ := strings.Cut(lines[0], " -o ")
			out, _, _ = strings.Cut(out, " ")
			m, err := storetest.Load(filepath.Join(dir, out))
			if err != nil {
				t.Fatal(err)
			}
			if m.Samples < 200 && name != "flowpic" {
				t.Errorf("%d samples", m.Samples)
			}
			if !strings.Contains(text, out+"/"+format[1]) {
				t.Errorf("the lines in Python read nothing from %s/%s", out, format[1])
			}
			if _, err := os.Stat(filepath.Join(dir, out, format[1], "__pcapmill", "export.json")); err != nil {
				t.Error(err)
			}
		})
	}
}
