package label

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse feeds any text under both kinds of name. What is refused must be refused
// at a place that exists; what is accepted must come back from Encode, and each of
// its keywords must be found in a file of that name.
func FuzzParse(f *testing.F) {
	for _, name := range Builtins() {
		text, err := mappings.ReadFile("mappings/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(false, text)
	}
	for _, text := range []string{
		"", "a: [b]\n", "a:\n  - 0123\n  - on\n  - 1e3\nb: []\n", "a: &x [b]\nc: *x\n", "---\na: [b]\n---\nc: [d]\n",
		"a: [b\n", "? [a]\n: [b]\n", "a: |\n  b\n", "a: [!!binary aGk=]\n", "\xff\xfea", "\ufeff{a: [b]}", "a: [\"\\u2028\\U0001f600\"]\n",
		"a: [b]\r\nc: [d]\r", "'a'': [b]", "a: [b, B]\nc: [\u212a, \u1e9e]\n", "{\"a\": [\"\\ud83d\\ude00\", 1e3, null, true]}",
		"{\"a\": [\"b\"], \"a\": []}", "tasks: {vpn: {V: [v], w: []}, app: {\"1\": [v]}}", "tasks: {a: {}}", "tasks: {label: {b: []}}", "tasks: [a]",
		"{\"tasks\": {\"a\": {\"b\": [\"c\"]}, \"A\": {}}}", "{\"tasks\": {\"a\": {\"b\": [\"c\"]}}}", "tasks: {a: {b: [c]}}\nd: [e]", "{\"a\": [\"\\u001b\"]}", "{\"a\"\n:\n[", "[1]", "{\"a\": [\"b\"]}{}",
	} {
		f.Add(false, []byte(text))
		f.Add(true, []byte(text))
	}
	f.Fuzz(func(t *testing.T, isJSON bool, text []byte) {
		name := "fuzz.yaml"
		if isJSON {
			name = "fuzz.json"
		}
		table, err := Parse(name, text)
		if err != nil {
			checkParseError(t, err, text)
			return
		}
		again, err := Parse(name+".yaml", table.Encode())
		if err != nil {
			t.Fatalf("Encode gave what Parse refuses: %v\n%s", err, table.Encode())
		}
		if diff := cmp.Diff(table.Classes, again.Classes); diff != "" {
			t.Fatalf("Parse, Encode, Parse (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(table.Tasks, again.Tasks); diff != "" || table.Digest() != again.Digest() {
			t.Fatalf("tasks: Parse, Encode, Parse (-first +second):\n%s", diff)
		}
		for _, c := range table.Classes[:min(len(table.Classes), 8)] {
			for _, k := range c.Keywords[:min(len(c.Keywords), 8)] {
				m := table.Match("dir/" + k)
				if found := m.Label != unknownByte || m.Err() != nil; !found && baseName(k) == k {
					t.Fatalf("keyword %q is not found in itself", k)
				}
			}
		}
	})
}

func checkParseError(t *testing.T, err error, text []byte) {
	t.Helper()
	var e *ParseError
	if !errors.As(err, &e) {
		t.Fatalf("error %v of type %T, want *ParseError", err, err)
	}
	lines := 1
	for rest := string(text); rest != ""; lines++ {
		_, rest = cutLine(rest)
	}
	if e.Line < 1 || e.Line > lines || e.Column < 1 || e.Column > len(text)+2 {
		t.Fatalf("error at %d:%d of %d lines, %d bytes: %v", e.Line, e.Column, lines, len(text), err)
	}
	if strings.ContainsRune(err.Error(), '\x1b') {
		t.Fatalf("error %q would act on a terminal", err)
	}
}
