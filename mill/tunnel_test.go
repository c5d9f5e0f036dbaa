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
