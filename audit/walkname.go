package audit

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
)

// run is a field and its length.
type run struct {
	field field
	n     int
}

var (
	ether   = []run{{ethDestination, 6}, {ethSource, 6}, {ethType, 2}}
	ip4     = []run{{ipVersion, 1}, {ipTOS, 1}, {ipLength, 2}, {ipID, 2}, {ipFragment, 2}, {ipTTL, 1}, {ipProtocol, 1}, {ipChecksum, 2}}
	ip4Ends = []run{{ipSource, 4}, {ipDestination, 4}}
	ip6     = []run{{ip6Version, 1}, {ip6Flow, 3}, {ip6Length, 2}, {ip6Next, 1}, {ip6Hops, 1}}
	ip6Ends = []run{{ip6Source, 16}, {ip6Destination, 16}}
	tcp     = []run{
		{tcpSport, 2}, {tcpDport, 2}, {tcpSeq, 4}, {tcpAck, 4}, {tcpOffset, 1}, {tcpFlags, 1}, {tcpWindow, 2}, {tcpChecksum, 2}, {tcpUrgent, 2},
	}
	udp = []run{{udpSport, 2}, {udpDport, 2}, {udpLength, 2}, {udpChecksum, 2}}
)

// name names the headers of packet k, and returns the place behind them. The link header is
// that of Ethernet if it has 14 bytes or more and no capture header says otherwise.
func (w *walker) name(x []byte, at, limit, k int, h shape) int {
	behind := min(at+h.link, limit)
	if h.link >= 14 && (w.linkType < 0 || w.linkType == int64(header.LinkTypeEthernet)) {
		at = w.runs(ether, at, behind, k)
	}
	at = w.put(linkHeader.of(k), at, behind-at, limit)
	if h.ip == 0 {
		return at
	}
	if k == 0 {
		w.first(x, at, limit, h)
	}
	behind = min(at+h.ip, limit)
	options := ipOptions
	switch {
	case h.version == 4:
		at = w.runs(ip4, at, behind, k)
		if !w.noIP {
			at = w.runs(ip4Ends, at, behind, k)
		}
	default:
		options = ip6Extension
		at = w.runs(ip6, at, behind, k)
		if !w.noIP {
			at = w.runs(ip6Ends, at, behind, k)
		}
	}
	at = w.put(options.of(k), at, behind-at, limit)
	behind = min(at+h.transport, limit)
	rest, fields := tcpOptions, tcp
	if h.proto == header.UDP {
		rest, fields = udpPad, udp
	}
	if w.noPorts {
		fields = fields[2:]
	}
	at = w.runs(fields, at, behind, k)
	return w.put(rest.of(k), at, behind-at, limit)
}

func (w *walker) runs(fields []run, at, limit, k int) int {
	for _, f := range fields {
		at = w.put(f.field.of(k), at, f.n, limit)
	}
	return at
}

// first remembers of the first packet what findings ask for.
func (w *walker) first(x []byte, at, limit int, h shape) {
	w.ip, w.proto = at, h.proto
	if t := at + h.ip; h.transport > 0 && !w.noPorts && t+4 <= limit {
		w.sport, w.dport, w.ported = binary.BigEndian.Uint16(x[t:]), binary.BigEndian.Uint16(x[t+2:]), true
	}
	from, n := at+16, 4
	if h.version == 6 {
		from, n = at+24, 16
	}
	if !w.noIP && from+n <= limit {
		w.destination = x[from : from+n]
	}
}

// pcapOrder is the byte order of a capture file that begins with x; nil: it is none.
func pcapOrder(x []byte) binary.ByteOrder {
	if len(x) < 4 {
		return nil
	}
	switch binary.BigEndian.Uint32(x) {
	case 0xa1b2c3d4, 0xa1b23c4d:
		return binary.BigEndian
	case 0xd4c3b2a1, 0x4d3cb2a1:
		return binary.LittleEndian
	}
	return nil
}

// pcap walks a sample that is the beginning of a capture file: a header, and records.
func (w *walker) pcap(x []byte, length int) {
	order, size := pcapOrder(x), len(x)
	if order == nil || size < 24 {
		w.put(unknown, 0, size, size)
		return
	}
	w.linkType = int64(order.Uint32(x[20:]) & 0xffff)
	at := w.put(captureHeader, 0, 20, size)
	at = w.put(captureLinkType, at, 4, size)
	for at < size && at < length {
		head := at
		at = w.put(recordTime.of(w.n), at, 8, size)
		at = w.put(recordLength.of(w.n), at, 8, size)
		if head+12 > size {
			break // the record's length is cut off
		}
		end := at + int(min(order.Uint32(x[head+8:]), 1<<30))
		limit := min(end, size)
		if at < limit {
			next, ok := w.record(x, at, limit)
			if !ok {
				w.put(unknown, at, size, size)
				return
			}
			w.put(padding, next, limit-next, size) // behind the packet, in its frame
		}
		at = limit
		w.n++
	}
	w.put(padding, at, size, size)
	w.well = true
}

// record names the frame of a record.
func (w *walker) record(x []byte, at, limit int) (next int, ok bool) {
	if w.linkType == int64(header.LinkTypeEthernet) {
		h, ok := w.frame(x, at, limit)
		if !ok {
			return at, false
		}
		return w.finish(x, at, limit, w.n, h), true
	}
	n, ok := linkLength(w.linkType)
	if !ok {
		return at, false
	}
	h := shape{link: n}
	if at+n < limit {
		if h, ok = w.network(x, at+n, limit); !ok {
			return at, false
		}
		h.link = n
	}
	return w.finish(x, at, limit, w.n, h), true
}
