// Package presets holds the options by which one paper's input is made: configuration files
// with names, for --preset. Adding one is a file below files/ and a line in the list.
package presets

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed files/*.yaml
var files embed.FS

// names are all presets, in the order in which they are listed.
var names = []string{
	"reference",
	"ustc-tk2016",
	"ustc-tk2016-l7",
	"deep-packet",
	"yatc",
	"netmamba",
	"et-bert",
	"et-bert-compat",
	"et-bert-packet",
	"trafficformer",
	"cesnet-ppi",
	"flowpic",
	"mini-flowpic",
	"nprint",
	"netfound",
	"tfe-gnn",
	"pcap-encoder",
}

// Preset is a configuration file with a name.
type Preset struct {
	Name  string
	Paper string // whose input it is
	State string // "as published" or "as intended", and what a sample is
	Text  string // of the file, YAML
}

// Names lists the names of all presets.
func Names() []string { return slices.Clone(names) }

// Find returns the preset of a name. The error lists those there are.
func Find(name string) (Preset, error) {
	if !slices.Contains(names, name) {
		return Preset{}, fmt.Errorf("there is no preset %q: have %s", name, strings.Join(names, ", "))
	}
	text, err := files.ReadFile("files/" + name + ".yaml")
	if err != nil {
		return Preset{}, err
	}
	lines := strings.SplitN(string(text), "\n", 3)
	return Preset{
		Name:  name,
		Paper: strings.TrimPrefix(lines[0], "# "+name+": "),
		State: strings.TrimSuffix(strings.TrimPrefix(lines[1], "# "), "."),
		Text:  string(text),
	}, nil
}
