package mill_test

import (
	"context"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
)

// TestTunnelsAreSaidOnce: a run that meets inner headers says that no mask acts on
// them, once, unless addresses are kept anyhow. Packets that are left out do not
// count.
func TestTunnelsAreSaidOnce(t *testing.T) {
	eth, ip := testcap.Eth{}, testcap.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("192.0.2.2")}
	packet := func(src, dst uint16, l ...testcap.Layer) []byte {
		p := testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(append([]testcap.Layer{eth, ip, testcap.UDP{SrcPort: src, DstPort: dst}}, l...)...)}
		return testcap.Pcap{LinkType: testcap.Ethernet}.File(p, p)
	}
	vxlan, gtpu := testcap.Payload{8, 0, 0, 0, 0, 0, 5, 0}, testcap.Payload{0x30, 255, 0, 42, 0, 0, 0, 1}
	inner := testcap.UDP{SrcPort: 1, DstPort: 2}
	keep, resync := mill.Default(), mill.Default()
	keep.Mask.IP = mask.Keep
	resync.Resync = true
	noPayload := mill.Default()
	noPayload.Mask.Fields[mask.PayloadBytes] = mask.Zero
	noDrop := mill.Default()
	noDrop.Drop = header.DropNone
	for name, c := range map[string]struct {
		o     mill.Options
		files []file
		want  int
	}{
		"two tunnels":      {mill.Default(), []file{{"a", 0, packet(5000, 4789, vxlan, eth, ip, inner)}, {"b", 0, packet(2152, 2152, gtpu, ip, inner)}}, 1},
		"read in one loop": {resync, []file{{"a", 0, packet(5000, 4789, vxlan, eth, ip, inner)}}, 1},
		"none":             {mill.Default(), []file{{"a", 0, packet(5000, 5001, vxlan, eth, ip, inner)}}, 0},
		"kept addresses":   {keep, []file{{"a", 0, packet(5000, 4789, vxlan, eth, ip, inner)}}, 0},
		"payload is zero":  {noPayload, []file{{"a", 0, packet(5000, 4789, vxlan, eth, ip, inner)}}, 0},
		"left out as dns":  {mill.Default(), []file{{"a", 0, packet(53, 4789, vxlan, eth, ip, inner)}}, 0},
		"not left out":     {noDrop, []file{{"a", 0, packet(53, 4789, vxlan, eth, ip, inner)}}, 1},
	} {
		p, err := mill.Prepare(write(t, t.TempDir(), c.files), filepath.Join(t.TempDir(), "data"), c.o)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		warn := func(text string) {
			if strings.Contains(text, "of a tunnel") {
				said++
			}
		}
		if _, err := mill.Run(context.Background(), p, mill.Events{Warn: warn}, nil); err != nil {
			t.Fatal(err)
		}
		if said != c.want {
			t.Errorf("%s: said %d times, want %d", name, said, c.want)
		}
	}
}

// TestCutNamesAreSaidOnce: a run whose masks of names meet one that goes on in another packet says so once, and the manifest counts
// them; not where names are kept or the payload is masked as a whole.
func TestCutNamesAreSaidOnce(t *testing.T) {
	packet := func(text string) []byte {
		p := testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(testcap.Eth{}, testcap.IPv4{}, testcap.TCP{SrcPort: 1, DstPort: 2}, testcap.Payload(text))}
		return testcap.Pcap{LinkType: testcap.Ethernet}.File(p, p)
	}
	const cut, whole = "GET / HTTP/1.1\r\nHost: www.exam", "GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"
	sizes, err := mask.Profile("sizes")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		policy mask.Policy
		text   string
		want   int64
	}{
		"cut": {mask.Strict(), cut, 4}, "whole": {mask.Strict(), whole, 0}, "kept": {mask.Default(), cut, 0}, "no payload": {sizes, cut, 0},
	} {
		o := mill.Default()
		o.Mask = c.policy
		p, err := mill.Prepare(write(t, t.TempDir(), []file{{"a", 0, packet(c.text)}, {"b", 0, packet(c.text + "X")}}), filepath.Join(t.TempDir(), "data"), o)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		warn := func(text string) {
			if strings.Contains(text, "names that go on in another packet") {
				said++
			}
		}
		r, err := mill.Run(context.Background(), p, mill.Events{Warn: warn}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := r.Manifest.Totals.NamesCut; n != c.want || said != int(min(n, 1)) {
			t.Errorf("%s: %d names cut, said %d times, want %d", name, n, said, c.want)
		}
	}
}
