package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/mill"
)

// TestDefaultsAreTheMills compares the table's defaults with the library's.
func TestDefaultsAreTheMills(t *testing.T) {
	have, err := millOptions(t.Context(), config.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	want := mill.Default()
	want.StdinName = "stdin"
	if h, w := fmt.Sprintf("%+v", have), fmt.Sprintf("%+v", want); have.Labels.Name != want.Labels.Name ||
		strings.ReplaceAll(h, fmt.Sprintf("%p", have.Labels), "") != strings.ReplaceAll(w, fmt.Sprintf("%p", want.Labels), "") {
		t.Errorf("\n%s, need\n%s", h, w)
	}
}

// TestEveryValueIsUnderstood gives every option every value that its table
// allows.
func TestEveryValueIsUnderstood(t *testing.T) {
	for _, o := range settings.Options() {
		for _, value := range o.Values {
			v := config.Defaults()
			if err := v.Set(o.Name, value, "--"+o.Name); err != nil {
				t.Errorf("--%s %s: %v", o.Name, value, err)
			}
			if o.Name == "label-from" && value == "table" || o.Name == "table-conflict" {
				continue // need one: see labels-from.txtar
			}
			if _, err := millOptions(t.Context(), v); err != nil {
				t.Errorf("--%s %s: %v", o.Name, value, err)
			}
		}
	}
}

// TestEveryCommandIsDocumented looks at what --help has to say.
func TestEveryCommandIsDocumented(t *testing.T) {
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		var w bytes.Buffer
		help(&w, cmd)
		page := w.String()
		for _, need := range []string{"\nUsage:\n  pcapmill", "\nOptions:\n", "\nExit status:\n"} {
			if !strings.Contains(page, need) {
				t.Errorf("%s: no %q in its help", cmd.CommandPath(), need)
			}
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") || (cmd.Example == "" && cmd.Name() != "version" && cmd.Name() != "config") {
			t.Errorf("%s: short %q, example %q", cmd.CommandPath(), cmd.Short, cmd.Example)
		}
		_, wrapped, _ := strings.Cut(page, "\nOptions:\n")
		for line := range strings.SplitSeq(wrapped, "\n") {
			if len(line) > 80 {
				t.Errorf("%s: %d characters: %s", cmd.CommandPath(), len(line), line)
			}
		}
		for _, sub := range cmd.Commands() {
			if sub.Name() != "help" {
				each(sub)
			}
		}
	}
	each(newRoot())
}

func TestJoinSwitches(t *testing.T) {
	for in, want := range map[string]string{
		"convert --udp-pad on x":  "convert --udp-pad=on x",
		"convert --udp-pad off":   "convert --udp-pad=off",
		"convert --udp-pad x":     "convert --udp-pad x",
		"convert --udp-pad":       "convert --udp-pad",
		"convert -- --udp-pad on": "convert -- --udp-pad on",
		"convert --ip on":         "convert --ip on",
	} {
		if have := strings.Join(joinSwitches(strings.Fields(in)), " "); have != want {
			t.Errorf("%q: %q, need %q", in, have, want)
		}
	}
}
