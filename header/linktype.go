package header

import "strconv"

// LinkType says what the bytes of a packet begin with. Numbers are those of
// the LINKTYPE_ registry (https://www.tcpdump.org/linktypes.html), as they
// stand in capture files.
type LinkType uint16

// Link types that other rooms name. The table has all of them.
const (
	LinkTypeEthernet LinkType = 1
	LinkTypeRaw      LinkType = 101 // IPv4 or IPv6 without a link header
)

// linkType is one row of the table of link types. It is the only place that
// knows link types: names, decoding, and where link addresses stand.
type linkType struct {
	number LinkType
	name   string
	// decode reads the packet whose link header begins at offset at; nil: packets
	// of this link type are left out.
	decode func(data []byte, at int, s *Stack)
	// inside reads a link header around a packet of another link type: that type
	// and where the packet begins, or why not, and where. One such header may
	// stand around a packet. A row has decode or inside, never both.
	inside func(data []byte) (inner LinkType, at int, r Reason)
	// addresses calls visit for every address of a link header that begins at
	// offset at, as far as it was captured. Every row with decode has it; rows
	// with inside go by the inner link type.
	addresses func(data []byte, at int, visit visitor)
}

// visitor is told where an address stands: a MAC address of 6 bytes, or an IP
// address of 4 or 16.
type visitor = func(at, length int)

// linkTypes is the table of link types, by number. A decodable row is added
// here, with its decoder and its addresses, in internal/twin and in
// internal/testcap; tests refuse a row that one of these does not have.
var linkTypes = [...]linkType{
	{number: 0, name: "BSD loopback", decode: decodeNull, addresses: noAddresses},
	{number: 1, name: "Ethernet", decode: decodeEthernet, addresses: ethernetAddresses},
	{number: 2, name: "experimental Ethernet"},
	{number: 3, name: "AX.25"},
	{number: 6, name: "Token Ring"},
	{number: 7, name: "ARCNET"},
	{number: 8, name: "SLIP", decode: skip(16, decodeByNibble), addresses: noAddresses},
	{number: 9, name: "PPP", decode: decodeFramedPPP, addresses: noAddresses},
	{number: 10, name: "FDDI", decode: decodeFDDI, addresses: addressesAt(1, 7)},
	{number: 11, name: "ATM RFC 1483", decode: decodeLLC, addresses: noAddresses},
	{number: 12, name: "raw IP", decode: decodeByNibble, addresses: noAddresses},
	{number: 14, name: "raw IP", decode: decodeByNibble, addresses: noAddresses},
	{number: 50, name: "PPP HDLC", decode: decodeHDLC, addresses: noAddresses},
	{number: 51, name: "PPPoE", decode: decodePPPoE, addresses: noAddresses},
	{number: 100, name: "ATM RFC 1483", decode: decodeLLC, addresses: noAddresses},
	{number: 101, name: "raw IP", decode: decodeByNibble, addresses: noAddresses},
	{number: 104, name: "Cisco HDLC", decode: typed(2, 4), addresses: typedAddresses(2, 4)},
	{number: 105, name: "802.11", decode: decodeWiFi, addresses: wifiAddresses},
	{number: 107, name: "Frame Relay", decode: decodeFrameRelay, addresses: frameRelayAddresses},
	{number: 108, name: "OpenBSD loopback", decode: decodeNull, addresses: noAddresses},
	{number: 109, name: "OpenBSD enc", decode: decodeENC, addresses: noAddresses},
	{number: 113, name: "Linux cooked v1", decode: typed(14, 16), addresses: sllAddresses},
	{number: 117, name: "pflog", decode: decodePFLOG, addresses: pflogAddresses},
	{number: 119, name: "Prism 802.11", decode: decodePrism, addresses: prismAddresses},
	{number: 123, name: "SunATM"},
	{number: 127, name: "radiotap 802.11", decode: decodeRadiotap, addresses: radiotapAddresses},
	{number: 129, name: "ARCNET Linux", decode: decodeARCNET, addresses: noAddresses}, // one byte each
	{number: 140, name: "MTP2"},
	{number: 143, name: "DOCSIS"},
	{number: 163, name: "AVS 802.11", decode: decodePrism, addresses: prismAddresses},
	{number: 166, name: "PPP with direction (pppd)", decode: skip(1, decodeFramedPPP), addresses: noAddresses},
	{number: 187, name: "Bluetooth HCI"},
	{number: 189, name: "USB"},
	{number: 192, name: "PPI", inside: insidePPI},
	{number: 195, name: "802.15.4"},
	{number: 197, name: "ERF", inside: insideERF},
	{number: 204, name: "PPP with direction", decode: skip(1, decodeFramedPPP), addresses: noAddresses},
	{number: 205, name: "Cisco HDLC with direction", decode: typed(3, 5), addresses: typedAddresses(3, 5)},
	{number: 206, name: "Frame Relay with direction", decode: skip(1, decodeFrameRelay), addresses: skipAddresses(1, frameRelayAddresses)},
	{number: 219, name: "MPLS", decode: decodeMPLS, addresses: noAddresses},
	{number: 220, name: "USB"},
	{number: 227, name: "SocketCAN"},
	{number: 228, name: "raw IPv4", decode: decodeByNibble, addresses: noAddresses},
	{number: 229, name: "raw IPv6", decode: decodeByNibble, addresses: noAddresses},
	{number: 230, name: "802.15.4"},
	{number: 239, name: "NFLOG", decode: decodeNFLOG, addresses: nflogAddresses},
	{number: 240, name: "netANALYZER", decode: skip(4, decodeEthernet), addresses: skipAddresses(4, ethernetAddresses)},
	{number: 241, name: "netANALYZER transparent", decode: skip(12, decodeEthernet), addresses: skipAddresses(12, ethernetAddresses)},
	{number: 242, name: "IP over InfiniBand", decode: typed(40, 44), addresses: ipoibAddresses},
	{number: 249, name: "USBPcap"},
	{number: 253, name: "Netlink"},
	{number: 258, name: "PKTAP", inside: insidePKTAP},
	{number: 271, name: "vsock"},
	{number: 276, name: "Linux cooked v2", decode: typed(0, 20), addresses: sll2Addresses},
	{number: 281, name: "Broadcom tag", decode: typed(16, 18), addresses: typedAddresses(16, 18, 0, 6)},
	{number: 282, name: "Broadcom tag, prepended", decode: skip(4, decodeEthernet), addresses: skipAddresses(4, ethernetAddresses)},
	{number: 284, name: "Marvell DSA", decode: typed(16, 18), addresses: typedAddresses(16, 18, 0, 6)},
	{number: 285, name: "Marvell EDSA", decode: typed(20, 22), addresses: typedAddresses(20, 22, 0, 6)},
}

// places is the place in the table of each link type, plus one; 0: it has none.
var places = func() (p [512]uint8) {
	for i := range linkTypes {
		p[linkTypes[i].number] = uint8(i + 1)
	}
	return p
}()

// row is the link type's row of the table, or nil.
func (t LinkType) row() *linkType {
	if int(t) >= len(places) || places[t] == 0 {
		return nil
	}
	return &linkTypes[places[t]-1]
}

// String is the name people use, or "link type N".
func (t LinkType) String() string {
	if row := t.row(); row != nil {
		return row.name
	}
	return "link type " + strconv.Itoa(int(t))
}

// decodeLink decodes a packet by the table.
func decodeLink(t LinkType, data []byte, s *Stack) {
	row, at := t.row(), 0
	if row != nil && row.inside != nil {
		inner, from, r := row.inside(data)
		if r != OK {
			s.stop(r, from)
			return
		}
		row, at = inner.row(), from
	}
	if row == nil || row.decode == nil {
		s.stop(UnsupportedLink, at)
		return
	}
	row.decode(data, at, s)
}

// Addresses calls visit for every address in the link header of a packet of
// this link type: offset in the captured bytes, and length (6: MAC address; 4
// or 16: an IP address that a firewall log repeats). It visits what was captured
// whole, of packets that Decode leaves out too; the inner MAC addresses of
// 802.1ah (PBB) are among them. It visits nothing for link types that Decode
// does not know.
func (t LinkType) Addresses(data []byte, visit func(at, length int)) {
	row, at := t.row(), 0
	if row != nil && row.inside != nil {
		inner, from, r := row.inside(data)
		if r != OK {
			return
		}
		row, at = inner.row(), from
	}
	if row == nil || row.addresses == nil {
		return
	}
	row.addresses(data, at, func(at, length int) {
		if at >= 0 && at+length <= len(data) {
			visit(at, length)
		}
	})
}

// skip is a decoder for a link header that begins behind n bytes.
func skip(n int, decode func([]byte, int, *Stack)) func([]byte, int, *Stack) {
	return func(data []byte, at int, s *Stack) {
		if len(data) < at+n {
			s.stop(Malformed, at)
			return
		}
		decode(data, at+n, s)
	}
}

// typed is a decoder for a link header of fixed length with an EtherType in it.
func typed(typeAt, length int) func([]byte, int, *Stack) {
	return func(data []byte, at int, s *Stack) {
		if len(data) < at+length {
			s.stop(Malformed, at)
			return
		}
		decodeEtherType(data, be16(data, at+typeAt), at+length, s)
	}
}

// noAddresses says that a link header has none.
func noAddresses([]byte, int, visitor) {}

// addressesAt says that MAC addresses stand at fixed offsets.
func addressesAt(offsets ...int) func([]byte, int, visitor) {
	return func(_ []byte, at int, visit visitor) {
		for _, o := range offsets {
			visit(at+o, 6)
		}
	}
}

// typedAddresses is addressesAt for a link header that typed decodes.
func typedAddresses(typeAt, length int, offsets ...int) func([]byte, int, visitor) {
	return func(data []byte, at int, visit visitor) {
		for _, o := range offsets {
			visit(at+o, 6)
		}
		if len(data) >= at+length {
			tagAddresses(data, be16(data, at+typeAt), at+length, visit)
		}
	}
}

// skipAddresses is the addresses of a link header that begins behind n bytes.
func skipAddresses(n int, addresses func([]byte, int, visitor)) func([]byte, int, visitor) {
	return func(data []byte, at int, visit visitor) { addresses(data, at+n, visit) }
}

func ethernetAddresses(data []byte, at int, visit visitor) {
	visit(at, 6)
	visit(at+6, 6)
	if len(data) >= at+14 {
		tagAddresses(data, be16(data, at+12), at+14, visit)
	}
}

// sllAddresses: the length of the address stands at offset 4, the address at 6.
func sllAddresses(data []byte, at int, visit visitor) {
	if len(data) < at+16 {
		return
	}
	if be16(data, at+4) == 6 {
		visit(at+6, 6)
	}
	tagAddresses(data, be16(data, at+14), at+16, visit)
}

// sll2Addresses: the length of the address stands at offset 11, the address at 12.
func sll2Addresses(data []byte, at int, visit visitor) {
	if len(data) < at+20 {
		return
	}
	if data[at+11] == 6 {
		visit(at+12, 6)
	}
	tagAddresses(data, be16(data, at), at+20, visit)
}

// ipoibAddresses: each address of RFC 4391 ends with a GID, which has the form of
// an IPv6 address. Where the 40 bytes are a global routing header instead, the
// GIDs stand at offsets 8 and 24.
func ipoibAddresses(data []byte, at int, visit visitor) {
	visit(at+4, 16)
	visit(at+8, 16)
	visit(at+24, 16)
	if len(data) >= at+44 {
		tagAddresses(data, be16(data, at+40), at+44, visit)
	}
}
