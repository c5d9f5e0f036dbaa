package label

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// genTable draws valid tables with texts from everywhere in Unicode.
func genTable(t *rapid.T) *Table {
	text := rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "word") {
			return rapid.SampledFrom([]string{
				"on", "Off", "null", "~", "0123", "1e3", "-", "- a", "a: b", "#x", "a #b", "[", "{", "*a", "&a", "!a", "|", ">", "%a",
				"@a", "`a", "'", `"`, `\`, "a ", " a", "\u2028", "\ufeff", "\U0001f600", "\U0010ffff", "<<", "---", "...", "y", "=",
			}).Draw(t, "text")
		}
		return rapid.StringN(1, 40, 200).Draw(t, "text")
	})
	table := &Table{Name: rapid.String().Draw(t, "table name")}
	names, owners := map[string]bool{}, map[string]bool{}
	for range rapid.IntRange(1, 12).Draw(t, "classes") {
		name := text.Draw(t, "class")
		if names[name] || (&source{}).checkText("", scalar{text: name}) != nil || fold(name) == fold(UnknownName) {
			continue
		}
		names[name] = true
		c := Class{ID: uint16(len(table.Classes)), Name: name, Keywords: []string{}}
		for _, k := range rapid.SliceOfN(text, 0, 20).Draw(t, "keywords") {
			if !owners[fold(k)] && (&source{}).checkText("", scalar{text: k}) == nil {
				owners[fold(k)] = true
				c.Keywords = append(c.Keywords, k)
			}
		}
		table.Classes = append(table.Classes, c)
	}
	if len(table.Classes) == 0 {
		table.Classes = []Class{{Name: "a", Keywords: []string{}}}
	}
	return table
}

func TestEncodeParse(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		want := genTable(t)
		text := want.Encode()
		got, err := Parse(want.Name, text)
		if err != nil {
			t.Fatalf("%v\ntext:\n%s", err, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s\ntext:\n%s", diff, text)
		}
	})
}

func TestEncodeBuiltins(t *testing.T) {
	for _, name := range Builtins() {
		want := mustBuiltin(t, name)
		text := want.Encode()
		got, err := Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for line := range strings.Lines(string(text)) {
			if len(line) > lineWidth {
				t.Errorf("%s: line of %d bytes: %s", name, len(line), line)
			}
			if strings.Contains(line, `"`) {
				t.Errorf("%s: needless quotes: %s", name, line)
			}
		}
	}
}

// Longest match has a slow twin: try every piece of the name, longest first.
func TestMatchTwin(t *testing.T) {
	letters := rapid.StringMatching(`[aAbB_]{1,4}`)
	draw.Check(t, func(t *rapid.T) {
		tab := &Table{}
		for i := range rapid.IntRange(1, 4).Draw(t, "classes") {
			tab.Classes = append(tab.Classes, Class{
				ID: uint16(i), Name: fmt.Sprint("c", i), Keywords: rapid.SliceOfN(letters, 0, 4).Draw(t, "keywords"),
			})
		}
		name := rapid.StringMatching(`[aAbB_]{0,10}`).Draw(t, "name")
		want := twin(tab, name)
		m := tab.Match("dir/" + name)
		var got []uint16
		switch {
		case m.Err() != nil:
			for _, c := range m.Tied {
				got = append(got, c.Label)
			}
		case m.Label != unknownByte:
			got = []uint16{m.Label}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", name, diff)
		}
	})
}

// twin returns the ids of all classes that have a keyword of the longest length.
func twin(tab *Table, name string) []uint16 {
	for n := len(name); n > 0; n-- {
		var ids []uint16
		for _, c := range tab.Classes {
			if hasKeyword(c, name, n) {
				ids = append(ids, c.ID)
			}
		}
		if ids != nil {
			return ids
		}
	}
	return nil
}

func hasKeyword(c Class, name string, n int) bool {
	for i := 0; i+n <= len(name); i++ {
		for _, k := range c.Keywords {
			if len(k) == n && strings.EqualFold(k, name[i:i+n]) {
				return true
			}
		}
	}
	return false
}

// TestHolds: a keyword is found where its fold is, in ASCII without making one.
func TestHolds(t *testing.T) {
	if !holds("AAAB", "aab") || holds("AAAC", "aab") {
		t.Error("aab in AAAB, or in AAAC")
	}
	draw.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("abABkK\u212asS\u017f_1\u03c3\u03c2")), 0, 12, -1)
		name, keyword := fold(letters.Draw(t, "name")), rapid.OneOf(letters, rapid.StringOfN(rapid.SampledFrom([]rune("abkS_")), 0, 3, -1)).Draw(t, "keyword")
		if have, want := holds(name, keyword), strings.Contains(name, fold(keyword)); have != want {
			t.Fatalf("%q in %q: %v, want %v", keyword, name, have, want)
		}
	})
}
