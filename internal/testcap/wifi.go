package testcap

import "encoding/binary"

// Wifi is an IEEE 802.11 data frame with LLC/SNAP body. Its zero value is a plain data frame from a station to its access point's
// network with a 24-byte header.
type Wifi struct {
	Addr1, Addr2, Addr3, Addr4 [6]byte
	ToDS, FromDS               bool // both: a fourth address
	QoS                        bool // two more header bytes
	HT                         bool // order bit; with QoS four more header bytes
	AMSDU                      bool // QoS control says aggregated
	Protected, NoBody          bool // NoBody: a null data frame, the layers inside are left out
	Fragment                   uint8
	FrameControl0              *uint8 // override: management and control frames
	BridgeSNAP                 bool   // SNAP organisation 00 00 f8 (RFC 1042 bridge tunnel) in place of 00 00 00
	Pad                        bool   // pad the header to a multiple of four, as Radiotap's data-pad flag announces
	FCS                        bool   // four bytes of frame check sequence behind
	Type                       *uint16
}

func (w Wifi) build(c context, inner []byte) []byte {
	b := append(w.header(), w.padding()...)
	if w.NoBody {
		return b
	}
	snap := []byte{0xaa, 0xaa, 0x03, 0, 0, 0}
	if w.BridgeSNAP {
		snap[5] = 0xf8
	}
	b = join(b, snap, be16(or(w.Type, etherType(c.next()))), inner)
	if w.FCS {
		b = append(b, 0xfc, 0x5f, 0xc5, 0xcf)
	}
	return b
}

func (w Wifi) header() []byte {
	fc0, fc1 := byte(0x08), byte(0)
	set := func(on bool, at *byte, bit byte) {
		if on {
			*at |= bit
		}
	}
	set(w.QoS, &fc0, 0x80)
	set(w.NoBody, &fc0, 0x40)
	set(w.ToDS, &fc1, 0x01)
	set(w.FromDS, &fc1, 0x02)
	set(w.Protected, &fc1, 0x40)
	set(w.HT, &fc1, 0x80)
	b := join([]byte{or(w.FrameControl0, fc0), fc1, 0, 0}, w.Addr1[:], w.Addr2[:], w.Addr3[:])
	b = binary.LittleEndian.AppendUint16(b, 0x1230|uint16(w.Fragment&0x0f))
	if w.ToDS && w.FromDS {
		b = append(b, w.Addr4[:]...)
	}
	if w.QoS {
		control := byte(0)
		set(w.AMSDU, &control, 0x80)
		b = append(b, control, 0)
		if w.HT {
			b = append(b, 0, 0, 0, 0)
		}
	}
	return b
}

func (w Wifi) padding() []byte {
	if !w.Pad {
		return nil
	}
	return make([]byte, (4-len(w.header())%4)%4)
}

// RadiotapHeader is the header of link type 127, put before a Wifi layer.
type RadiotapHeader struct {
	TSFT    bool // an 8-byte time stamp field before the flags
	Words   int  // further present words before the fields
	DataPad bool // flag 0x20: the 802.11 header is padded to four bytes (give Wifi.Pad too)
	FCS     bool // flag 0x10: a frame check sequence follows (give Wifi.FCS too)
	NoFlags bool // leave the flags field out
	Length  *uint16
}

func (r RadiotapHeader) build(_ context, inner []byte) []byte {
	present := uint32(0)
	if r.TSFT {
		present |= 1
	}
	if !r.NoFlags {
		present |= 2
	}
	b := make([]byte, 4)
	for i := range r.Words + 1 {
		word := uint32(0) // further words belong to a namespace without fields
		if i == 0 {
			word = present
		}
		if i < r.Words {
			word |= 1<<31 | 1<<29
		}
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	if r.TSFT {
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
		b = append(b, 1, 2, 3, 4, 5, 6, 7, 8)
	}
	if !r.NoFlags {
		b = append(b, r.flags())
	}
	binary.LittleEndian.PutUint16(b[2:], or(r.Length, uint16(len(b))))
	return join(b, inner)
}

func (r RadiotapHeader) flags() byte {
	f := byte(0)
	if r.FCS {
		f |= 0x10
	}
	if r.DataPad {
		f |= 0x20
	}
	return f
}

// PPIHeader is the Per-Packet Information header of link type 192 around a packet of another link type.
type PPIHeader struct {
	DLT    uint32 // link type of the packet inside
	Fields []byte // behind the 8 fixed bytes
	Length *uint16
}

func (p PPIHeader) build(_ context, inner []byte) []byte {
	b := make([]byte, 8, 8+len(p.Fields))
	binary.LittleEndian.PutUint16(b[2:], or(p.Length, uint16(8+len(p.Fields))))
	binary.LittleEndian.PutUint32(b[4:], p.DLT)
	return join(b, p.Fields, inner)
}

// Link returns the ordinary link layers of a link type, outermost first: none for raw IP, Radiotap and 802.11 for 127, and so
// on. MACs are used where the link has such fields. ok is false for a link type this package has no header for.
func Link(linkType uint16, src, dst [6]byte) (layers []Layer, ok bool) {
	switch linkType {
	case Null:
		return []Layer{NullHeader{}}, true
	case Loop:
		return []Layer{NullHeader{BigEndian: true, V6Family: 24}}, true
	case Ethernet:
		return []Layer{Eth{Src: src, Dst: dst}}, true
	case PPP, PPPHDLC:
		return []Layer{PPPHeader{}}, true
	case PPPEther:
		return []Layer{PPPoE{}}, true
	case Raw12, Raw14, Raw, RawIPv4, RawIPv6:
		return nil, true
	case CHDLC:
		return []Layer{CiscoHDLC{}}, true
	case Dot11:
		return []Layer{Wifi{Addr1: dst, Addr2: src, Addr3: dst, ToDS: true}}, true
	case Radiotap:
		return []Layer{RadiotapHeader{TSFT: true}, Wifi{Addr1: dst, Addr2: src, Addr3: dst, FromDS: true, QoS: true}}, true
	case PPI:
		return []Layer{PPIHeader{DLT: Dot11}, Wifi{Addr1: dst, Addr2: src, Addr3: dst}}, true
	case LinuxSLL:
		return []Layer{SLL{Addr: src}}, true
	case LinuxSLL2:
		return []Layer{SLL2{Addr: src}}, true
	case NFLOG:
		return []Layer{NFLOGHeader{}}, true
	case IPoIB:
		return []Layer{IPoIBHeader{}}, true
	}
	return rareLink(linkType, src, dst)
}

// rareLink is Link for the link types that few captures have.
func rareLink(linkType uint16, src, dst [6]byte) (layers []Layer, ok bool) {
	eth := Eth{Src: src, Dst: dst}
	wifi := Wifi{Addr1: dst, Addr2: src, Addr3: dst}
	switch linkType {
	case SLIP:
		return []Layer{Prefix(make([]byte, 16))}, true
	case FDDI:
		return []Layer{FDDIHeader{Src: src, Dst: dst}, LLC{SNAP: true}}, true
	case ATM11, ATM:
		return []Layer{LLC{SNAP: true}}, true
	case FrameRelay:
		return []Layer{FrameRelayHeader{}}, true
	case ENC:
		return []Layer{ENCHeader{}}, true
	case PFLOG:
		return []Layer{PFLOGHeader{}}, true
	case Prism:
		return []Layer{PrismHeader{}, wifi}, true
	case AVS:
		return []Layer{PrismHeader{AVS: true}, wifi}, true
	case ARCNET:
		return []Layer{ARCNETHeader{}}, true
	case PPPD, PPPWithDir:
		return []Layer{Prefix{1}, PPPHeader{}}, true
	case ERF:
		return []Layer{ERFHeader{}, eth}, true
	case CHDLCWithDir:
		return []Layer{Prefix{0}, CiscoHDLC{}}, true
	case FrameRelayWithDir:
		return []Layer{Prefix{0}, FrameRelayHeader{}}, true
	case MPLSLink:
		return []Layer{MPLS{Label: 100}}, true
	case NetAnalyzer:
		return []Layer{Prefix{1, 2, 3, 4}, eth}, true
	case NetTransparent:
		return []Layer{Prefix{1, 2, 3, 4, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5}, eth}, true
	case PKTAP:
		return []Layer{PKTAPHeader{DLT: Ethernet}, eth}, true
	case BroadcomTag, MarvellDSA:
		return []Layer{SwitchTag{Src: src, Dst: dst}}, true
	case BroadcomPrepended:
		return []Layer{Prefix{0x20, 0, 0, 2}, eth}, true
	case MarvellEDSA:
		return []Layer{SwitchTag{Src: src, Dst: dst, Extended: true}}, true
	}
	return nil, false
}
