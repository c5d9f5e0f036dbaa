package card_test

import (
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/card"
	"github.com/pcapmill/pcapmill/manifest"
)

// TestWords: what a setting or a count makes the card say, and what it says without.
func TestWords(t *testing.T) {
	for want, change := range map[string]func(m *manifest.Manifest){
		"Each session has its own label, from a table":                                    func(m *manifest.Manifest) { m.Settings = m.Settings.With("label_from", "table") },
		"as right as its clock":                                                           func(m *manifest.Manifest) { m.Settings = m.Settings.With("label_from", "table") },
		"--label-from table --table TABLE":                                                func(m *manifest.Manifest) { m.Settings = m.Settings.With("label_from", "table") },
		"from the folder that it was in":                                                  func(m *manifest.Manifest) { m.Settings = m.Settings.With("label_from", "dir") },
		"| `--tcp-restart` | `on` |":                                                      func(m *manifest.Manifest) { m.Settings = m.Settings.With("tcp_restart", "on") },
		" --idle-timeout 1m0s":                                                            func(m *manifest.Manifest) { m.Settings = m.Settings.With("idle_timeout", "1m0s") },
		"neighbours stay neighbours":                                                      func(m *manifest.Manifest) { m.Settings = m.Settings.With("ip", "prefix") },
		"**kept as they were**.\n* TCP and UDP ports":                                     func(m *manifest.Manifest) { m.Settings = m.Settings.With("ip", "keep") },
		"made **without a key**":                                                          func(m *manifest.Manifest) { m.Settings = m.Settings.With("key", "") },
		"Samples hold payload only":                                                       func(m *manifest.Manifest) { m.Settings = m.Settings.With("content", "payload") },
		"12 zero bytes stand behind each UDP header":                                      func(m *manifest.Manifest) { m.Settings = m.Settings.With("udp_pad", "on") },
		"big-endian int32 behind a header of 8 bytes; 65535":                              wide,
		`labels = np.fromfile("label_output.idx1", ">i4")[2:]`:                            wide,
		"Sessions that were not wanted: 5 min-packets.":                                   unwanted,
		"chat.pcap (3 parts passed over)":                                                 passed,
		"3 parts of captures could not be true and were passed over":                      passed,
		"| 0 | Chat | 1,200 | 97.2 % | 2 |":                                               bySession,
		"One capture only: a\\|b \\`c\\` \\_d\\_ \\<e\\> - f: \"g\". What a model learns": bySession,
	} {
		in := example()
		plain, err := card.Readme(in)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plain, want) {
			t.Errorf("%q is said in any case", want)
		}
		change(in.Manifest)
		text, err := card.Readme(in)
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("no %q (%v)", want, err)
		}
	}
}

// wide makes the labels of a dataset int32.
func wide(m *manifest.Manifest) {
	m.LabelType = manifest.LabelInt32
	unknown := m.Classes[3]
	for i := len(m.Classes) - 1; i < 300; i++ {
		m.Classes = append(m.Classes[:i:i], manifest.Class{Label: uint16(i), Name: "more"})
	}
	unknown.Label = m.Unknown()
	m.Classes = append(m.Classes, unknown)
	m.Captures[2].Label = m.Unknown()
}

func unwanted(m *manifest.Manifest) {
	for _, c := range []*manifest.Counts{&m.Captures[0].Counts, &m.Totals} {
		c.SessionsLeftOut = map[string]int64{"min-packets": 5}
		c.Sessions += 5
		c.Settle()
	}
}

func passed(m *manifest.Manifest) {
	m.Captures[0].Gaps = []manifest.Gap{{Offset: 10, Bytes: 5, Packet: 2}, {Offset: 30, Bytes: 5, Packet: 3, More: 1}}
}

// bySession gives the last capture, whose sessions have labels of their own now, one of the first class.
func bySession(m *manifest.Manifest) {
	m.Captures[0].Counts, m.Captures[2].Counts = counts(1199), counts(5)
	m.Captures[1].FirstSample, m.Captures[2].FirstSample = 1199, 1229
	m.Captures[2].Class, m.Captures[2].Labels = manifest.BySession, []manifest.LabelCount{{Label: 0, Samples: 1}, {Label: 255, Samples: 4}}
	m.Totals = manifest.Counts{LeftOut: map[string]int64{}}
	for i := range m.Captures {
		m.Totals.Add(&m.Captures[i].Counts)
	}
}
