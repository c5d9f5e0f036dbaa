package loops

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Source is the way that gopacket's examples show first.
func Source(r packets, t *table) error {
	return source(gopacket.NewPacketSource(r, r.LinkType()), t)
}

// Lazy is Source with the options for speed that are safe through a channel.
func Lazy(r packets, t *table) error {
	return source(gopacket.NewPacketSource(r, r.LinkType(), gopacket.WithLazy(true), gopacket.WithNoCopy(true)), t)
}

func source(s *gopacket.PacketSource, t *table) error {
	for got := range s.Packets() {
		var p packet
		switch n := got.NetworkLayer().(type) {
		case *layers.IPv4:
			p.ip4 = n
		case *layers.IPv6:
			p.ip6 = n
		}
		switch n := got.TransportLayer().(type) {
		case *layers.TCP:
			p.tcp = n
		case *layers.UDP:
			p.udp = n
		}
		t.add(&p)
	}
	return nil
}
