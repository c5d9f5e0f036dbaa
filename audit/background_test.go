package audit_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// compiled is a dataset of two classes, the first of which is background for the most part: the audit of it.
func compiled(t *testing.T, policy mask.Policy, port uint16, to string) *audit.Report {
	t.Helper()
	dir := t.TempDir()
	for name, of := range map[string]uint16{"aim_chat1.pcap": port, "email1.pcap": 9000} {
		var packets []testcap.Packet
		for i := range uint16(40) {
			dst := netip.MustParseAddr("192.0.2.9")
			if i%4 != 0 && name == "aim_chat1.pcap" {
				dst = netip.MustParseAddr(to)
			} else if name == "aim_chat1.pcap" {
				of = 9000
			}
			packets = append(packets, testcap.Packet{LinkType: testcap.Raw, Data: testcap.Build(
				testcap.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: dst, ID: i}, testcap.UDP{SrcPort: 2000 + i, DstPort: of}, testcap.Payload("some payload"))})
			if name == "aim_chat1.pcap" {
				of = port
			}
		}
		raw := testcap.Pcap{LinkType: testcap.Raw}.File(packets...)
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := mill.Default()
	o.Mask, o.Drop, o.Dedup = policy, header.DropNone, sample.DedupNone
	out := filepath.Join(dir, "data")
	p, err := mill.Prepare([]string{dir}, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err != nil {
		t.Fatal(err)
	}
	data, err := store.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	d, err := audit.OpenDataset(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Run(context.Background(), d, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBackgroundBehindMasks: the audit knows of background where ports and addresses are masked, because the manifest counted it.
func TestBackgroundBehindMasks(t *testing.T) {
	for name, c := range map[string]struct {
		policy mask.Policy
		port   uint16
		to     string
		score  float64 // of the finding; 0: none
	}{
		"DNS":                 {mask.Default(), 53, "192.0.2.9", 0.75},
		"mDNS":                {mask.Default(), 5353, "192.0.2.9", 0.75},
		"multicast":           {mask.Default(), 9000, "239.1.2.3", 0.75},
		"broadcast":           {mask.Default(), 9000, "255.255.255.255", 0.75},
		"neither":             {mask.Default(), 9000, "192.0.2.9", 0},
		"ports kept":          {mask.Policy{MAC: mask.Remove, IP: mask.Zero}, 53, "192.0.2.9", 0.75},
		"payload, of no port": {mask.Policy{Content: mask.Payload, Ports: mask.Zero}, 53, "192.0.2.9", 0.75},
	} {
		r := compiled(t, c.policy, c.port, c.to)
		i := slices.IndexFunc(r.Findings, func(f audit.Finding) bool { return f.Kind == "background" })
		switch {
		case slices.Contains(r.Data.NotJudged, "background"):
			t.Errorf("%s: not judged", name)
		case c.score == 0 && i >= 0 || c.score > 0 && (i < 0 || r.Findings[i].Score != c.score || !slices.Equal(r.Findings[i].Classes, []string{"Chat"})):
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}
