package label

import (
	"fmt"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	table, err := New("dirs", []string{"Chat", "b\u00e9", "chat"})
	if err != nil || table.Name != "dirs" || len(table.Classes) != 3 || table.Classes[2].ID != 2 {
		t.Fatalf("%+v, %v", table, err)
	}
	if back, err := Parse("dirs", table.Encode()); err != nil || fmt.Sprint(back.Classes) != fmt.Sprint(table.Classes) {
		t.Errorf("%+v, %v", back, err)
	}
	for _, names := range [][]string{nil, {""}, {" "}, {"a\nb"}, {"a\xff"}, {"Unknown"}, {"a", "a"}, {strings.Repeat("x", 256)}, make([]string, MaxClasses+1)} {
		if _, err := New("t", names); err == nil {
			t.Errorf("%.3q was taken", names)
		}
	}
}

func TestMatchExactly(t *testing.T) {
	table, err := Parse("t", []byte("Chat: [mail, dos hulk]\nmail: [x]\nDoS: [DoS GoldenEye]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Chat": "Chat", "chat": "unknown", "mail": "mail", "MAIL": "Chat", "DoS Hulk": "Chat", "dos goldeneye": "DoS", "DoS": "DoS", "": "unknown", "Chat ": "unknown", "X": "mail",
	} {
		m := table.MatchExactly(text)
		if m.Class != want || (m.Label == table.Unknown()) != (want == "unknown") || m.Err() != nil {
			t.Errorf("%q: %+v, want %s", text, m, want)
		}
	}
}
