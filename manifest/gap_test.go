package manifest_test

import (
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/manifest"
)

// TestGaps: gaps in order and before packets that are there pass; others are
// named with what is wrong.
func TestGaps(t *testing.T) {
	for name, c := range map[string]struct {
		gaps []manifest.Gap
		want string
	}{
		"in order":           {[]manifest.Gap{{Offset: 24, Bytes: 10, Packet: 1}, {Offset: 34, Bytes: 1, Packet: 3, More: 7}}, ""},
		"over each other":    {[]manifest.Gap{{Offset: 24, Bytes: 10, Packet: 1}, {Offset: 33, Bytes: 1, Packet: 3}}, "gap 2: 1 bytes at 33, but the one before ends at 34"},
		"empty":              {[]manifest.Gap{{Offset: 24, Packet: 1}}, "gap 1: 0 bytes"},
		"before the packets": {[]manifest.Gap{{Offset: 24, Bytes: 1}}, "gap 1: before packet 0"},
		"behind the packets": {[]manifest.Gap{{Offset: 24, Bytes: 1, Packet: 4}}, "gap 1: before packet 4, but there are 2"},
		"more in the middle": {[]manifest.Gap{{Offset: 24, Bytes: 1, Packet: 1, More: 1}, {Offset: 30, Bytes: 1, Packet: 2}}, "gap 1: only the last"},
	} {
		m := &manifest.Manifest{Captures: []manifest.Capture{{Name: "x", Counts: manifest.Counts{Packets: 2, Used: 2}, Gaps: c.gaps}}}
		m.Classes = []manifest.Class{{Name: "a"}}
		m.Totals.Add(&m.Captures[0].Counts)
		switch err := m.Check(); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestResyncIsASetting(t *testing.T) {
	lines := manifest.Diff(manifest.Settings{}, manifest.Settings{}.With("resync", "on"))
	if len(lines) != 1 || lines[0] != "--resync: the dataset has off, this run asks for on" {
		t.Errorf("%q", lines)
	}
}
