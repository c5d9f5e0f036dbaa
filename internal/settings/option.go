// Package settings is the one list of what a user can choose.
//
// Each option stands once in list.go: name, kind, default, allowed values, help, heading,
// and, where it decides bytes of a dataset, the records by which it stands in manifest.json.
// Everything that shows, reads, compares or stores settings walks this list: flags,
// environment, configuration file, schema and help (internal/config, cmd/pcapmill), the
// settings of a dataset, their differences and their fingerprint (manifest), inspect, and
// the dataset card.
//
// To add an option, add an [Option] to list.go and let the room that acts on it read its
// value. If it decides bytes, give it a [Record] that is omitted at its default, append the
// key to order, and let mill write the value. No other place needs to know.
package settings

import "strings"

// Kind is the type of an option's value.
type Kind uint8

// Kinds.
const (
	Text   Kind = iota
	Number      // a whole number, 0 or more
	Switch      // on or off
	List        // comma-separated words; a sequence in YAML
	Size        // bytes, like 512MiB; 0 or more
	Path        // a path or a file name: taken as it stands, blanks at its ends included
	Map         // NAME=VALUE pairs with commas between; an object in manifest.json
)

// Option is one choice a user has.
type Option struct {
	Name    string
	Kind    Kind
	Default string
	Values  []string // what Text and List may be; nil: anything
	Short   string   // one line for --help
	Long    string   // unit, meaning of each value, where the default comes from
	Arg     string   // what the value is called in --help
	Group   string   // heading that --help, the manual and the template put it under
	Records []Record // how it stands in a dataset's manifest.json; none: it decides no byte
}

// Env is the environment variable of the option.
func (o *Option) Env() string {
	return "PCAPMILL_" + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_"))
}

// Options is the list, in the order of --help.
func Options() []Option { return options }

// Find returns the option of that name.
func Find(name string) (*Option, bool) {
	for i := range options {
		if options[i].Name == name {
			return &options[i], true
		}
	}
	return nil, false
}

// Names are the names of all options.
func Names() []string {
	names := make([]string, len(options))
	for i := range options {
		names[i] = options[i].Name
	}
	return names
}
