package audit

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/represent"
)

// layout is how samples are built.
type layout uint8

const (
	layoutUnknown layout = iota
	layoutPcap           // a capture file's beginning
	layoutPackets        // packets one behind the other
	layoutPayload        // payload only
	layoutForm           // as the areas of a form say
)

func (l layout) String() string {
	return [...]string{"unknown", "pcap", "packets", "payload", "form"}[l]
}

// rules are what the walk goes by, for all samples of a dataset.
type rules struct {
	layout    layout
	foreign   bool // content ends where only zeros follow; packets may begin either way
	link      bool // packets begin at an Ethernet header, or else at the IP header
	noIP      bool // addresses were cut out of the IP header
	udpPad    bool // 12 bytes were put in behind the UDP header
	noPayload bool // payload was cut out
	addresses bool // addresses are those of the capture
	ports     bool // ports are those of the capture

	// Of forms other than bytes.
	form    string // its name
	areas   []represent.Area
	size    int    // bytes of a cell
	room    uint64 // of packets or bytes: what a sample shows of them
	noPorts bool   // both ports were cut out of the transport header
	blind   bool   // the lengths of a packet do not decide whether it is one: it stands alone
}

// segment is bytes from ... to-1 of one field.
type segment struct {
	from, to int32
	field    field
}

// walker finds the field of every byte of a sample. It is for one goroutine.
type walker struct {
	rules
	segs  []segment // that cover the sample
	bytes []byte    // cells of a sample as bytes, to be used again
	well  bool      // the walk came to the end
	n     int       // packets found

	// Of the first packet; ip is where its IP header begins, -1: there is none.
	ip           int
	proto        uint8
	sport, dport uint16
	ported       bool   // both ports are in the sample
	destination  []byte // nil: not in the sample; lent from the sample
	linkType     int64  // of a capture header, -1: none
}

// packetLayout is what one packet contributed to a sample, for samples that cannot be walked
// because masks hide lengths: a record of the file of layouts, SPEC part 13.
type packetLayout struct {
	link, network, transport, payload uint16
	version, proto                    uint8
}

func (w *walker) reset() {
	w.segs, w.well, w.n, w.ip, w.ported, w.destination, w.linkType = w.segs[:0], false, 0, -1, false, nil, -1
}

// put names n bytes, as far as they lie before limit, and returns the place behind them.
func (w *walker) put(f field, at, n, limit int) int {
	end := min(at+n, limit)
	if at < end {
		w.segs = append(w.segs, segment{int32(at), int32(end), f})
	}
	return max(at, end)
}

// walk finds the fields of a sample of which the first length bytes are content. Of a foreign
// one, length is the place behind its last byte that is not zero.
func (w *walker) walk(x []byte, length int) {
	w.reset()
	switch {
	case w.layout == layoutUnknown:
		w.put(unknown, 0, len(x), len(x))
	case w.layout == layoutPayload:
		w.put(padding, w.put(payload, 0, length, len(x)), len(x), len(x))
		w.well = true
	case w.layout == layoutForm:
		w.formSample(x, length)
	case w.layout == layoutPcap:
		w.pcap(x, length)
	case w.foreign:
		w.either(x, length)
	default:
		w.packets(x, length, w.link)
	}
}

// given names the fields of a sample whose packets are known.
func (w *walker) given(x []byte, packets []packetLayout) {
	w.reset()
	at := 0
	for k, p := range packets {
		h := shape{link: int(p.link), ip: int(p.network), transport: int(p.transport), version: p.version, proto: p.proto}
		at = w.name(x, at, len(x), k, h)
		at = w.put(payload, at, int(p.payload), len(x))
	}
	w.put(padding, at, len(x), len(x))
	w.n, w.well = len(packets), true
}

// either walks a foreign sample that begins at an IP header, or else at an Ethernet header.
func (w *walker) either(x []byte, length int) {
	w.packets(x, length, false)
	if !w.well {
		w.reset()
		w.packets(x, length, true)
	}
}

// packets walks packets up to the end of the content.
func (w *walker) packets(x []byte, length int, link bool) {
	end := length
	if w.foreign {
		end = len(x)
	}
	at := 0
	for at < end {
		if w.foreign && at >= length {
			break // nothing but zeros
		}
		next, ok := w.packet(x, at, end, w.n, link)
		if !ok {
			w.put(unknown, at, len(x), len(x))
			return
		}
		at = next
		w.n++
	}
	w.put(padding, at, len(x), len(x))
	w.well = w.ip >= 0 || !w.foreign
}

// packet names the fields of the packet at that place; ok is false, and nothing is named, if
// there cannot be one.
func (w *walker) packet(x []byte, at, limit, k int, link bool) (next int, ok bool) {
	if link {
		if h, ok := w.frame(x, at, limit); ok {
			return w.finish(x, at, limit, k, h), true
		}
	}
	h, ok := w.network(x, at, limit)
	if !ok {
		return at, false
	}
	return w.finish(x, at, limit, k, h), true
}

func (w *walker) finish(x []byte, at, limit, k int, h shape) (next int) {
	behind := w.name(x, at, limit, k, h)
	end := limit
	switch {
	case w.noPayload:
		end = behind
	case h.length > 0:
		end = min(limit, at+h.link+h.length)
	}
	return w.put(payload, behind, end-behind, limit)
}

// shape is how long the headers of a packet are in the sample, as far as can be told there.
type shape struct {
	link, ip, transport int
	length              int // from the IP header to the packet's end; 0: it reaches to the end
	version, proto      uint8
}

// Frames of other link types in capture files: bytes before the IP header.
func linkLength(linkType int64) (n int, ok bool) {
	switch linkType {
	case 12, 14, 101, 228, 229:
		return 0, true
	case 0, 108:
		return 4, true
	case 113:
		return 16, true
	}
	return 0, false
}

// frame reads an Ethernet header with its tags, and the headers behind it.
func (w *walker) frame(x []byte, at, limit int) (h shape, ok bool) {
	p := x[at:limit]
	if len(p) < 14 {
		return shape{link: 14}, true // cut by the sample's end
	}
	n, known := etherLength(p)
	if !known {
		var s header.Stack
		header.Decode(header.LinkTypeEthernet, p, uint32(len(p)), &s)
		if s.Reason != header.OK {
			return h, false
		}
		n = s.Network
	}
	if n >= len(p) {
		return shape{link: n}, true
	}
	h, ok = w.network(x, at+n, limit)
	h.link = n
	return h, ok
}

// etherLength is where the header behind an Ethernet header and its common tags begins.
func etherLength(p []byte) (n int, known bool) {
	n = 14
	kind := binary.BigEndian.Uint16(p[12:])
	for {
		step := 0
		switch kind {
		case 0x0800, 0x86dd:
			return n, true
		case 0x8100, 0x88a8, 0x9100, 0x9200:
			step = 4
		case 0x8926:
			step = 6
		default:
			return 0, false
		}
		if n += step; n > len(p) {
			return n, true // cut
		}
		kind = binary.BigEndian.Uint16(p[n-2:])
	}
}

// network reads an IP header and the transport header behind it, as far as they are there.
// ok is false where they cannot be headers of TCP or UDP.
func (w *walker) network(x []byte, at, limit int) (h shape, ok bool) {
	p := x[at:limit]
	if len(p) == 0 {
		return h, false
	}
	switch p[0] >> 4 {
	case 4:
		return w.network4(p)
	case 6:
		return w.network6(p)
	}
	return h, false
}

func (w *walker) network4(p []byte) (h shape, ok bool) {
	full := int(p[0]&15) * 4
	if full < 20 {
		return h, false
	}
	h = shape{version: 4, ip: full}
	if w.noIP {
		h.ip -= 8
	}
	total := 0
	if len(p) >= 4 {
		total = int(binary.BigEndian.Uint16(p[2:]))
	}
	if !w.blind && len(p) >= 8 && binary.BigEndian.Uint16(p[6:])&0x1fff != 0 {
		return h, false // not the first fragment: there is no transport header
	}
	if len(p) < 10 {
		return h, w.blind || total == 0 || total >= full+8
	}
	h.proto = p[9]
	return w.transport(p, h, total-full)
}

func (w *walker) network6(p []byte) (h shape, ok bool) {
	h = shape{version: 6, ip: 40}
	if w.noIP {
		h.ip -= 32
	}
	rest := 0
	if len(p) >= 6 {
		rest = int(binary.BigEndian.Uint16(p[4:]))
	}
	if len(p) < 7 {
		return h, true
	}
	none := rest == 0
	next := p[6]
	for {
		n := 0
		b := p[min(h.ip, len(p)):]
		switch next {
		case header.TCP, header.UDP:
			h.proto = next
			if none {
				return w.transport(p, h, -1)
			}
			return w.transport(p, h, rest)
		case 0, 43, 60, 51, 44:
			if len(b) < 2 {
				h.ip += 8
				return h, true // cut
			}
			switch next {
			case 51:
				n = (int(b[1]) + 2) * 4
			case 44:
				n = 8
				if len(b) >= 4 && binary.BigEndian.Uint16(b[2:])&0xfff8 != 0 {
					return h, false
				}
			default:
				n = (int(b[1]) + 1) * 8
			}
		default:
			return h, false
		}
		next = b[0]
		h.ip += n
		if rest -= n; !none && rest < 0 && !w.blind {
			return h, false
		}
	}
}

// transport reads the transport header behind the IP header. rest is how many bytes the
// packet has from there on; below zero: not said.
func (w *walker) transport(p []byte, h shape, rest int) (shape, bool) {
	b := p[min(h.ip, len(p)):]
	wire, cut := 0, 0
	if w.noPorts {
		cut = 4
	}
	switch h.proto {
	case header.TCP:
		h.transport = 20
		if len(b) > 12-cut {
			h.transport = int(b[12-cut]>>4) * 4
		}
		if h.transport < 20 {
			return h, false
		}
		wire = h.transport
	case header.UDP:
		h.transport, wire = 8, 8
		if w.udpPad {
			h.transport += 12
		}
	default:
		return h, false
	}
	h.transport -= cut
	if w.blind {
		if rest >= wire {
			h.length = h.ip + h.transport + rest - wire
		}
		return h, true
	}
	if rest < 0 {
		return h, h.version == 6 || len(p) < 4 || binary.BigEndian.Uint16(p[2:]) == 0
	}
	if rest < wire {
		return h, false
	}
	h.length = h.ip + h.transport + rest - wire
	return h, true
}
