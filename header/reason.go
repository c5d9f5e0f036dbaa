package header

import (
	"fmt"
	"strings"
)

// Reason is why a packet is left out of every session. Names are those of the
// manifest.
type Reason uint8

// Reasons, in the order in which they are found. The first five always apply;
// the next three are what a Drop asks for, and the last is found when sessions are put
// together.
const (
	OK              Reason = iota // the packet belongs to a session
	UnsupportedLink               // a link type that Decode does not know
	NotIP                         // neither IPv4 nor IPv6 behind the link header
	Malformed                     // a header that does not fit or contradicts itself
	Fragment                      // not the first fragment: no ports
	NotTCPUDP                     // another transport
	DNS                           // TCP or UDP, either port 53
	Background                    // UDP, either port of a background service
	TCPControl                    // TCP without payload, by the header lengths
	Window                        // behind the window of its unit

	Reasons // how many there are, OK included
)

var reasonNames = [Reasons]string{
	"ok", "unsupported-link", "not-ip", "malformed", "fragment", "not-tcp-udp", "dns", "background", "tcp-control", "window",
}

func (r Reason) String() string {
	if r < Reasons {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
}

// Drop is the set of kinds of traffic that are irrelevant to a classifier.
type Drop uint8

// Kinds of irrelevant traffic.
const (
	DropDNS Drop = 1 << iota
	DropBackground
	DropTCPControl

	DropNone    Drop = 0
	DropDefault      = DropDNS | DropBackground | DropTCPControl
)

// drops gives each kind its name and reason, in the order they are checked.
var drops = []struct {
	bit    Drop
	reason Reason
}{
	{DropDNS, DNS}, {DropBackground, Background}, {DropTCPControl, TCPControl},
}

// ParseDrop reads a comma-separated set of "tcp-control", "dns" and
// "background", or "none".
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
		return 0, fmt.Errorf("cannot drop %q: have tcp-control, dns, background (comma-separated), or none", word)
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

// Reason says whether a decoded packet is left out, and why: the reason that
// Decode found, else the first that applies of dns, background and
// tcp-control, as far as the set has them; else OK.
func (d Drop) Reason(s *Stack) Reason {
	switch {
	case s.Reason != OK:
		return s.Reason
	case d&DropDNS != 0 && (s.SrcPort == 53 || s.DstPort == 53):
		return DNS
	case d&DropBackground != 0 && s.Proto == UDP && (BackgroundPort(s.SrcPort) || BackgroundPort(s.DstPort)):
		return Background
	case d&DropTCPControl != 0 && s.Proto == TCP && s.PayloadLen == 0:
		return TCPControl
	}
	return OK
}

// BackgroundPort reports the UDP ports of services that talk without being asked, those of
// DropBackground.
func BackgroundPort(port uint16) bool {
	switch port {
	case 67, 68, // DHCP
		123,      // NTP
		137, 138, // NetBIOS name and datagram service
		546, 547, // DHCPv6
		1900, // SSDP
		3702, // WS-Discovery
		5353, // mDNS
		5355: // LLMNR
		return true
	}
	return false
}
