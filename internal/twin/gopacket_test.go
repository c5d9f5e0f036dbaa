package twin_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestGopacketAgrees has gopacket decode every packet of every capture there is. Where it finds TCP or UDP in the outermost IP
// packet without an error and without a tunnel, and the twin finds the same, endpoints and payload have to be equal; where only one of them finds a session, the
// number is fixed below, with the reasons.
func TestGopacketAgrees(t *testing.T) {
	dir, rows := groundtruth.Require(t)
	both, onlyTwin, onlyGopacket := 0, map[string]int{}, map[string]int{}
	for _, r := range rows {
		if r.Folder() == "malformed" { // there the two differ on purpose: SPEC and gopacket forgive other things
			continue
		}
		for i, rec := range twin.Packets(read(t, dir, r.Path)).Records {
			h := twin.Decode(rec.LinkType, rec.Data, int(rec.OrigLen))
			g, ok := byGopacket(rec)
			switch {
			case ok && h.Reason == "":
				both++
				if want := fmt.Sprint(h.Protocol, h.Src, h.SrcPort, h.Dst, h.DstPort); g.endpoints != want {
					t.Errorf("%s packet %d: %s, gopacket has %s", r.Path, i+1, want, g.endpoints)
				}
				if !bytes.Equal(g.payload, rec.Data[h.Payload:h.End]) {
					t.Errorf("%s packet %d: %d bytes of payload, gopacket has %d", r.Path, i+1, h.End-h.Payload, len(g.payload))
				}
			case ok:
				onlyGopacket[h.Reason]++
				if h.Reason != "malformed" || !(g.cutOptions || g.badVersion) {
					t.Errorf("%s packet %d: %s, gopacket has %s", r.Path, i+1, h.Reason, g.endpoints)
				}
			case h.Reason == "":
				onlyTwin[g.why]++
			}
		}
	}
	t.Logf("%d packets the same; only gopacket %v; only twin %v", both, onlyGopacket, onlyTwin)
	if both < 100_000 {
		t.Errorf("only %d packets were compared", both)
	}
	for why, n := range onlyTwin {
		if n != expectOnlyTwin[why] {
			t.Errorf("%d packets that only the twin reads, gopacket says %q; want %d", n, why, expectOnlyTwin[why])
		}
	}
}

// expectOnlyTwin are packets that gopacket does not read as SPEC does.
var expectOnlyTwin = map[string]int{
	"link type not read by gopacket": 1911,
	"gopacket: Fragment":             28, // it takes every packet with more-fragments for a fragment without ports
	"gopacket: no IP":                10, // behind PBB
}

type decoded struct {
	cutOptions bool // the captured bytes end inside the TCP options; gopacket keeps the ports, to SPEC the header is malformed
	badVersion bool // the version nibble is not the one that the header before announced; gopacket does not look at it
	endpoints  string
	payload    []byte
	why        string // there is nothing to compare
}

func byGopacket(rec twin.Record) (decoded, bool) {
	link := layers.LinkType(rec.LinkType)
	switch rec.LinkType {
	case 1, 0, 108, 9, 12, 101, 113, 127, 276:
	default:
		return decoded{why: "link type not read by gopacket"}, false
	}
	p := gopacket.NewPacket(rec.Data, link, gopacket.DecodeOptions{NoCopy: true})
	list := p.Layers()
	for i, l := range list {
		ip, isIP := l.(gopacket.NetworkLayer)
		if !isIP {
			continue
		}
		for _, inner := range list[i+1:] {
			var d decoded
			src, dst, version := ends(ip)
			if c := ip.LayerContents(); len(c) > 0 {
				d.badVersion = c[0]>>4 != version
			}
			if len(inner.LayerContents()) == 0 { // the layer of a header that gopacket could not read
				return decoded{why: "gopacket: cannot read " + inner.LayerType().String()}, false
			}
			switch x := inner.(type) {
			case *layers.TCP:
				d.endpoints = fmt.Sprint(6, src, uint16(x.SrcPort), dst, uint16(x.DstPort))
				d.payload = x.Payload
				d.cutOptions = p.ErrorLayer() != nil && len(x.Payload) == 0
			case *layers.UDP:
				d.endpoints = fmt.Sprint(17, src, uint16(x.SrcPort), dst, uint16(x.DstPort))
				d.payload = behindUDP(x, list[i:])
			case *layers.IPv6HopByHop, *layers.IPv6Routing, *layers.IPv6Destination, *layers.IPv6Fragment:
				continue
			default:
				return decoded{why: "gopacket: " + inner.LayerType().String()}, false
			}
			return d, true
		}
		return decoded{why: "gopacket: nothing behind IP"}, false
	}
	return decoded{why: "gopacket: no IP"}, false
}

func ends(ip gopacket.NetworkLayer) (src, dst netip.Addr, version byte) {
	switch ip := ip.(type) {
	case *layers.IPv4:
		src, _ = netip.AddrFromSlice(ip.SrcIP)
		dst, _ = netip.AddrFromSlice(ip.DstIP)
		version = 4
	case *layers.IPv6:
		src, _ = netip.AddrFromSlice(ip.SrcIP)
		dst, _ = netip.AddrFromSlice(ip.DstIP)
		version = 6
	}
	return src, dst, version
}

// behindUDP is everything behind the UDP header up to the end of the IP packet: gopacket's own payload ends at UDP's length
// field, which SPEC does not look at.
func behindUDP(u *layers.UDP, list []gopacket.Layer) []byte {
	for i := len(list) - 1; i > 0; i-- {
		if list[i] == gopacket.Layer(u) {
			return list[i-1].LayerPayload()[8:]
		}
	}
	return nil
}
