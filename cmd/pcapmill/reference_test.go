package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/settings"
)

// TestManualReference: docs/configuration.md and docs/cli.md are what the list of settings
// and the commands say; -update makes them anew.
func TestManualReference(t *testing.T) {
	for name, page := range map[string]string{"configuration.md": configurationPage(), "cli.md": commandsPage()} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if old, err := os.ReadFile(path); err != nil || string(old) != page {
			t.Errorf("docs/%s is stale (%v): go test ./cmd/pcapmill -run TestManual -update", name, err)
		}
	}
}

// configurationPage describes every option.
func configurationPage() string {
	var b strings.Builder
	b.WriteString(`# Configuration

Every option can stand in four places; the later ones win: defaults, a configuration file
(` + "`--config FILE`" + ` or ` + "`PCAPMILL_CONFIG`" + `), the environment, flags. The names are the same:

| place | how |
|---|---|
| file | ` + "`min-packets: 3`" + ` in YAML or JSON; ` + "`pcapmill config init`" + ` prints a commented one |
| environment | ` + "`PCAPMILL_MIN_PACKETS=3`" + ` |
| flag | ` + "`--min-packets 3`" + ` |

` + "`pcapmill config schema`" + ` prints the JSON Schema of the file, which editors can use. A name that is
none is refused. This page is made from the program's list of options.
`)
	group := ""
	for _, o := range settings.Options() {
		if o.Group != group {
			group = o.Group
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		fmt.Fprintf(&b, "\n### `--%s %s`\n\n", o.Name, o.Arg)
		text := o.Long
		if o.Default != "" {
			text += " Default: `" + o.Default + "`."
		}
		b.WriteString(strings.Join(fold(strings.NewReplacer("<", "&lt;", "*", `\*`).Replace(text), 100), "\n") + "\n")
	}
	return b.String()
}

// commandsPage is the help of every command.
func commandsPage() string {
	var b strings.Builder
	b.WriteString(`# Commands

What ` + "`pcapmill COMMAND --help`" + ` says. ` + "`-h`" + ` is shorter; ` + "`pcapmill man COMMAND`" + ` prints the manual
page. This page is made from the program. [configuration.md](configuration.md) describes the
options of ` + "`convert`" + ` one by one, [json.md](json.md) what ` + "`--json`" + ` writes.
`)
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		var text bytes.Buffer
		help(&text, cmd)
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", cmd.CommandPath(), text.String())
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				each(sub)
			}
		}
	}
	each(newRoot())
	return b.String()
}
