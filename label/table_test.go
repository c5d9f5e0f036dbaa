package label

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// table makes a class table from lines "class: keyword keyword".
func table(lines ...string) *Table {
	t := &Table{Name: "test"}
	for i, l := range lines {
		name, words, _ := strings.Cut(l, ":")
		t.Classes = append(t.Classes, Class{ID: uint16(i), Name: name, Keywords: strings.Fields(words)})
	}
	return t
}

func TestMatch(t *testing.T) {
	tab := table("Chat: chat aim_chat", "VPN_Chat: vpn_aim_chat", "Voice: Voip straße", "None:", "Sigma: ΣΟΦΟΣ")
	for _, test := range []struct{ name, class, keyword string }{
		{"aim_chat1.pcap", "Chat", "aim_chat"},
		{"vpn_aim_chat1.pcap", "VPN_Chat", "vpn_aim_chat"},
		{"some/chat/VOIP3.pcap", "Voice", "Voip"},
		{"chat/x.pcap", UnknownName, ""},
		{"chat/", UnknownName, ""},
		{"chat", "Chat", "chat"},
		{"", UnknownName, ""},
		{"-", UnknownName, ""},
		{"none.pcap", UnknownName, ""},
		{"STRAßE.pcap", "Voice", "straße"},
		{"STRASSE.pcap", UnknownName, ""},     // full case folding is not done
		{"σοφος.pcap", "Sigma", "ΣΟΦΟΣ"},      // final and other sigma are one letter
		{"\xffchat\xfe.pcap", "Chat", "chat"}, // a file name need not be UTF-8
		{"\u212aey.pcap", UnknownName, ""},    // the Kelvin sign
	} {
		m := tab.Match(test.name)
		if m.Err() != nil || m.Class != test.class || m.Keyword != test.keyword || m.File != test.name {
			t.Errorf("%q: %+v, want class %s by %q", test.name, m, test.class, test.keyword)
		}
		if (m.Label == unknownByte) != (test.class == UnknownName) {
			t.Errorf("%q: label %d of class %s", test.name, m.Label, m.Class)
		}
	}
	if m := table("Key: key").Match("\u212aey.pcap"); m.Class != "Key" {
		t.Errorf("Kelvin sign: %+v", m)
	}
}

func TestMatchBackslash(t *testing.T) {
	want := "A" // an ordinary character, and A has the longer keyword
	if os.IsPathSeparator('\\') {
		want = "B"
	}
	if m := table("A: folder", "B: file").Match(`folder\file`); m.Class != want {
		t.Errorf("%+v, want class %s", m, want)
	}
}

func TestMatchTie(t *testing.T) {
	tab := table("A: aaaa", "B: bbbb b", "C: cc", "D: dddd ddbb", "E: aaaa-bbbb")
	m := tab.Match("dir/x_aaaa_bbbb_cc.pcap")
	want := Match{
		File: "dir/x_aaaa_bbbb_cc.pcap", Label: unknownByte, Class: UnknownName,
		Tied: []Candidate{{0, "A", "aaaa"}, {1, "B", "bbbb"}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	var tie *TieError
	if !errors.As(m.Err(), &tie) {
		t.Fatalf("error %v, want *TieError", m.Err())
	}
	for _, part := range []string{"dir/x_aaaa_bbbb_cc.pcap", `"A"`, `"aaaa"`, `"B"`, `"bbbb"`} {
		if !strings.Contains(tie.Error(), part) {
			t.Errorf("error %q does not name %s", tie, part)
		}
	}

	if m := tab.Match("ddddbb.pcap"); m.Err() != nil || m.Class != "D" {
		t.Errorf("two keywords of one class: %+v, want D without a tie", m)
	}
	if m := tab.Match("aaaa-bbbb.pcap"); m.Err() != nil || m.Class != "E" {
		t.Errorf("longer keyword above a tie: %+v, want E", m)
	}
	if m := tab.Match("aaaabbbbdddd"); len(m.Tied) != 3 {
		t.Errorf("three classes: %+v", m)
	}
}

// Length is counted in characters, or a table would behave differently for scripts
// of two and of three bytes a letter.
func TestMatchLengthInCharacters(t *testing.T) {
	m := table("Latin: abc", "Greek: αβ").Match("abcαβ")
	if m.Class != "Latin" {
		t.Errorf("%+v, want Latin: 3 characters against 2 of 4 bytes", m)
	}
}
