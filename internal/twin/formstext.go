package twin

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func twinNprint(unit []look, packets int, layers []string, payload int, s Settings) Shown {
	size := map[string]int{"eth": 14, "ipv4": 60, "ipv6": 40, "tcp": 60, "udp": 8, "icmp": 8}
	// row is text: a letter a bit, 0, 1 or - for what is not there.
	row := func(l look) string {
		found := map[string]string{}
		if l.LinkType == 1 && len(l.link) >= 14 {
			found["eth"] = bitText(l.link[:14])
		}
		name, first, gap, ip := "ipv4", 12, 8, l.ip
		if l.Version == 6 {
			name, first, gap = "ipv6", 8, 32
			if ip = l.ip[:8]; s.IP != "remove" {
				ip = l.ip[:40]
			}
		}
		if s.IP == "remove" {
			found[name] = bitText(ip[:first]) + strings.Repeat("-", 8*gap) + bitText(ip[first:])
		} else {
			found[name] = bitText(ip)
		}
		found[map[int]string{6: "tcp", 17: "udp"}[l.Protocol]] = bitText(l.transport)
		text := ""
		for _, layer := range layers {
			text += found[layer] + strings.Repeat("-", 8*size[layer]-len(found[layer]))
		}
		shown := bitText(l.payload[:min(payload, len(l.payload))])
		return text + shown + strings.Repeat("-", 8*payload-len(shown))
	}
	width := 8 * payload
	for _, layer := range layers {
		width += 8 * size[layer]
	}
	all := ""
	for _, l := range unit[:min(packets, len(unit))] {
		all += row(l)
	}
	all += strings.Repeat("-", packets*width-len(all))
	value := map[rune]byte{'0': 0, '1': 1, '-': 255}
	var b []byte
	for _, letter := range all {
		b = append(b, value[letter])
	}
	return Shown{b, len(unit), fitOf(len(unit), packets)}
}

func twinBigrams(unit []look, packets, tokens int, start string, sep, trailer, payload bool) Shown {
	text := ""
	for _, l := range unit[:min(packets, len(unit))] {
		b := slices.Concat(l.header(), l.payload)
		switch {
		case payload:
			b = l.payload
		case start == "transport":
			b = slices.Concat(l.transport, l.payload)
		case start == "after-ports":
			b = slices.Concat(l.transport[4:], l.payload)
		case strings.HasPrefix(start, "frame+"):
			n, _ := strconv.Atoi(start[6:])
			b = slices.Concat(l.link, l.header(), l.payload)
			if trailer {
				b = append(b, l.trailer...)
			}
			b = b[min(n, len(b)):]
		}
		if trailer && !strings.HasPrefix(start, "frame+") {
			b = append(slices.Clone(b), l.trailer...)
		}
		if sep && len(b) >= 2 {
			text += "[SEP] "
		}
		for i := 0; i < min(tokens, len(b)-1); i++ {
			text += fmt.Sprintf("%02x%02x ", b[i], b[i+1])
		}
	}
	if text == "" {
		return Shown{Fit: "empty"}
	}
	return Shown{[]byte(text), len(unit), fitOf(len(unit), packets)}
}

func hexwords(b []byte) string {
	var words []string
	for pair := range slices.Chunk(b, 2) {
		words = append(words, hex.EncodeToString(pair))
	}
	return strings.Join(words, " ")
}

// burst is one of netFound's.
type burst struct {
	packets []int
	forward bool
}

func twinTokens(unit []look, bursts, packets int, gap int64, payload int, s Settings) Shown {
	var all []*burst
	current := map[bool]*burst{}
	last := map[bool]int64{}
	for i, l := range unit {
		if current[l.Forward] == nil || elapsed(last[l.Forward], l.Time) > uint64(gap) {
			current[l.Forward] = &burst{forward: l.Forward}
			all = append(all, current[l.Forward])
		}
		current[l.Forward].packets = append(current[l.Forward].packets, i)
		last[l.Forward] = l.Time
	}
	earliest, latest := unit[0].Time, unit[0].Time
	for _, l := range unit {
		earliest, latest = min(earliest, l.Time), max(latest, l.Time)
	}
	var line struct { // in the order of the keys
		BurstTokens  [][]int  `json:"burst_tokens"`
		Bytes        []int    `json:"bytes"`
		Counts       []int    `json:"counts"`
		Directions   []bool   `json:"directions"`
		FlowDuration uint64   `json:"flow_duration"`
		IATs         []uint64 `json:"iats"`
		Protocol     int      `json:"protocol"`
	}
	before := map[bool]int64{}
	shown := 0
	for _, b := range all[:min(bursts, len(all))] {
		list := b.packets[:min(packets, len(b.packets))]
		var tokens []int
		bytes := 0
		for _, i := range list {
			tokens = append(tokens, packetTokens(unit, i, payload, s)...)
			bytes += unit[i].ipSize()
		}
		start := unit[b.packets[0]].Time
		iat := uint64(0)
		if from, ok := before[b.forward]; ok {
			iat = halfToEven(elapsed(from, start))
		}
		before[b.forward] = start
		line.BurstTokens = append(line.BurstTokens, tokens)
		line.Bytes = append(line.Bytes, bytes)
		line.Counts = append(line.Counts, len(list))
		line.Directions = append(line.Directions, b.forward == unit[0].Forward)
		line.IATs = append(line.IATs, iat)
		shown += len(list)
	}
	line.FlowDuration, line.Protocol = elapsed(earliest, latest)/1000, unit[0].Protocol
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fit := "padded"
	if shown < len(unit) {
		fit = "truncated"
	} else if shown == bursts*packets {
		fit = "exact"
	}
	return Shown{text, len(unit), fit}
}

// halfToEven is nanoseconds in microseconds. A float64 has no room for the time since 1970, which is what lies between a simple
// packet block, which has no time, and a packet that has one.
func halfToEven(ns uint64) uint64 {
	below := ns / 1000
	switch over := ns - 1000*below; {
	case over < 500, over == 500 && below%2 == 0:
		return below
	}
	return below + 1
}

// packetTokens are the numbers of packet i.
func packetTokens(unit []look, i, payload int, s Settings) (out []int) {
	l := unit[i]
	size := l.ipSize() % 65536
	if s.Mask["ip.length"] == "zero" {
		size = 0
	}
	if l.Version == 4 {
		out = append(out, int(l.ip[0]%16)*4, int(l.ip[1]), size, int(l.ip[6]/32), int(l.ip[8]))
	} else {
		out = append(out, 40, int(l.ip[0]%16), size, 0, int(l.ip[7]))
	}
	if l.Protocol == 17 {
		out = append(out, be16(l.transport, 4))
	} else {
		seq, ack := netFoundNumbers(unit, i)
		for _, n := range []struct {
			field string
			value *uint32
			at    int
		}{{"tcp.seq", &seq, 4}, {"tcp.ack", &ack, 8}} {
			if a := s.Mask[n.field]; a == "zero" || a == "relative" {
				*n.value = binary.BigEndian.Uint32(l.transport[n.at:]) // as masked
			}
		}
		out = append(out, int(l.transport[13]), be16(l.transport, 14), int(seq>>16), int(seq%65536), int(ack>>16), int(ack%65536), be16(l.transport, 18))
	}
	p := cutPad(l.payload, payload)
	for i := 0; i < payload; i += 2 {
		out = append(out, be16(p, i))
	}
	return out
}

// netFoundNumbers are sequence and acknowledgement number of packet i as netFound counts them.
func netFoundNumbers(unit []look, i int) (uint32, uint32) {
	seq := func(i int) uint32 { return binary.BigEndian.Uint32(unit[i].Data[unit[i].Transport+4:]) }
	ack := func(i int) uint32 { return binary.BigEndian.Uint32(unit[i].Data[unit[i].Transport+8:]) }
	a, b := seq(0), ack(0)
	if b == 0 && i > 0 {
		b = seq(1)
	}
	switch {
	case unit[i].Forward != unit[0].Forward:
		return seq(i) - b, ack(i) - a
	case b == 0:
		return seq(i) - a, 0
	}
	return seq(i) - a, ack(i) - b
}
