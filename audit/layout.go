package audit

import (
	"context"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/manifest"
)

// sniffed is how many rows of foreign samples are looked at to tell their layout.
const sniffed = 2000

// sniff finds out how the samples are built: ours by the settings, foreign ones by looking.
func (a *auditor) sniff(ctx context.Context) (rules, error) {
	if m := a.d.manifest; m != nil {
		r := rulesOf(m)
		if a.d.layouts != nil {
			r.layout = layoutPackets
		}
		return r, nil
	}
	rows := spaced(a.d.allRows(), sniffed)
	magic, walked := 0, 0
	w := walker{rules: rules{layout: layoutPackets, foreign: true}}
	err := a.d.someRaw(ctx, rows, func(i int, x []byte) error {
		if pcapOrder(x) != nil {
			magic++
		}
		if w.walk(x, int(a.d.lengths[rows[i]])); w.well {
			walked++
		}
		return nil
	})
	r := rules{foreign: true, addresses: true, ports: true}
	switch {
	case magic*10 >= len(rows)*9:
		r.layout = layoutPcap
	case walked*10 >= len(rows)*9:
		r.layout = layoutPackets
	}
	return r, err
}

// rulesOf are the rules for samples of ours.
func rulesOf(m *manifest.Manifest) rules {
	s := m.Settings
	r := rules{
		layout: layoutPackets, link: s.Get("mac") != "remove", noIP: s.Get("ip") == "remove", udpPad: s.On("udp_pad"),
		addresses: s.Get("ip") == "keep", ports: s.Get("ports") == "keep",
	}
	masked := strings.Split(s.Get("mask"), ",")
	r.noPayload = slices.Contains(masked, "payload=remove")
	switch {
	case m.Form != nil && m.Form.Name != "bytes":
		r.formed(m)
	case s.Get("content") == "payload":
		r.layout = layoutPayload
	case slices.Contains(masked, "ip.length=zero") && !r.noPayload:
		r.layout = layoutUnknown // a walk would find packets where none are
	}
	return r
}
