package testcap

// LinkVariant is Link with the freedom that a link type leaves: short and long headers, byte orders, optional fields. Variant
// 0 is Link's; any number is allowed. Every variant carries IP.
func LinkVariant(linkType uint16, variant int, src, dst [6]byte) (layers []Layer, ok bool) {
	layers, ok = Link(linkType, src, dst)
	if variant%3 == 0 {
		return layers, ok
	}
	other := variant%3 == 2
	switch linkType {
	case Null:
		return []Layer{NullHeader{BigEndian: other, V6Family: 10 + 13*uint32(variant/3%2)}}, true
	case Loop:
		return []Layer{NullHeader{BigEndian: !other, V6Family: 28}}, true
	case PPP:
		return []Layer{PPPHeader{NoAddress: other, Short: true}}, true
	case PPPHDLC:
		if other {
			return []Layer{CiscoHDLC{Address: 0x8f}}, true
		}
		return []Layer{PPPHeader{NoAddress: true}}, true
	case PPPEther:
		return []Layer{PPPoE{Short: true}}, true
	case CHDLC:
		return []Layer{CiscoHDLC{Address: 0x8f}}, true
	case Dot11:
		return []Layer{Wifi{Addr1: dst, Addr2: src, Addr4: src, ToDS: true, FromDS: true, QoS: other, HT: true, BridgeSNAP: other}}, true
	case Radiotap:
		return []Layer{
			RadiotapHeader{TSFT: other, Words: 1 + variant/3%2, DataPad: true, FCS: true},
			Wifi{Addr1: dst, Addr2: src, QoS: true, Pad: true, FCS: true},
		}, true
	case PPI:
		if other {
			return []Layer{PPIHeader{DLT: Ethernet, Fields: []byte{2, 0, 0, 0}}, Eth{Src: src, Dst: dst}}, true
		}
		return []Layer{PPIHeader{DLT: Radiotap}, RadiotapHeader{NoFlags: true}, Wifi{Addr1: dst, Addr2: src}}, true
	case NFLOG:
		return []Layer{NFLOGHeader{BigEndian: true}}, true
	}
	return rareVariant(linkType, other, src, dst)
}

func rareVariant(linkType uint16, other bool, src, dst [6]byte) (layers []Layer, ok bool) {
	eth := Eth{Src: src, Dst: dst}
	switch linkType {
	case FrameRelay:
		if other {
			return []Layer{FrameRelayHeader{Address: 4, Pad: true, SNAP: true}, eth}, true
		}
		return []Layer{FrameRelayHeader{Address: 3, Cisco: true}}, true
	case FrameRelayWithDir:
		if other {
			return []Layer{Prefix{1}, FrameRelayHeader{}, PPPHeader{NoAddress: true, Short: true}}, true
		}
		return []Layer{Prefix{1}, FrameRelayHeader{SNAP: true}}, true
	case ENC:
		return []Layer{ENCHeader{BigEndian: true}}, true
	case PFLOG:
		if other {
			return []Layer{PFLOGHeader{Length: 100}}, true
		}
		return []Layer{PFLOGHeader{Length: 45}}, true
	case Prism, AVS: // each of the two is found under both
		return []Layer{PrismHeader{AVS: linkType == Prism}, Wifi{Addr1: dst, Addr2: src, QoS: other}}, true
	case ARCNET:
		return []Layer{ARCNETHeader{Old: true}}, true
	case PPPD, PPPWithDir:
		return []Layer{Prefix{0}, PPPHeader{NoAddress: true, Short: other}}, true
	case ERF:
		if other {
			return []Layer{ERFHeader{Type: 1}, PPPHeader{}}, true
		}
		return []Layer{ERFHeader{Type: 16, Extensions: 2}, eth}, true
	case PKTAP:
		if other {
			return []Layer{PKTAPHeader{DLT: Raw12, Longer: 48}}, true
		}
		return []Layer{PKTAPHeader{DLT: Null}, NullHeader{}}, true
	}
	return Link(linkType, src, dst)
}
