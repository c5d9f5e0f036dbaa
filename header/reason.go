package header

import "fmt"

// Reason is why a packet is left out of every session. Names are those of the
// manifest.
type Reason uint8

// Reasons, in the order in which they are found. The first five always apply;
// the next ones are what a Drop asks for, and the last is found when sessions are put
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
	STUN                          // STUN messages, and its ports
	SNMP                          // UDP, either port 161 or 162
	NATPMP                        // NAT-PMP and PCP: UDP, either port 5350 or 5351
	LSD                           // BitTorrent local service discovery: UDP, either port 6771
	SSDP                          // UDP, either port 1900
	Multicast                     // to a multicast address
	Broadcast                     // to the broadcast address, of IPv4 or of Ethernet
	Window                        // behind the window of its unit

	Reasons // how many there are, OK included
)

var reasonNames = [Reasons]string{
	"ok", "unsupported-link", "not-ip", "malformed", "fragment", "not-tcp-udp", "dns", "background", "tcp-control",
	"stun", "snmp", "nat-pmp", "lsd", "ssdp", "multicast", "broadcast", "window",
}

func (r Reason) String() string {
	if r < Reasons {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason %d", uint8(r))
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
