package label

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	odd := table("a: 0123 on 1e3 null ~ 2001-01-01 0x1F", "1: .inf true")
	for name, test := range map[string]struct {
		text string
		want *Table
	}{
		"flow":                       {"Chat: [aim_chat, icq]\nMail: [mail]\n", table("Chat: aim_chat icq", "Mail: mail")},
		"block":                      {"Chat:\n  - aim_chat\n  - icq\nMail:\n- mail\n", table("Chat: aim_chat icq", "Mail: mail")},
		"order kept":                 {"z: [c]\na: [b]\nm: [a]\n", table("z: c", "a: b", "m: a")},
		"no keywords":                {"z: []\na: [b]\n", table("z:", "a: b")},
		"never retyped":              {"a: [0123, on, 1e3, null, ~, 2001-01-01, 0x1F]\n1: [.inf, true]\n", odd},
		"never retyped JSON":         {`{"a": ["0123", "on", 1e3, null, "~", "2001-01-01", "0x1F"], "1": [".inf", true]}`, odd},
		"JSON order kept":            {"{\"z\": [\"c\"],\n\t\"a\": [\"b\"]}", table("z: c", "a: b")},
		"YAML that starts like JSON": {"{z: [c], a: [b]}", table("z: c", "a: b")},
		"byte order mark":            {"\ufeffa: [b]\n", table("a: b")},
		"CR LF":                      {"a: [b]\r\nc: [d]\r\n", table("a: b", "c: d")},
		"explicit string":            {"!!str a: [!!str 12]\n", table("a: 12")},
		"anchor without alias":       {"a: &x [b]\n", table("a: b")},
		"surrogate pair":             {`{"a": ["\ud83d\ude00"]}`, table("a: \U0001f600")},
		"keyword twice in a class":   {"a: [b, B]\n", table("a: b B")},
		"merge key is a text":        {"<<: [b]\n", table("<<: b")},
		"one document, marked":       {"%YAML 1.1\n---\na: [b]\n...\n", table("a: b")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("test", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			normalize(got)
			normalize(test.want)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// normalize makes no keywords nil, which strings.Fields and make disagree about.
func normalize(t *Table) {
	for i := range t.Classes {
		if len(t.Classes[i].Keywords) == 0 {
			t.Classes[i].Keywords = nil
		}
	}
}

// manyClasses is a table text of n classes.
func manyClasses(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "c%d: [k%d_]\n", i, i)
	}
	return b.String()
}

// Up to 255 classes unknown is 255; beyond, it is 65535, and 255 is a class.
func TestParseManyClasses(t *testing.T) {
	for n, unknown := range map[int]uint16{1: 255, 255: 255, 256: 65535, MaxClasses: 65535} {
		table, err := Parse("test", []byte(manyClasses(n)))
		if err != nil {
			t.Fatal(err)
		}
		last, name := table.Classes[n-1], fmt.Sprintf("k%d_", n-1)
		if len(table.Classes) != n || last.ID != uint16(n-1) || table.Match(name).Label != uint16(n-1) {
			t.Errorf("%d classes, the last %+v", len(table.Classes), last)
		}
		if m := table.Match("none"); m.Label != unknown || table.Unknown() != unknown {
			t.Errorf("%d classes: unknown is %d and %d, want %d", n, m.Label, table.Unknown(), unknown)
		}
	}
	expectError(t, "test", manyClasses(MaxClasses+1), MaxClasses+1, 1, "at most 65535")
}

// expectError parses text and wants an error at that place with that in its message.
func expectError(t *testing.T, name, text string, line, column int, part string) *ParseError {
	t.Helper()
	_, err := Parse(name, []byte(text))
	var e *ParseError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want *ParseError", err)
	}
	if e.Line != line || e.Column != column || !strings.Contains(e.Msg, part) {
		t.Errorf("error %v\nwant %d:%d and %q", err, line, column, part)
	}
	if want := fmt.Sprintf("%s:%d:%d: ", name, line, column); !strings.HasPrefix(e.Error(), want) {
		t.Errorf("error %q does not start with %q", e, want)
	}
	return e
}

func TestParseErrors(t *testing.T) {
	bomb := "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
	for name, test := range map[string]struct {
		text         string
		line, column int
		part         string
	}{
		"empty":                     {"", 1, 1, "no class"},
		"comment only":              {"# nothing\n", 1, 1, "no class"},
		"null":                      {"---\n", 1, 1, "no class"},
		"empty mapping":             {"{}", 1, 1, "no class"},
		"list":                      {"- a\n- b\n", 1, 1, "not a list"},
		"text":                      {"hello\n", 1, 1, "not a single text"},
		"keywords are a text":       {"a: b\n", 1, 4, `keywords of class "a" must be a list`},
		"keywords are nothing":      {"x: [y]\na:\n", 2, 1, "has no list"},
		"keywords are a mapping":    {"a: {b: c}\n", 1, 4, "must be a list, not a mapping"},
		"keyword is a list":         {"a: [b, [c]]\n", 1, 8, "must be a text, not a list"},
		"class name is a list":      {"? [a]\n: [b]\n", 1, 3, "must be a text, not a list"},
		"empty class name":          {"x: [y]\n'': [b]\n", 2, 1, "empty class name"},
		"blank class name":          {"'  ': [b]\n", 1, 1, "blank class name"},
		"empty keyword":             {"a: [b, '']\n", 1, 8, "empty keyword"},
		"blank keyword":             {"a: [' ']\n", 1, 5, "blank keyword"},
		"nothing as keyword":        {"a:\n  - b\n  -\n", 3, 4, "empty keyword"},
		"class twice":               {"a: [b]\nc: [d]\na: [e]\n", 3, 1, "stands on line 1 already"},
		"keyword of two classes":    {"a: [x, Key]\nb:\n  - y\n  - kEY\n", 4, 5, `keyword "kEY" of class "b" (line 4) is a keyword of class "a" (line 1)`},
		"unknown":                   {"Unknown: [b]\n", 1, 1, "kept for captures without a class"},
		"control character":         {"a: [\"\\e[31m\"]\n", 1, 5, "control character U+001B"},
		"raw control character":     {"a: [b,\n  \x1b]\n", 2, 3, "control character U+001B"},
		"line break in keyword":     {"a: [\"b\\nc\"]\n", 1, 5, "control character U+000A"},
		"not UTF-8":                 {"a: [é,\n é\xff]\n", 2, 3, "byte 0xff is not UTF-8"},
		"UTF-16":                    {"\xff\xfea\x00:\x00", 1, 1, "is not UTF-8"},
		"alias":                     {"a: &x [b]\nc: *x\n", 2, 4, "not an alias"},
		"alias as keyword":          {"a: [&x b, *x]\n", 1, 11, "not an alias"},
		"alias bomb":                {bomb, 2, 8, "not an alias"},
		"merge":                     {"a: &x [b]\n<<: *x\n", 2, 5, "not an alias"},
		"tag":                       {"a: [!!binary aGk=]\n", 1, 5, `tag "!!binary"`},
		"tag of the table":          {"!x\na: [b]\n", 1, 1, `tag "!x"`},
		"two documents":             {"a: [b]\n---\nc: [d]\n", 3, 1, "second document"},
		"broken second document":    {"a: [b]\n---\nc: [d\n", 4, 1, "not YAML"},
		"not closed":                {"a: [b\nc: [d]\n", 2, 2, "not YAML"},
		"tab":                       {"a:\n\t- b\n", 2, 1, "not YAML"},
		"too large":                 {"a: [b]\n#" + strings.Repeat("x", MaxText), 1, 1, "larger than 4194304 bytes"},
		"long keyword":              {"a: [" + strings.Repeat("x", 256) + "]\n", 1, 5, "256 bytes"},
		"deep":                      {"a: " + strings.Repeat("[", 30000), 1, 10004, "depth"},
		"JSON list":                 {`{"a": "b"}`, 1, 7, "must be an array"},
		"JSON object":               {`{"a": ["b", {"c": 1}]}`, 1, 13, "must be a text"},
		"JSON class twice":          {"{\"a\": [\"b\"],\n \"a\": [\"c\"]}", 2, 2, "stands on line 1 already"},
		"JSON control character":    {`{"a": ["\u001b[31m"]}`, 1, 8, "control character U+001B"},
		"JSON keyword of two":       {"{\"a\": [\"b\"],\n \"c\":\n [\"B\"]}", 3, 3, `of class "a" (line 1)`},
		"control character in name": {`{"a\u001b": ["x"]}`, 1, 2, "control character U+001B"},
	} {
		t.Run(name, func(t *testing.T) {
			expectError(t, "my.yaml", test.text, test.line, test.column, test.part)
		})
	}
}

func TestParseJSONErrors(t *testing.T) {
	for name, test := range map[string]struct {
		text         string
		line, column int
		part         string
	}{
		"YAML":            {"a: [b]\n", 1, 1, "not JSON"},
		"missing comma":   {"{\"a\": [\"b\"\n \"c\"]}", 2, 2, "not JSON"},
		"trailing comma":  {`{"a": ["b",]}`, 1, 12, "not JSON"},
		"ends too early":  {"{\"a\": [\"b\"]\n\n", 1, 12, "not JSON"},
		"list":            {`["a"]`, 1, 1, "object from class to keywords"},
		"two documents":   {"{\"a\": [\"b\"]}\n{}", 2, 1, "not JSON"},
		"empty":           {" \n", 1, 1, "no class"},
		"number retyped?": {`{"a": [0123]}`, 1, 9, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			expectError(t, "my.json", test.text, test.line, test.column, test.part)
		})
	}
}

func TestParseErrorExcerpt(t *testing.T) {
	e := expectError(t, "my.yaml", "a: [x]\nb:\t[y,  [z]]\n", 2, 9, "must be a text")
	if want := "  | b:\t[y,  [z]]\n  |   \t     ^"; e.Excerpt != want {
		t.Errorf("excerpt\n%s\nwant\n%s", e.Excerpt, want)
	}
	if !strings.HasSuffix(e.Error(), "\n"+e.Excerpt) {
		t.Errorf("error %q ends without its excerpt", e)
	}

	// One line of JSON may be the whole file.
	long := `{"a": ["` + strings.Repeat("é", 100) + `", [], "` + strings.Repeat("y", 200) + `"]}`
	e = expectError(t, "my.json", long, 1, 112, "must be a text")
	want := "  | …" + strings.Repeat("é", 37) + "\", [], \"" + strings.Repeat("y", 25) + "…\n" +
		"  |  " + strings.Repeat(" ", 40) + "^"
	if e.Excerpt != want {
		t.Errorf("excerpt\n%s\nwant\n%s", e.Excerpt, want)
	}
}

// A list as long as the limit allows, on one line, must not take time that grows
// with the square of its length; the test would not end within any patience.
func TestParseLongLine(t *testing.T) {
	text := `{"a": ["x"` + strings.Repeat(`,"x"`, 200_000) + `]}`
	table, err := Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(table.Classes[0].Keywords); n != 200_001 {
		t.Errorf("%d keywords, want 200001", n)
	}
}
