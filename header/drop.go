package header

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Drop is the set of kinds of traffic that are irrelevant to a classifier.
type Drop uint16

// Kinds of irrelevant traffic.
const (
	DropDNS Drop = 1 << iota
	DropBackground
	DropTCPControl
	DropSTUN
	DropSNMP
	DropNATPMP
	DropLSD
	DropSSDP
	DropMulticast
	DropBroadcast

	DropNone    Drop = 0
	DropDefault      = DropDNS | DropBackground | DropTCPControl
)

// drops gives each kind its name and reason, in the order they are checked.
var drops = []struct {
	bit    Drop
	reason Reason
}{
	{DropDNS, DNS},
	{DropBackground, Background},
	{DropTCPControl, TCPControl},
	{DropSTUN, STUN},
	{DropSNMP, SNMP},
	{DropNATPMP, NATPMP},
	{DropLSD, LSD},
	{DropSSDP, SSDP},
	{DropMulticast, Multicast},
	{DropBroadcast, Broadcast},
}

// ParseDrop reads a comma-separated set of the names of kinds, or "none".
func ParseDrop(text string) (Drop, error) {
	if strings.TrimSpace(text) == "none" {
		return DropNone, nil
	}
	var d Drop
next:
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		for _, k := range drops {
			if word == k.reason.String() {
				d |= k.bit
				continue next
			}
		}
		return 0, fmt.Errorf("cannot drop %q: have tcp-control, dns, background, stun, snmp, nat-pmp, lsd, ssdp, multicast, broadcast (comma-separated), or none", word)
	}
	return d, nil
}

// String is the form that ParseDrop reads, in a fixed order.
func (d Drop) String() string {
	var words []string
	for _, k := range drops {
		if d&k.bit != 0 {
			words = append(words, k.reason.String())
		}
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, ",")
}

// Reason is ReasonOf where the packet's bytes are not at hand: kinds that look at them (stun,
// multicast, broadcast) go by ports alone, or do not apply.
func (d Drop) Reason(s *Stack) Reason { return d.ReasonOf(nil, s) }

// ReasonOf says whether a decoded packet is left out, and why: the reason that
// Decode found, else the first kind of the set that applies, in the order of the reasons;
// else OK. data are the bytes that s was decoded from.
func (d Drop) ReasonOf(data []byte, s *Stack) Reason {
	switch {
	case s.Reason != OK:
		return s.Reason
	case d&DropDNS != 0 && (s.SrcPort == 53 || s.DstPort == 53):
		return DNS
	case d&DropBackground != 0 && s.Proto == UDP && (BackgroundPort(s.SrcPort) || BackgroundPort(s.DstPort)):
		return Background
	case d&DropTCPControl != 0 && s.Proto == TCP && s.PayloadLen == 0:
		return TCPControl
	case d&^DropDefault != 0:
		return d.more(data, s)
	}
	return OK
}

// Of are the kinds of the set that apply to a decoded packet, all of them; none if Decode found
// a reason. data are as for ReasonOf.
func (d Drop) Of(data []byte, s *Stack) (which Drop) {
	if d == DropNone || s.Reason != OK {
		return DropNone
	}
	for _, k := range drops {
		if d&k.bit != 0 && k.bit.ReasonOf(data, s) == k.reason {
			which |= k.bit
		}
	}
	return which
}

// First is the reason of the first kind of the set, in the order in which ReasonOf checks them;
// OK if the set is empty.
func (d Drop) First() Reason {
	for _, k := range drops {
		if d&k.bit != 0 {
			return k.reason
		}
	}
	return OK
}

// Known reports whether the set holds no kind that this package does not have.
func (d Drop) Known() bool { return d>>len(drops) == 0 }

// more is what ReasonOf does about the kinds that are off unless asked for.
func (d Drop) more(data []byte, s *Stack) Reason {
	udp := s.Proto == UDP
	has := func(ports ...uint16) bool {
		return slices.Contains(ports, s.SrcPort) || slices.Contains(ports, s.DstPort)
	}
	switch {
	case d&DropSTUN != 0 && (has(3478, 5349) || udp && isSTUN(data, s)):
		return STUN
	case d&DropSNMP != 0 && udp && has(161, 162):
		return SNMP
	case d&DropNATPMP != 0 && udp && has(5350, 5351):
		return NATPMP
	case d&DropLSD != 0 && udp && has(6771):
		return LSD
	case d&DropSSDP != 0 && udp && has(1900):
		return SSDP
	case data == nil:
	case d&DropMulticast != 0 && toMulticast(data, s):
		return Multicast
	case d&DropBroadcast != 0 && toBroadcast(data, s):
		return Broadcast
	}
	return OK
}

// isSTUN reports whether a payload begins with a STUN message (RFC 8489): two zero bits, a
// length that is a multiple of four, and the magic cookie.
func isSTUN(data []byte, s *Stack) bool {
	if s.End > len(data) || s.End-s.Payload < 20 {
		return false
	}
	p := data[s.Payload:s.End]
	return p[0]>>6 == 0 && p[3]&3 == 0 && binary.BigEndian.Uint32(p[4:]) == 0x2112a442
}

// toMulticast reports whether the destination is 224.0.0.0/4 or ff00::/8.
func toMulticast(data []byte, s *Stack) bool {
	if s.Version == 4 {
		return data[s.Network+16]>>4 == 0xe
	}
	return data[s.Network+24] == 0xff
}

// toBroadcast reports whether the destination is 255.255.255.255, or that of an Ethernet
// header all ones.
func toBroadcast(data []byte, s *Stack) bool {
	if s.Version == 4 && binary.BigEndian.Uint32(data[s.Network+16:]) == 0xffffffff {
		return true
	}
	return s.flags&ethernet != 0 && binary.BigEndian.Uint32(data) == 0xffffffff && data[4] == 0xff && data[5] == 0xff
}
