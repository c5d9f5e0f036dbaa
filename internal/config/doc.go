// Package config gathers what the user chose: defaults, then a preset, then a YAML file, then
// environment variables PCAPMILL_*, then flags; later ones win.
//
// The options are those of internal/settings. A file is one flat mapping from option name
// to value:
//
//	# pcapmill.yaml
//	ip: anonymize
//	key-file: project.key
//	drop: [dns, background]
//
// Unknown keys are errors with the line and a suggestion. An environment
// variable is the option's name in capitals with "_" for "-": PCAPMILL_KEY_FILE;
// an empty one counts as not given. Paths are relative to the working directory,
// wherever they are written, and are taken as they stand: blanks at their ends are part
// of them.
package config
