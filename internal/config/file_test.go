package config

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/settings"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
)

// uncommented is the template with every option taken into use.
func uncommented() string {
	var b strings.Builder
	for line := range strings.Lines(Template()) {
		if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# ") {
			line = line[1:]
		}
		b.WriteString(line)
	}
	return b.String()
}

// TestTemplate: as printed it chooses nothing; uncommented, exactly the defaults.
func TestTemplate(t *testing.T) {
	v := Defaults()
	if err := v.Parse("t.yaml", []byte(Template())); err != nil {
		t.Fatal(err)
	}
	for _, o := range settings.Options() {
		if v.From(o.Name) != "" {
			t.Errorf("the commented template sets %s", o.Name)
		}
	}
	if err := v.Parse("t.yaml", []byte(uncommented())); err != nil {
		t.Fatalf("%v\n%s", err, uncommented())
	}
	for _, o := range settings.Options() {
		if v.Get(o.Name) != o.Default || v.From(o.Name) == "" {
			t.Errorf("%s is %q from %q, need %q", o.Name, v.Get(o.Name), v.From(o.Name), o.Default)
		}
	}
	for line := range strings.Lines(Template()) {
		if len(line) > 90 || strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("%d bytes or blanks at the end: %q", len(line), line)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"drop: [dns, background]":      "drop dns,background",
		"drop: dns, background":        "drop dns, background",
		"drop: none":                   "drop none",
		"drop:\n- dns":                 "drop dns",
		"length: 0144\nshape: '12x12'": "length 0144",
		"udp-pad: yes":                 "udp-pad on",
		"udp-pad: true":                "udp-pad on",
		"stdin-name: 1.0":              "stdin-name 1.0",
		"\ufeffip: keep":               "ip keep",
		"{ip: keep}":                   "ip keep",
		"---\nip: keep\n...\n":         "ip keep",
	} {
		v := Defaults()
		err := v.Parse("a.yaml", []byte(text))
		name, value, _ := strings.Cut(want, " ")
		if err != nil || v.Get(name) != value {
			t.Errorf("%q: %s is %q, %v; need %q", text, name, v.Get(name), err, value)
		}
	}
	for _, text := range []string{"", "# nothing\n", "null", "---\n", "{}"} {
		if err := Defaults().Parse("a.yaml", []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"ip: keep\nchekcsums: keep":  "a.yaml:2: chekcsums: no such option; did you mean checksums?",
		"ip: keep\n\nip: zero":       "a.yaml:3: ip: given twice, first in line 1",
		"ip:":                        "a.yaml:1: ip: no value",
		"ip: {zero: keep}":           "a.yaml:1: ip: need a single value or a list of words",
		"drop: []":                   "a.yaml:1: drop: the list is empty",
		"drop: [[dns]]":              "a.yaml:1: drop: need a list of words",
		"a: &x keep\nip: *x":         "a.yaml:1: a: no such option",
		"mac: &x keep\nip: *x":       "a.yaml:2: ip: need a single value or a list of words",
		"- ip":                       "a.yaml:1: need a mapping from option to value",
		"ip":                         "a.yaml:1: need a mapping from option to value",
		"ip: [keep":                  "a.yaml: ",
		"ip: keep\n---\nip: zero":    "a.yaml: line 2: a second document begins: need one mapping",
		"? [ip]\n: keep":             "a.yaml:1: : no such option",
		"ip: keep\n\x00":             "a.yaml: ",
		strings.Repeat("#", 1<<20+1): "a.yaml: longer than 1048576 bytes",
		strings.Repeat("[", 100000):  "a.yaml: ",
		"length: 0x10":               `a.yaml:1: length: "0x10": need a whole number of 0 or more`,
	} {
		err := Defaults().Parse("a.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v, need %s", text, err, want)
		}
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pcapmill.yaml")
	if err := Defaults().File(context.Background(), path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("ip: keep\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := Defaults()
	if err := v.File(context.Background(), path); err != nil || v.Get("ip") != "keep" || v.From("ip") != path+":1" {
		t.Errorf("ip %q from %q, %v", v.Get("ip"), v.From("ip"), err)
	}
	if err := v.File(context.Background(), filepath.Dir(path)); err == nil {
		t.Error("a directory was read as a file")
	}
}

// TestSchema: editors that go by the schema accept what Parse accepts, and
// refuse what it refuses.
func TestSchema(t *testing.T) {
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		uncommented():             true,
		"{}":                      true,
		"ip: keep":                true,
		"udp-pad: true":           true,
		"udp-pad: 'on'":           true,
		"drop: [dns]":             true,
		"drop: dns,background":    true,
		"length: 100\nworkers: 3": true,
		"ip: hide":                false,
		"chekcsums: keep":         false,
		"length: -1":              false,
		"length: many":            false,
		"udp-pad: maybe":          false,
		"drop: [dsn]":             false,
		"drop: []":                false,
		"drop: dsn":               false,
		"- ip":                    false,
	} {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(value); (err == nil) != ok {
			t.Errorf("schema on %q: %v", text, err)
		}
		if err := Defaults().Parse("a.yaml", []byte(text)); (err == nil) != ok {
			t.Errorf("Parse on %q: %v", text, err)
		}
	}
	for _, o := range settings.Options() {
		if p := s.Properties[o.Name]; p == nil || p.Description == "" {
			t.Errorf("%s is not in the schema, or without a description", o.Name)
		}
	}
}
