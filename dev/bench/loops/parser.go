package loops

import (
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Parser is the fast way that gopacket documents: no allocation a packet.
func Parser(r packets, t *table) error {
	var (
		eth     layers.Ethernet
		vlan    layers.Dot1Q
		ip4     layers.IPv4
		ip6     layers.IPv6
		tcp     layers.TCP
		udp     layers.UDP
		found   []gopacket.LayerType
		decoder = gopacket.DecodingLayerContainer(gopacket.DecodingLayerArray(nil))
	)
	for _, l := range []gopacket.DecodingLayer{&eth, &vlan, &ip4, &ip6, &tcp, &udp} {
		decoder = decoder.Put(l)
	}
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet)
	parser.SetDecodingLayerContainer(decoder)
	parser.IgnoreUnsupported = true
	for {
		data, _, err := r.ZeroCopyReadPacketData()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := parser.DecodeLayers(data, &found); err != nil {
			continue // a header that does not fit
		}
		var p packet
		for _, l := range found {
			switch l {
			case layers.LayerTypeIPv4:
				p.ip4 = &ip4
			case layers.LayerTypeIPv6:
				p.ip6 = &ip6
			case layers.LayerTypeTCP:
				p.tcp = &tcp
			case layers.LayerTypeUDP:
				p.udp = &udp
			}
		}
		t.add(&p)
	}
}
