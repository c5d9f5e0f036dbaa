package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
