package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pcapmill/pcapmill/internal/settings"
)

// foreign are options of other programs that our pages name.
var foreign = []string{"check", "quiet", "here", "strict"} // of build.sh, sha256sum, wheels.sh, mypy

// TestDocsNameRealOptions: every option in the README and below docs is one of some command's.
// Decisions are history and may name what there was.
func TestDocsNameRealOptions(t *testing.T) {
	known := map[string]bool{"help": true, "version": true}
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		for _, sub := range cmd.Commands() {
			each(sub)
		}
	}
	each(newRoot())
	for _, name := range foreign {
		known[name] = true
	}
	root := filepath.Join("..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") && !strings.Contains(path, "decisions") && d.Name() != "spec.md" {
			pages = append(pages, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	option := regexp.MustCompile(`(?:^|[^-\w])--([a-z][a-z0-9-]*[a-z0-9])`)
	scripts := regexp.MustCompile("`[^`\n]*\\.(py|sh) [^`\n]*`") // commands of ours that are not pcapmill
	found := 0
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range option.FindAllStringSubmatch(scripts.ReplaceAllString(string(text), ""), -1) {
			if found++; !known[m[1]] {
				t.Errorf("%s names --%s, which no command has", path, m[1])
			}
		}
	}
	if found < 200 {
		t.Errorf("%d options in %d pages", found, len(pages))
	}
}

// TestReadmeHasAllValues: the table of options in the README has the values of the list, all of
// them and no others, and names every option that decides bytes.
func TestReadmeHasAllValues(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| what | options")
	table, _, _ = strings.Cut(table, "\n\n")
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`--([a-z0-9-]+) ?([^`]*)`").FindAllStringSubmatch(table, -1) {
		named[m[1]] = true
		o, ok := settings.Find(m[1])
		if !ok || o.Values == nil && o.Kind != settings.Switch {
			continue
		}
		want := o.Values
		if o.Kind == settings.Switch {
			want = []string{"on", "off"}
		}
		have := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == '|' || r == '\\' })
		if o.Name == "drop" {
			have = append(have, "none") // stands behind
		}
		if len(have) > 0 && !slices.Equal(slices.Sorted(slices.Values(have)), slices.Sorted(slices.Values(want))) {
			t.Errorf("README: --%s has %q, the list %q", o.Name, have, want)
		}
	}
	for _, r := range settings.Recorded() {
		if !named[r.Option.Name] && !strings.HasPrefix(r.Option.Name, "table") {
			t.Errorf("README: no --%s in the table of options", r.Option.Name)
		}
	}
}
