package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// project is the [project] table of a pyproject.toml, as far as ours uses it. A key that is not here
// is an error, so that nothing of it is lost in the wheels.
type project struct {
	Name                 string
	Description          string
	Readme               string
	Dynamic              []string
	RequiresPython       string `toml:"requires-python"`
	License              string
	Authors              []struct{ Name string }
	Keywords             []string
	Classifiers          []string
	Dependencies         []string
	OptionalDependencies map[string][]string `toml:"optional-dependencies"`
	URLs                 map[string]string   `toml:"urls"`
}

func readProject(dir string) (*project, error) {
	var all struct{ Project project }
	name := filepath.Join(dir, "pyproject.toml")
	meta, err := toml.DecodeFile(name, &all)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, k := range meta.Undecoded() {
		if k[0] == "project" {
			return nil, fmt.Errorf("%s: %s: this program does not know it: enter it in dev/tools/pack", name, k)
		}
	}
	if !slices.Equal(all.Project.Dynamic, []string{"version"}) {
		return nil, fmt.Errorf("%s: dynamic must be the version alone", name)
	}
	return &all.Project, nil
}

// metadata is the file METADATA: PyPA, Core metadata 2.4.
func (p *project) metadata(version string, licenses []string, dir string) ([]byte, error) {
	readme, err := os.ReadFile(filepath.Join(dir, p.Readme))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	line("Metadata-Version", "2.4")
	line("Name", p.Name)
	line("Version", version)
	line("Summary", p.Description)
	for _, a := range p.Authors {
		line("Author", a.Name)
	}
	line("License-Expression", p.License)
	for _, l := range slices.Sorted(slices.Values(licenses)) {
		line("License-File", l)
	}
	for _, name := range slices.Sorted(maps.Keys(p.URLs)) {
		line("Project-URL", name+", "+p.URLs[name])
	}
	line("Keywords", strings.Join(p.Keywords, ","))
	for _, c := range p.Classifiers {
		line("Classifier", c)
	}
	line("Requires-Python", p.RequiresPython)
	for _, d := range p.Dependencies {
		line("Requires-Dist", d)
	}
	for _, extra := range slices.Sorted(maps.Keys(p.OptionalDependencies)) {
		line("Provides-Extra", extra)
		for _, d := range p.OptionalDependencies[extra] {
			if strings.Contains(d, ";") {
				return nil, fmt.Errorf("%q has a marker of its own: this program cannot join it with the extra's", d)
			}
			line("Requires-Dist", d+`; extra == "`+extra+`"`)
		}
	}
	line("Description-Content-Type", "text/markdown; charset=UTF-8; variant=GFM")
	b.WriteString("\n")
	b.Write(readme)
	return []byte(b.String()), nil
}
