package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/pcapmill/pcapmill/internal/settings"
)

var update = flag.Bool("update", false, "make the manual pages and golden files anew")

// manualDate stands in the pages. It is a date of ours and not of a clock, so
// that the pages are the same wherever they are made.
var manualDate = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// TestManual fails when a page is stale; -update makes them all anew.
func TestManual(t *testing.T) {
	have := map[string]bool{}
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		have[name] = true
		path := filepath.Join("man", name)
		page := manualPage(t, cmd)
		if *update {
			if err := os.WriteFile(path, page, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		old, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(old, page) {
			t.Errorf("%s is stale (%v): go test ./cmd/pcapmill -run TestManual -update", path, err)
		}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				each(sub)
			}
		}
	}
	each(newRoot())
	files, err := os.ReadDir("man")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !have[f.Name()] {
			t.Errorf("man/%s is the page of no command: delete it", f.Name())
		}
	}
}

// manualPage is cobra's page, with what cobra has no place for.
func manualPage(t *testing.T, cmd *cobra.Command) []byte {
	t.Helper()
	cmd.DisableAutoGenTag = true
	cmd.InitDefaultHelpFlag()
	cmd.Flags().VisitAll(documentFlag)
	var b bytes.Buffer
	header := &doc.GenManHeader{
		Title: strings.ToUpper(strings.ReplaceAll(cmd.CommandPath(), " ", "-")), Section: "1",
		Date: &manualDate, Source: "pcapmill", Manual: "pcapmill manual",
	}
	if err := doc.GenMan(cmd, header, &b); err != nil {
		t.Fatal(err)
	}
	page := optionLine.ReplaceAllString(b.String(), ".TP\n$1\n$2\n")
	page = strings.NewReplacer(".SH EXAMPLE\n", ".SH EXAMPLES\n", "[flags]", "[options]", "[=false]", "", `\fP=""`, `\fP=FILE`).Replace(page)
	body, see, ok := strings.Cut(page, ".SH SEE ALSO\n")
	if ok {
		see = ".SH SEE ALSO\n" + see
	}
	return []byte(strings.TrimRight(body, "\n") + "\n" + exitSection(cmd) + environmentSection(cmd) + see)
}

// optionLine is an option as cobra's page has it; it becomes a tagged paragraph.
var optionLine = regexp.MustCompile(`(?m)^(?:\.PP\n)?(\\fB-.*)\n\t(.*)\n`)

// documentFlag gives a flag its long text, which --help has no room for.
func documentFlag(f *pflag.Flag) {
	if f.Name == "help" {
		f.Usage = "show a shorter form of this page"
	}
	for _, o := range settings.Options() {
		if o.Name != f.Name || f.Annotations[groupKey] == nil {
			continue
		}
		f.Usage = o.Short + ". " + o.Long
		if o.Values != nil {
			f.Usage += " One of: " + strings.Join(o.Values, ", ") + "."
		}
		if o.Default != "" {
			f.Usage += " Default: " + o.Default + "."
		}
		f.Usage += " Environment: " + o.Env() + "."
		f.DefValue = o.Arg
	}
	f.Usage = strings.NewReplacer("`", "", "*", `\*`, "_", `\_`).Replace(f.Usage)
}

func exitSection(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString(".SH EXIT STATUS\n")
	for line := range strings.SplitSeq(cmd.Annotations[exitsKey], "\n") {
		number, meaning, _ := strings.Cut(line, "  ")
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n%s\n", number, roff(meaning))
	}
	return b.String()
}

func environmentSection(cmd *cobra.Command) string {
	if cmd.Flags().Lookup("config") == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(".SH ENVIRONMENT\n")
	for _, e := range environment(cmd) {
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fP\n%s\n", roff(e[0]), roff(e[1]))
	}
	return b.String()
}

func roff(text string) string {
	return strings.NewReplacer(`\`, `\\`, "-", `\-`, "'", `\(aq`).Replace(text)
}

// TestManualSays looks into the pages for what every page must have.
func TestManualSays(t *testing.T) {
	files, err := filepath.Glob("man/*.1")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	for _, name := range files {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, need := range []string{".SH NAME\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n", ".SH EXIT STATUS\n.TP\n\\fB0\\fP\ndone"} {
			if need == ".SH EXIT STATUS\n.TP\n\\fB0\\fP\ndone" && strings.HasSuffix(name, "verify.1") {
				need = "\\fB1\\fP\none is broken"
			}
			if !strings.Contains(string(page), need) {
				t.Errorf("%s: no %q", name, need)
			}
		}
	}
	convert, err := os.ReadFile("man/pcapmill-convert.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range settings.Options() {
		if option := `\fB--` + o.Name + `\fP`; !strings.Contains(string(convert), option) {
			t.Errorf("pcapmill-convert.1: no %s", option)
		}
		if !strings.Contains(string(convert), o.Env()) {
			t.Errorf("pcapmill-convert.1: no %s", o.Env())
		}
	}
}
