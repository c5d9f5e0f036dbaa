package label

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// A named is a row of a table of file names in testdata.
type named struct{ file, group, class string }

// readNames reads testdata/mapping.tsv: comments, a head line, then rows.
func readNames(t *testing.T, mapping string) []named {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", mapping+".tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []named
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") || line == "file\tgroup\tclass" {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			t.Fatalf("%s: row %q has %d fields", mapping, line, len(f))
		}
		rows = append(rows, named{f[0], f[1], f[2]})
	}
	return rows
}

func mustBuiltin(t *testing.T, name string) *Table {
	t.Helper()
	table, err := Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// check matches a real name and compares with the class that the table of names has.
func check(t *testing.T, table *Table, file, class string) {
	t.Helper()
	m := table.Match(file)
	if m.Err() != nil {
		t.Error(m.Err())
	}
	if m.Class != class {
		t.Errorf("%s: class %s by %q, want %s", file, m.Class, m.Keyword, class)
	}
	want := uint16(unknownByte)
	for _, c := range table.Classes {
		if c.Name == class {
			want = c.ID
		}
	}
	if m.Label != want {
		t.Errorf("%s: label %d, want %d", file, m.Label, want)
	}
}

func TestRealNames(t *testing.T) {
	for mapping, groups := range map[string]map[string]int{
		"iscx-vpn":     {"vpn": 31, "nonvpn": 109, "historical": 10},
		"ustc-tfc2016": {"benign": 14, "malware": 10},
	} {
		t.Run(mapping, func(t *testing.T) {
			table := mustBuiltin(t, mapping)
			rows := readNames(t, mapping)
			seen := make(map[string]int)
			for _, row := range rows {
				seen[row.group]++
				check(t, table, row.file, row.class)
				check(t, table, strings.ToUpper(row.file), row.class)
				check(t, table, "vpn_bittorrent/virut/"+row.file, row.class)
				// Some redistributions have stray blanks in their names.
				check(t, table, " "+row.file+" ", row.class)
			}
			if diff := cmp.Diff(groups, seen); diff != "" {
				t.Errorf("names per group (-published +table):\n%s", diff)
			}
		})
	}
}

func TestEveryVPNCaptureIsInAVPNClass(t *testing.T) {
	table := mustBuiltin(t, "iscx-vpn")
	n := 0
	for _, row := range readNames(t, "iscx-vpn") {
		if row.group != "vpn" {
			continue
		}
		n++
		if m := table.Match(row.file); !strings.HasPrefix(m.Class, "VPN_") {
			t.Errorf("%s is %s", row.file, m.Class)
		}
	}
	if n != 31 {
		t.Errorf("%d VPN captures, want 31", n)
	}
}

func TestQUICPatterns(t *testing.T) {
	table := mustBuiltin(t, "quic-netflow")
	rows := readNames(t, "quic-netflow")
	if len(rows) != 5 {
		t.Errorf("%d patterns, want 5", len(rows))
	}
	for _, row := range rows {
		for _, suffix := range []string{"", "1.pcap", "01_a.pcapng", "2018-03-04.pcap.gz"} {
			check(t, table, strings.ReplaceAll(row.file, "*", suffix), row.class)
		}
	}
}

// The fact sheet is the source of the built-in tables.
func TestBuiltinsAreTheFacts(t *testing.T) {
	const path = "../../shared/facts/label-mappings.yaml"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no fact sheet: %v", err)
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		t.Fatal(err)
	}
	mappings := doc.Content[0].Content
	if len(mappings) != 2*len(Builtins()) {
		t.Fatalf("%d mappings, want %d", len(mappings)/2, len(Builtins()))
	}
	for i, name := range Builtins() {
		if mappings[2*i].Value != name {
			t.Errorf("mapping %d is %s, want %s", i, mappings[2*i].Value, name)
		}
		entries := mappings[2*i+1].Content
		var want []Class
		for j := 0; j < len(entries); j += 2 {
			c := Class{ID: uint16(j / 2), Name: entries[j].Value}
			for _, k := range entries[j+1].Content {
				c.Keywords = append(c.Keywords, k.Value)
			}
			want = append(want, c)
		}
		if diff := cmp.Diff(want, mustBuiltin(t, name).Classes); diff != "" {
			t.Errorf("%s (-facts +built in):\n%s", name, diff)
		}
	}
}

func TestBuiltinUnknownName(t *testing.T) {
	for name, suggestion := range map[string]string{
		"iscx":        "did you mean iscx-vpn?",
		"ISCX-VPN":    "did you mean iscx-vpn?",
		"iscx_vpn":    "did you mean iscx-vpn?",
		"ustc-tfc":    "did you mean ustc-tfc2016?",
		"quicnetflow": "did you mean quic-netflow?",
		"mnist":       "",
		"":            "",
	} {
		_, err := Builtin(name)
		if !errors.Is(err, ErrNoMapping) {
			t.Errorf("%q: error %v, want ErrNoMapping", name, err)
			continue
		}
		for _, b := range Builtins() {
			if !strings.Contains(err.Error(), b) {
				t.Errorf("%q: error %q does not list %s", name, err, b)
			}
		}
		if !strings.HasSuffix(err.Error(), suggestion) || strings.Contains(err.Error(), "did you mean") != (suggestion != "") {
			t.Errorf("%q: error %q, want suggestion %q", name, err, suggestion)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "own.yaml")
	if err := os.WriteFile(path, []byte("Web: [http]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := Load(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	want := &Table{Name: path, Classes: []Class{{ID: 0, Name: "Web", Keywords: []string{"http"}}}}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}

	if table, err = Load(context.Background(), "ustc-tfc2016"); err != nil || len(table.Classes) != 20 {
		t.Errorf("built-in name: %v, %v", table, err)
	}
	if _, err = Load(context.Background(), filepath.Join(dir, "none.yaml")); !errors.Is(err, ErrNoMapping) {
		t.Errorf("no such file: error %v, want ErrNoMapping", err)
	}
	if _, err = Load(context.Background(), "usct-tfc2016"); err == nil || !strings.Contains(err.Error(), "did you mean ustc-tfc2016?") {
		t.Errorf("misspelt name: error %v", err)
	}
	if _, err = Load(context.Background(), dir); err == nil {
		t.Error("a directory was read as a class table")
	}

	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, []byte("a: [b]\n#"+strings.Repeat("x", MaxText)), 0o644); err != nil {
		t.Fatal(err)
	}
	var parse *ParseError
	if _, err = Load(context.Background(), large); !errors.As(err, &parse) {
		t.Errorf("file above %d bytes: error %v, want *ParseError", MaxText, err)
	}
}
