package twin

import (
	"encoding/binary"
	"math"
	"math/big"
)

// ngInterface is an interface description block.
type ngInterface struct {
	linkType uint16
	snapLen  uint32
	resol    byte  // if_tsresol
	offset   int64 // if_tsoffset, seconds
}

// readPcapNG reads draft-ietf-opsawg-pcapng from start on. It returns where a pcap begins, if one does.
func (f *File) readPcapNG(start int) (at int, joined bool) {
	b := f.Plain
	if start == 0 {
		f.Format = "pcapng"
	}
	var order binary.ByteOrder = binary.LittleEndian
	var interfaces []ngInterface
	for at = start; at < len(b); {
		if len(b)-at < 8 || onlyZeros(b[at:]) {
			f.damaged("truncated", at)
			return 0, false
		}
		if pcapBegins(b[at:]) {
			return at, true
		}
		section := binary.BigEndian.Uint32(b[at:]) == 0x0a0d0d0a // the same in both byte orders
		if section {
			if len(b)-at < 12 {
				f.damaged("truncated", at)
				return 0, false
			}
			switch binary.BigEndian.Uint32(b[at+8:]) {
			case 0x1a2b3c4d:
				order = binary.BigEndian
			case 0x4d3c2b1a:
				order = binary.LittleEndian
			default:
				f.damaged("malformed", at)
				return 0, false
			}
			if at == 0 {
				f.Format = "pcapng " + orderName(order)
			}
			interfaces = nil
		}
		length := int(order.Uint32(b[at+4:]))
		if length < 12 || length%4 != 0 || (section && length < 28) {
			f.damaged("malformed", at)
			return 0, false
		}
		if length > len(b)-at {
			f.damaged("truncated", at)
			return 0, false
		}
		body := b[at+8 : at+length-4]
		ok := true
		switch order.Uint32(b[at:]) {
		case 1:
			var i ngInterface
			i, ok = interfaceBlock(order, body)
			interfaces = append(interfaces, i)
		case 2, 3, 6:
			var r Record
			r, ok = packetBlock(order, order.Uint32(b[at:]), body, interfaces)
			if ok {
				r.Offset = int64(at)
				f.Records = append(f.Records, r)
			}
		}
		if !ok {
			f.damaged("malformed", at)
			return 0, false
		}
		at += length
	}
	return 0, false
}

func interfaceBlock(order binary.ByteOrder, body []byte) (ngInterface, bool) {
	if len(body) < 8 {
		return ngInterface{}, false
	}
	i := ngInterface{linkType: order.Uint16(body), snapLen: order.Uint32(body[4:]), resol: 6}
	// Options that do not hold together say nothing; they only concern time.
	for o := body[8:]; len(o) >= 4; {
		code, n := order.Uint16(o), int(order.Uint16(o[2:]))
		if code == 0 || 4+n > len(o) {
			break
		}
		if code == 9 && n >= 1 {
			i.resol = o[4]
		}
		if code == 14 && n >= 8 {
			i.offset = int64(order.Uint64(o[4:]))
		}
		o = o[min(len(o), 4+(n+3)/4*4):]
	}
	return i, true
}

// packetBlock reads an enhanced (6), obsolete (2) or simple (3) packet block. It is false if the block cannot be true.
func packetBlock(order binary.ByteOrder, kind uint32, body []byte, interfaces []ngInterface) (Record, bool) {
	if kind == 3 {
		if len(body) < 4 || len(interfaces) == 0 {
			return Record{}, false
		}
		original := order.Uint32(body)
		captured := original
		if s := interfaces[0].snapLen; s != 0 && s < captured {
			captured = s
		}
		if int64(captured) > int64(len(body)-4) || captured > maxCaptured {
			return Record{}, false
		}
		return Record{LinkType: interfaces[0].linkType, Data: body[4 : 4+captured], OrigLen: original}, true
	}
	if len(body) < 20 {
		return Record{}, false
	}
	number := order.Uint32(body)
	if kind == 2 {
		number = uint32(order.Uint16(body)) // the other 16 bits count drops
	}
	captured := order.Uint32(body[12:])
	if int64(number) >= int64(len(interfaces)) || int64(captured) > int64(len(body)-20) || captured > maxCaptured {
		return Record{}, false
	}
	i := interfaces[number]
	ticks := uint64(order.Uint32(body[4:]))<<32 | uint64(order.Uint32(body[8:]))
	return Record{
		Time:     nanoseconds(ticks, i),
		LinkType: i.linkType,
		Data:     body[20 : 20+captured],
		OrigLen:  order.Uint32(body[16:]),
	}, true
}

// nanoseconds converts ticks of the interface's resolution. A time that does not fit into an int64 is the nearest one that does.
func nanoseconds(ticks uint64, i ngInterface) int64 {
	perSecond := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(i.resol)), nil)
	if i.resol&0x80 != 0 {
		perSecond = new(big.Int).Lsh(big.NewInt(1), uint(i.resol&0x7f))
	}
	ns := new(big.Int).Mul(new(big.Int).SetUint64(ticks), big.NewInt(1_000_000_000))
	ns.Div(ns, perSecond)
	ns.Add(ns, new(big.Int).Mul(big.NewInt(i.offset), big.NewInt(1_000_000_000)))
	if !ns.IsInt64() && ns.Sign() < 0 {
		return math.MinInt64
	}
	if !ns.IsInt64() {
		return math.MaxInt64
	}
	return ns.Int64()
}
