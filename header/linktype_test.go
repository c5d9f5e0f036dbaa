package header

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestTable: rows are in order and complete. What decodes says where its addresses
// stand, and testcap has a packet of it, so that the other tests see it.
func TestTable(t *testing.T) {
	var decodable []uint16
	for i := range linkTypes {
		row := &linkTypes[i]
		if i > 0 && linkTypes[i-1].number >= row.number {
			t.Errorf("row %d: %d stands behind %d", i, row.number, linkTypes[i-1].number)
		}
		if row.name == "" || row.number.row() != row || row.number.String() != row.name {
			t.Errorf("row %d: %d is called %q and %q", i, row.number, row.name, row.number)
		}
		switch {
		case row.decode != nil && row.inside != nil:
			t.Errorf("%v has both a decoder and an inside", row.number)
		case (row.decode != nil) != (row.addresses != nil):
			t.Errorf("%v: a decoder %t, addresses %t", row.number, row.decode != nil, row.addresses != nil)
		case row.decode != nil || row.inside != nil:
			decodable = append(decodable, uint16(row.number))
		}
	}
	if built := testcap.LinkTypes(); !slices.Equal(decodable, built) {
		t.Errorf("decodable are %d, testcap builds %d", decodable, built)
	}
}

// TestTableIsDocumented: the package comment and docs/decoding.md list every
// decodable link type, and no other.
func TestTableIsDocumented(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "stack.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/decoding.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Link headers")
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string // the first cell of each row
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			names = append(names, cells[1])
		}
	}
	for where, text := range map[string]string{
		"the package comment": strings.Join(regexp.MustCompile(`(?m)^\t[0-9 ]+`).FindAllString(f.Doc.Text(), -1), " "),
		"docs/decoding.md":    strings.Join(names, " "),
	} {
		listed := map[string]bool{}
		for _, n := range regexp.MustCompile(`\b\d+\b`).FindAllString(strings.ReplaceAll(text, "802.11", ""), -1) {
			listed[n] = true
		}
		for i := range linkTypes {
			row := &linkTypes[i]
			n := fmt.Sprint(int(row.number))
			if decodes := row.decode != nil || row.inside != nil; decodes != listed[n] {
				t.Errorf("%s: link type %s (%s) is listed %t, decodable %t", where, n, row.name, listed[n], decodes)
			}
			delete(listed, n)
		}
		for n := range listed {
			t.Errorf("%s lists %s, which is not in the table", where, n)
		}
	}
}

// TestLayoutIsSmall: a Layout has no padding, so that what holds one can be dense.
func TestLayoutIsSmall(t *testing.T) {
	if n := sizeOf[Layout](); n != 28 {
		t.Errorf("a Layout has %d bytes, want 28", n)
	}
}
