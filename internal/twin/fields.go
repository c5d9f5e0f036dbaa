package twin

import (
	"encoding/binary"
	"slices"
)

// maskable are the fields of SPEC part 11 besides mac, ip, ports and checksums.
var maskable = []string{
	"ip.tos", "ip.length", "ip.id", "ip.fragment", "ip.ttl", "ip.flow-label", "ip.options", "tcp.seq", "tcp.ack", "tcp.flags",
	"tcp.window", "tcp.urgent", "tcp.options", "tcp.timestamps", "udp.length", "payload", "tls.sni", "http.host", "dns.names",
}

// number is a relative number of four bytes at some offset.
type number struct {
	at    int
	kind  string // seq, ack, tsval, tsecr
	edge  bool   // of a SACK option: counted from the first ack, and never the first itself
	value uint32
}

// maskFields masks the fields of SPEC part 11 in b, a copy of the packet d, and returns its relative numbers.
func maskFields(b, d []byte, h Headers, s Settings) (numbers []number) {
	hidden := func(field string) bool { return s.Mask[field] != "" && s.Mask[field] != "keep" }
	zero := func(field string, at, n int) {
		if hidden(field) {
			copy(b[at:], make([]byte, n))
		}
	}
	ip, tr := h.IP, h.Transport
	if h.Version == 4 {
		zero("ip.tos", ip+1, 1)
		zero("ip.length", ip+2, 2)
		zero("ip.id", ip+4, 2)
		zero("ip.fragment", ip+6, 2)
		zero("ip.ttl", ip+8, 1)
		zero("ip.options", ip+20, tr-ip-20)
	} else {
		word := binary.BigEndian.Uint32(b[ip:]) // version 4 bits, traffic class 8, flow label 20
		if hidden("ip.tos") {
			word &= 0xf00fffff
		}
		if hidden("ip.flow-label") {
			word &= 0xfff00000
		}
		binary.BigEndian.PutUint32(b[ip:], word)
		zero("ip.length", ip+4, 2)
		zero("ip.ttl", ip+7, 1)
		next := d[ip+6]
		for at := ip + 40; at < tr; {
			size, field := 8+8*int(d[at+1]), "ip.options"
			switch next {
			case 44:
				size, field = 8, "ip.fragment"
			case 51:
				size = 8 + 4*int(d[at+1])
			}
			zero(field, at+2, size-2)
			next = d[at]
			at += size
		}
	}
	if h.Protocol == 17 {
		zero("udp.length", tr+4, 2)
	} else {
		numbers = maskTCP(b, d, h, s, zero)
	}
	maskPayload(b, d, h, s)
	return numbers
}

func maskTCP(b, d []byte, h Headers, s Settings, zero func(string, int, int)) (numbers []number) {
	tr := h.Transport
	acks := d[tr+13]&0x10 != 0
	zero("tcp.window", tr+14, 2)
	zero("tcp.urgent", tr+18, 2)
	zero("tcp.flags", tr+13, 1)
	if s.Mask["tcp.flags"] == "zero" {
		b[tr+12] -= b[tr+12] % 2
	}
	take := func(field string, at int, kind string, edge, there bool) {
		zero(field, at, 4)
		if s.Mask[field] == "relative" && there {
			numbers = append(numbers, number{at, kind, edge, binary.BigEndian.Uint32(d[at:])})
		}
	}
	take("tcp.seq", tr+4, "seq", false, true)
	take("tcp.ack", tr+8, "ack", false, acks)
	if s.Mask["tcp.options"] == "zero" {
		zero("tcp.options", tr+20, h.Payload-tr-20)
		return numbers
	}
	for at := tr + 20; at < h.Payload && d[at] != 0; {
		if d[at] == 1 {
			at++
			continue
		}
		if at+1 >= h.Payload || d[at+1] < 2 || at+int(d[at+1]) > h.Payload {
			break
		}
		size := int(d[at+1])
		if d[at] == 8 && size == 10 {
			take("tcp.timestamps", at+2, "tsval", false, true)
			take("tcp.timestamps", at+6, "tsecr", false, acks)
		}
		if d[at] == 5 {
			for i := 2; i+4 <= size; i += 4 {
				take("tcp.ack", at+i, "ack", true, true)
			}
		}
		at += size
	}
	return numbers
}

func maskPayload(b, d []byte, h Headers, s Settings) {
	for i := h.Payload; i < h.End; i++ {
		switch s.Mask["payload"] {
		case "zero":
			b[i] = 0
		case "ones":
			b[i] = 0xff
		}
	}
	if p := s.Mask["payload"]; p != "" && p != "keep" {
		return
	}
	for _, n := range packetNames(d, h, s) {
		copy(b[h.Payload+n.at:], make([]byte, n.n))
	}
}

// packetNames returns the names in a packet's payload whose fields are masked.
func packetNames(d []byte, h Headers, s Settings) (all []name) {
	payload := d[h.Payload:h.End]
	if s.Mask["tls.sni"] == "zero" {
		all = append(all, sni(payload)...)
	}
	if s.Mask["http.host"] == "zero" {
		all = append(all, hosts(payload)...)
	}
	ports := []uint16{h.SrcPort, h.DstPort}
	has := func(p uint16) bool { return slices.Contains(ports, p) }
	switch {
	case s.Mask["dns.names"] != "zero":
	case h.Protocol == 17 && (has(53) || has(5353) || has(5355)):
		all = append(all, dnsNames(payload, false)...)
	case h.Protocol == 6 && (has(53) || has(5355)):
		all = append(all, dnsNames(payload, true)...)
	}
	return all
}

// cutNames counts the names that are masked and go on behind the end of the packet.
func cutNames(d []byte, h Headers, s Settings) (n int) {
	if p := s.Mask["payload"]; p != "" && p != "keep" {
		return 0
	}
	for _, one := range packetNames(d, h, s) {
		if one.cut {
			n++
		}
	}
	return n
}
