package label

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTasks: YAML and JSON say the same, Encode writes it back, and the digest is of the tasks too.
func TestTasks(t *testing.T) {
	a, err := Parse("t.yaml", []byte("tasks:\n  vpn: {V: [vpn, x], W: []}\n  app:\n    Chat: [vpn]\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse("t.json", []byte(`{"tasks": {"vpn": {"V": ["vpn", "x"], "W": []}, "app": {"Chat": ["vpn"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("t.yaml", a.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if a.Name, b.Name = "", ""; cmp.Diff(a, b) != "" || cmp.Diff(a.Tasks, again.Tasks) != "" {
		t.Errorf("JSON: %s\nagain: %s", cmp.Diff(a, b), cmp.Diff(a.Tasks, again.Tasks))
	}
	want := []Table{
		{Name: "vpn", Classes: []Class{{0, "V", []string{"vpn", "x"}}, {1, "W", []string{}}}},
		{Name: "app", Classes: []Class{{0, "Chat", []string{"vpn"}}}},
	}
	if diff := cmp.Diff(want, a.Tasks) + cmp.Diff(want[0].Classes, a.Classes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	plain := &Table{Classes: a.Classes}
	other := &Table{Classes: a.Classes, Tasks: a.Tasks[:1]}
	if a.Digest() == plain.Digest() || a.Digest() == other.Digest() || a.Digest() != b.Digest() {
		t.Error("digests do not tell tasks apart")
	}
}

// TestTasksAreNotAClass: a class may be called tasks, anywhere.
func TestTasksAreNotAClass(t *testing.T) {
	for _, text := range []string{"tasks: [a]\nb: [c]\n", `{"tasks": ["a"], "b": ["c"]}`, "b: [c]\ntasks: [a]\n"} {
		tab, err := Parse("test", []byte(text))
		if err != nil || tab.Tasks != nil || len(tab.Classes) != 2 {
			t.Errorf("%s: %v %+v", text, err, tab)
		}
	}
}

// TestTasksRefused: every fault is at its place, in YAML and JSON.
func TestTasksRefused(t *testing.T) {
	many := make([]string, 17)
	for i := range many {
		many[i] = fmt.Sprintf(`"t%d": {"a": ["b"]}`, i)
	}
	for text, want := range map[string]string{
		`{"tasks": {}}`:        "no task",
		`{"tasks": {"a": {}}}`: "1:12: task a has no class",
		`{"tasks": {"a": {"b": ["c"]}, "A": {"b": ["c"]}}}`:             "1:31: task A stands on line 1 already",
		`{"tasks": {"a b": {"b": ["c"]}}}`:                              "1:12: task a b: it is a column's name",
		`{"tasks": {"Host": {"b": ["c"]}}}`:                             "1:12: task Host: the table of samples has a column host already",
		`{"tasks": {"a": {"b": ["c"]}}, "d": ["e"]}`:                    "1:32: a class table with tasks has nothing besides them",
		`{"tasks": {"a": ["b"]}}`:                                       "1:17: task a ",
		`{"tasks": {"a": {"b": {"c": ["d"]}}}}`:                         "1:23: the keywords of class b must be a",
		`{"tasks": {"a": {"unknown": ["c"]}}}`:                          "1:18: class name unknown is kept",
		`{"tasks": {"x": {"b": ["c"]}, "a": {"b": ["c"], "d": ["c"]}}}`: "keyword c of class d",
		`{"tasks": {` + strings.Join(many, ", ") + `}}`:                 "task t16 would be number 17; a table has at most 16",
	} {
		for _, name := range []string{"x.json", "x.yaml"} {
			in := text
			if name == "x.yaml" { // not valid as JSON, so that the reader of YAML has it
				in += " # YAML"
			}
			_, err := Parse(name, []byte(in))
			var e *ParseError
			if !errors.As(err, &e) || !strings.Contains(strings.ReplaceAll(err.Error(), `"`, ""), want) {
				t.Errorf("%s: %s: %v, want %s", name, text, err, want)
			}
		}
	}
}
