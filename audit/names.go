package audit

import (
	"fmt"
	"strings"
)

// A field names what wrote a byte: a header field of packet K, or one of those without a
// packet. It is K*64 + one of the kinds below; K is 0 for those without a packet.
type field uint32

const (
	perPacket = 64 // kinds that a packet can have, at most

	ethDestination field = iota - 1
	ethSource
	ethType
	linkHeader
	ipVersion
	ipTOS
	ipLength
	ipID
	ipFragment
	ipTTL
	ipProtocol
	ipChecksum
	ipSource
	ipDestination
	ipOptions
	ip6Version
	ip6Flow
	ip6Length
	ip6Next
	ip6Hops
	ip6Source
	ip6Destination
	ip6Extension
	tcpSport
	tcpDport
	tcpSeq
	tcpAck
	tcpOffset
	tcpFlags
	tcpWindow
	tcpChecksum
	tcpUrgent
	tcpOptions
	udpSport
	udpDport
	udpLength
	udpChecksum
	udpPad
	recordTime
	recordLength
	payload
	padding
	captureHeader
	captureLinkType
	unknown
)

var kinds = [...]string{
	"eth.destination", "eth.source", "eth.type", "link.header",
	"ip.version", "ip.tos", "ip.length", "ip.id", "ip.fragment", "ip.ttl", "ip.protocol", "ip.checksum",
	"ip.source", "ip.destination", "ip.options",
	"ip6.version", "ip6.flow", "ip6.length", "ip6.next", "ip6.hops", "ip6.source", "ip6.destination", "ip6.extension",
	"tcp.sport", "tcp.dport", "tcp.seq", "tcp.ack", "tcp.offset", "tcp.flags", "tcp.window", "tcp.checksum", "tcp.urgent", "tcp.options",
	"udp.sport", "udp.dport", "udp.length", "udp.checksum", "udp.pad",
	"record.time", "record.length",
	"payload", "padding", "capture.header", "capture.link-type", "unknown",
}

// kind is the field without its packet.
func (f field) kind() field { return f % perPacket }

// of is the field of packet k.
func (f field) of(k int) field { return f + field(k)*perPacket }

func (f field) String() string {
	k := f.kind()
	if k >= payload {
		return kinds[k]
	}
	return fmt.Sprintf("packet.%d.%s", f/perPacket, kinds[k])
}

// bare is the name of a position's field without its packet.
func bare(name string) string {
	if rest, ok := strings.CutPrefix(name, "packet."); ok {
		_, rest, _ = strings.Cut(rest, ".")
		return rest
	}
	return name
}

// Names of positions whose rows have different fields.
const (
	nameMixed   = "mixed"
	nameHeaders = "headers"
)

// content reports whether a position's field is what a model may use.
func content(name string) bool {
	return name == kinds[payload] || name == kinds[padding] || name == nameMixed || behaviour(name)
}
