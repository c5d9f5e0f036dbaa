package leak

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/capture"
)

// linkMACs calls add for every six-byte address of a packet's link header, as far
// as it was captured. Link types without such addresses have none: raw IP, BSD
// loopback, PPP, Cisco HDLC, IP over InfiniBand (its addresses have 20 bytes).
func linkMACs(lt capture.LinkType, data []byte, add func([6]byte)) {
	at := func(i int) {
		if len(data) >= i+6 {
			add([6]byte(data[i:]))
		}
	}
	switch lt {
	case capture.LinkTypeEthernet:
		at(0)
		at(6)
	case capture.LinkTypeSLL: // address length at 4, address at 6
		if len(data) >= 16 && binary.BigEndian.Uint16(data[4:]) == 6 {
			at(6)
		}
	case capture.LinkTypeSLL2: // address length at 11, address at 12
		if len(data) >= 20 && data[11] == 6 {
			at(12)
		}
	case capture.LinkTypeWiFi:
		wifiMACs(data, add)
	case capture.LinkTypeRadiotap:
		if len(data) >= 4 {
			if n := int(binary.LittleEndian.Uint16(data[2:])); n <= len(data) {
				wifiMACs(data[n:], add)
			}
		}
	case capture.LinkTypePPI:
		if len(data) >= 8 {
			n, inner := int(binary.LittleEndian.Uint16(data[2:])), binary.LittleEndian.Uint32(data[4:])
			if n >= 8 && n <= len(data) && inner <= 0xffff && capture.LinkType(inner) != capture.LinkTypePPI {
				linkMACs(capture.LinkType(inner), data[n:], add)
			}
		}
	case capture.LinkTypeNFLOG:
		nflogMACs(data, binary.LittleEndian, add)
		nflogMACs(data, binary.BigEndian, add)
	}
}

// wifiMACs are the addresses of an 802.11 frame (IEEE 802.11, 9.2.4.3): one to
// four, by type and subtype.
func wifiMACs(frame []byte, add func([6]byte)) {
	if len(frame) < 10 {
		return
	}
	const management, control, data = 0, 1, 2
	count := 0
	switch kind, subtype := frame[0]>>2&3, frame[0]>>4; kind {
	case management:
		count = 3
	case data:
		count = 3
		if frame[1]&3 == 3 { // to and from a distribution system
			count = 4
		}
	case control:
		count = 1
		switch subtype {
		case 8, 9, 10, 11, 14: // block acknowledgements, PS-Poll, RTS, CF-End
			count = 2
		}
	}
	for i, at := range []int{4, 10, 16, 24}[:count] {
		if i < count && len(frame) >= at+6 {
			add([6]byte(frame[at:]))
		}
	}
}

// nflogMACs reads the attributes NFULA_HWADDR (8: length, two bytes of padding,
// eight of address) and NFULA_HWHEADER (16: the link header, here of Ethernet).
// Attributes are in the byte order of the machine that captured; in the other
// one their lengths make no sense and the walk ends at once.
func nflogMACs(data []byte, order binary.ByteOrder, add func([6]byte)) {
	for at := 4; at+4 <= len(data); {
		n, kind := int(order.Uint16(data[at:])), order.Uint16(data[at+2:])
		if n < 4 || at+n > len(data) {
			return
		}
		value := data[at+4 : at+n]
		switch {
		case kind == 8 && len(value) >= 12 && binary.BigEndian.Uint16(value) == 6:
			add([6]byte(value[4:]))
		case kind == 16 && len(value) == 14:
			add([6]byte(value))
			add([6]byte(value[6:]))
		}
		at += (n + 3) &^ 3
	}
}
