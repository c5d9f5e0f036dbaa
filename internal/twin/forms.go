package twin

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Seen is a packet of a unit as a form sees it.
type Seen struct {
	Record
	Headers
	Forward bool // goes as the first kept packet of its session
}

// Shown is what a form makes of a unit.
type Shown struct {
	Bytes   []byte // the array, row by row, big-endian; or the line of text
	Counted int
	Fit     string // empty, padded, exact, truncated
}

// look is a packet with its masks, relative numbers included, taken apart.
type look struct {
	Seen
	link, ip, transport, payload, trailer []byte
}

// looks masks the packets of a unit.
func looks(packets []Seen, s Settings) (out []look) {
	first := map[string]uint32{} // of numbers, by direction and kind
	for _, p := range packets {
		b, gone, numbers := masked(p.Record, p.Headers, s)
		for _, n := range numbers {
			if key := fmt.Sprint(p.Forward, n.kind); !n.edge {
				if _, ok := first[key]; !ok {
					first[key] = n.value
				}
			}
		}
		for _, n := range numbers {
			if base, ok := first[fmt.Sprint(p.Forward, n.kind)]; ok {
				binary.BigEndian.PutUint32(b[n.at:], n.value-base)
			}
		}
		part := func(from, to int) (bytes []byte) {
			for i := from; i < to; i++ {
				if !gone[i] {
					bytes = append(bytes, b[i])
				}
			}
			return bytes
		}
		l := look{p, part(0, p.IP), part(p.IP, p.Transport), part(p.Transport, p.Payload), part(p.Payload, p.End), part(p.End, len(b))}
		if s.UDPPad && p.Protocol == 17 {
			l.transport = append(l.transport, make([]byte, 12)...)
		}
		out = append(out, l)
	}
	return out
}

func (l look) header() []byte    { return slices.Concat(l.ip, l.transport) }
func (l look) frame() []byte     { return slices.Concat(l.link, l.ip, l.transport, l.payload, l.trailer) }
func (l look) ipSize() int       { return l.AnnEnd - l.IP }
func (l look) payloadSize() int  { return l.AnnEnd - l.Headers.Payload }
func (l look) hasCaptured() bool { return l.End > l.Headers.Payload }

// defaults of the parameters, as SPEC part 12 has them.
var defaults = map[string]map[string]string{
	"bytes":        {"length": "784"},
	"ustc-all":     {"length": "784"},
	"matrix":       {"packets": "5", "header": "80", "payload": "240"},
	"packet-bytes": {"length": "1500", "trailer": "drop"},
	"series":       {"packets": "30", "channels": "ipt+dir+size+push", "select": "payload", "time": "ms"},
	"flowpic":      {"size": "1500", "packets": "262144"},
	"mini-flowpic": {"size": "32", "span": "15s", "packets": "262144"},
	"nprint":       {"packets": "1", "layers": "ipv4+tcp+udp", "payload": "0"},
	"segments":     {"part": "header", "packets": "50", "width": "40"},
	"bigrams":      {"packets": "5", "tokens": "128", "start": "after-ports", "separator": "none", "trailer": "drop"},
	"hexwords":     {"length": "0", "trailer": "drop"},
	"tokens":       {"bursts": "12", "packets": "6", "gap": "10ms", "payload": "12"},
}

// Show makes the sample of a unit.
func Show(form string, packets []Seen, s Settings) Shown {
	name, rest, _ := strings.Cut(form, ":")
	p := maps.Clone(defaults[name])
	if strings.Contains(rest, "part=payload") {
		p["width"] = "150"
	}
	for pair := range strings.SplitSeq(rest, ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			p[key] = value
		}
	}
	n := func(key string) int { v, _ := strconv.Atoi(p[key]); return v }
	l := looks(packets, s)
	payload := s.Content == "payload"
	switch name {
	case "bytes":
		return twinBytes(packets, n("length"), s)
	case "ustc-all":
		return twinUSTC(l, n("length"))
	case "matrix":
		return twinMatrix(l, n("packets"), n("header"), n("payload"))
	case "packet-bytes":
		b := firstPacket(l[0], payload, p["trailer"] == "keep")
		return Shown{cutPad(b, n("length")), len(b), fitOf(len(b), n("length"))}
	case "series":
		return twinSeries(l, n("packets"), strings.Split(p["channels"], "+"), p["select"] == "all", p["time"])
	case "flowpic":
		return flowpic(l, n("size"), n("packets"))
	case "mini-flowpic":
		span, _ := time.ParseDuration(p["span"])
		return miniFlowpic(l, n("size"), n("packets"), span.Nanoseconds())
	case "nprint":
		return twinNprint(l, n("packets"), strings.Split(p["layers"], "+"), n("payload"), s)
	case "segments":
		return twinSegments(l, p["part"], n("packets"), n("width"), s)
	case "bigrams":
		return twinBigrams(l, n("packets"), n("tokens"), p["start"], p["separator"] == "sep", p["trailer"] == "keep", payload)
	case "hexwords":
		b := firstPacket(l[0], payload, p["trailer"] == "keep")
		limit := n("length")
		if limit == 0 {
			limit = 262144
		}
		return Shown{[]byte(hexwords(b[:min(limit, len(b))])), len(b), fitOf(len(b), limit)}
	case "tokens":
		gap, _ := time.ParseDuration(p["gap"])
		return twinTokens(l, n("bursts"), n("packets"), gap.Nanoseconds(), n("payload"), s)
	}
	panic("no form " + name)
}

func fitOf(have, room int) string {
	switch {
	case have == 0:
		return "empty"
	case have < room:
		return "padded"
	case have > room:
		return "truncated"
	}
	return "exact"
}

// cutPad cuts b or pads it with zeros.
func cutPad(b []byte, n int) []byte {
	return append(slices.Clone(b), make([]byte, n)...)[:n]
}

func twinBytes(packets []Seen, length int, s Settings) Shown {
	var all []byte
	for _, l := range looks(packets, s) {
		if s.Content == "payload" {
			all = append(all, l.payload...)
			continue
		}
		if l.LinkType == 1 && s.MAC != "remove" {
			all = append(all, l.link...)
		}
		all = append(all, l.header()...)
		all = append(all, l.payload...)
	}
	return Shown{cutPad(all, length), len(all), fitOf(len(all), length)}
}

func twinUSTC(unit []look, length int) Shown {
	file, _ := hex.DecodeString("a1b2c3d4" + "0002" + "0004" + "00000000" + "00000000" + "0000ffff" + fmt.Sprintf("%08x", unit[0].LinkType))
	for _, l := range unit {
		at := time.Unix(0, l.Time)
		for _, v := range []uint32{uint32(at.Unix()), uint32(at.Nanosecond() / 1000), uint32(len(l.Data)), l.OrigLen} {
			file = binary.BigEndian.AppendUint32(file, v)
		}
		file = append(file, l.frame()...)
	}
	return Shown{cutPad(file, length), len(file), fitOf(len(file), length)}
}

func twinMatrix(unit []look, packets, header, payload int) Shown {
	var b []byte
	for _, l := range unit[:min(packets, len(unit))] {
		b = append(b, cutPad(l.header(), header)...)
		b = append(b, cutPad(l.payload, payload)...)
	}
	return Shown{cutPad(b, packets*(header+payload)), len(unit), fitOf(len(unit), packets)}
}

func firstPacket(l look, payload, trailer bool) []byte {
	b := slices.Concat(l.header(), l.payload)
	if payload {
		b = slices.Clone(l.payload)
	}
	if trailer {
		b = append(b, l.trailer...)
	}
	return b
}

func twinSeries(unit []look, packets int, channels []string, all bool, clock string) Shown {
	var chosen []look
	for _, l := range unit {
		if all || l.payloadSize() > 0 {
			chosen = append(chosen, l)
		}
	}
	value := func(channel string, i int) float32 {
		l := chosen[i]
		dir := float32(1)
		if !l.Forward {
			dir = -1
		}
		flags := byte(0)
		if l.Protocol == 6 {
			flags = l.Data[l.Transport+13]
		}
		millis := func(from look) float32 {
			d := elapsed(from.Time, l.Time)
			if clock == "ms-floor" {
				return float32(d / 1_000_000)
			}
			return float32(float64(d) / 1e6)
		}
		switch channel {
		case "ipt":
			return millis(chosen[max(0, i-1)])
		case "time":
			return millis(chosen[0])
		case "dir":
			return dir
		case "size":
			return float32(l.payloadSize())
		case "signed-size":
			return dir * float32(l.payloadSize())
		case "ip-size":
			return float32(l.ipSize())
		case "frame-size":
			return float32(l.OrigLen)
		case "push":
			return float32(flags & 8 / 8)
		case "flags":
			return float32(flags)
		}
		panic(channel)
	}
	var b []byte
	for _, c := range channels {
		for i := range packets {
			v := float32(0)
			if i < len(chosen) {
				v = value(c, i) + 0 // no negative zero
			}
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return Shown{b, len(chosen), fitOf(len(chosen), packets)}
}

// floorDiv is a*b/c, rounded down, of numbers that may be large.
func floorDiv(a uint64, b int, c uint64) int64 {
	x := new(big.Int).Mul(new(big.Int).SetUint64(a), big.NewInt(int64(b)))
	return x.Div(x, new(big.Int).SetUint64(c)).Int64()
}

// elapsed is the nanoseconds from one time to another, 0 if that is earlier. Two times can lie
// further apart than an int64 reaches, and an exact number of nanoseconds is no float64.
func elapsed(from, to int64) uint64 {
	d := new(big.Int).Sub(big.NewInt(to), big.NewInt(from))
	if d.Sign() < 0 {
		return 0
	}
	return d.Uint64()
}

func flowpic(unit []look, size, packets int) Shown {
	first := unit[:min(packets, len(unit))]
	span := uint64(0)
	for _, l := range first {
		span = max(span, elapsed(unit[0].Time, l.Time))
	}
	counts := map[[2]int]int{}
	for _, l := range first {
		if l.ipSize() > 1500 {
			continue
		}
		row, column := min(l.ipSize()*size/1500, size-1), 0
		if span > 0 {
			column = min(int(floorDiv(elapsed(unit[0].Time, l.Time), size, span)), size-1)
		}
		counts[[2]int{row, column}]++
	}
	if len(counts) == 0 {
		return Shown{Fit: "empty"}
	}
	var b []byte
	for row := range size {
		for column := range size {
			b = binary.BigEndian.AppendUint16(b, uint16(min(counts[[2]int{row, column}], 32767)))
		}
	}
	return Shown{b, len(unit), fitOf(len(unit), packets)}
}

func miniFlowpic(unit []look, size, packets int, span int64) Shown {
	b := make([]byte, size*size)
	for _, l := range unit[:min(packets, len(unit))] {
		t := elapsed(unit[0].Time, l.Time)
		if t >= uint64(span) {
			continue
		}
		row := min(min(l.ipSize(), 1500)*size/1500, size-1)
		cell := &b[row*size+int(floorDiv(t, size, uint64(span)))]
		*cell = byte(min(int(*cell)+1, 255))
	}
	return Shown{b, len(unit), fitOf(len(unit), packets)}
}

func twinSegments(unit []look, part string, packets, width int, s Settings) Shown {
	var rows [][]byte
	for _, l := range unit {
		switch {
		case part == "header":
			ip := l.ip
			if s.IP != "remove" {
				first, n := 12, 8
				if l.Version == 6 {
					first, n = 8, 32
				}
				ip = slices.Concat(ip[:first], ip[first+n:])
			}
			rows = append(rows, slices.Concat(ip, l.transport[4:]))
		case l.hasCaptured():
			rows = append(rows, l.payload)
		}
	}
	var b []byte
	for i := range packets {
		for j := range width {
			v := uint16(256)
			if i < len(rows) && j < len(rows[i]) {
				v = uint16(rows[i][j])
			}
			b = binary.BigEndian.AppendUint16(b, v)
		}
	}
	return Shown{b, len(rows), fitOf(len(rows), packets)}
}
