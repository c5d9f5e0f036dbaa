package capture

import "strconv"

// LinkType says what the bytes of a packet begin with. Numbers are those of
// the LINKTYPE_ registry (https://www.tcpdump.org/linktypes.html), as they
// stand in capture files.
type LinkType uint16

// Link types that header.Decode understands.
const (
	LinkTypeNull     LinkType = 0   // BSD loopback, family in host byte order
	LinkTypeEthernet LinkType = 1   // Ethernet II and 802.3
	LinkTypePPP      LinkType = 9   // PPP, with or without address and control
	LinkTypeRaw12    LinkType = 12  // raw IP, as most systems number it
	LinkTypeRaw14    LinkType = 14  // raw IP, as OpenBSD numbers it
	LinkTypePPPHDLC  LinkType = 50  // PPP in HDLC-like framing, or Cisco HDLC
	LinkTypePPPEther LinkType = 51  // PPPoE session header and PPP
	LinkTypeRaw      LinkType = 101 // raw IP
	LinkTypeCHDLC    LinkType = 104 // Cisco HDLC
	LinkTypeWiFi     LinkType = 105 // 802.11
	LinkTypeLoop     LinkType = 108 // OpenBSD loopback, family in network byte order
	LinkTypeSLL      LinkType = 113 // Linux cooked v1
	LinkTypeRadiotap LinkType = 127 // radiotap and 802.11
	LinkTypePPI      LinkType = 192 // per-packet information and a further link type
	LinkTypeIPv4     LinkType = 228 // raw IPv4
	LinkTypeIPv6     LinkType = 229 // raw IPv6
	LinkTypeNFLOG    LinkType = 239 // Linux netfilter log
	LinkTypeIPoIB    LinkType = 242 // IP over InfiniBand
	LinkTypeSLL2     LinkType = 276 // Linux cooked v2
)

// String is the name people use, or "link type N".
func (t LinkType) String() string {
	if s := linkTypeName(t); s != "" {
		return s
	}
	return "link type " + strconv.Itoa(int(t))
}

func linkTypeName(t LinkType) string {
	switch t {
	case LinkTypeNull:
		return "BSD loopback"
	case LinkTypeEthernet:
		return "Ethernet"
	case 2:
		return "experimental Ethernet"
	case 3:
		return "AX.25"
	case 6:
		return "Token Ring"
	case 7:
		return "ARCNET"
	case 8:
		return "SLIP"
	case LinkTypePPP:
		return "PPP"
	case 10:
		return "FDDI"
	case 11, 100:
		return "ATM RFC 1483"
	case LinkTypeRaw12, LinkTypeRaw14, LinkTypeRaw:
		return "raw IP"
	case LinkTypePPPHDLC:
		return "PPP HDLC"
	case LinkTypePPPEther:
		return "PPPoE"
	case LinkTypeCHDLC:
		return "Cisco HDLC"
	case LinkTypeWiFi:
		return "802.11"
	case 107:
		return "Frame Relay"
	case LinkTypeLoop:
		return "OpenBSD loopback"
	case LinkTypeSLL:
		return "Linux cooked v1"
	case 117:
		return "pflog"
	case 119:
		return "Prism 802.11"
	case 123:
		return "SunATM"
	case LinkTypeRadiotap:
		return "radiotap 802.11"
	case 129:
		return "ARCNET Linux"
	case 140:
		return "MTP2"
	case 143:
		return "DOCSIS"
	case 163:
		return "AVS 802.11"
	case 187:
		return "Bluetooth HCI"
	case 189, 220:
		return "USB"
	case LinkTypePPI:
		return "PPI"
	case 195, 230:
		return "802.15.4"
	case 227:
		return "SocketCAN"
	case LinkTypeIPv4:
		return "raw IPv4"
	case LinkTypeIPv6:
		return "raw IPv6"
	case LinkTypeNFLOG:
		return "NFLOG"
	case LinkTypeIPoIB:
		return "IP over InfiniBand"
	case 249:
		return "USBPcap"
	case 253:
		return "Netlink"
	case 258:
		return "PKTAP"
	case 271:
		return "vsock"
	case LinkTypeSLL2:
		return "Linux cooked v2"
	}
	return ""
}
