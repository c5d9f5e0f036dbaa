package mask

import (
	"encoding/binary"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/names"
)

// fixed are masks for the parts of headers that always stand at the same place: a bit that
// is not set is zeroed. Relative numbers are zero until they are known.
type fixed struct {
	ip4 [20]byte
	ip6 [40]byte
	tcp [20]byte
	udp [8]byte
}

// fixedMasks are the masks of a policy, or nil if they would change nothing.
func (p *Policy) fixedMasks() *fixed {
	f := &fixed{}
	for _, b := range [][]byte{f.ip4[:], f.ip6[:], f.tcp[:], f.udp[:]} {
		for i := range b {
			b[i] = 0xff
		}
	}
	none := *f
	hide := func(field Field, bytes ...[]byte) {
		if p.Fields[field] == Keep {
			return
		}
		for _, b := range bytes {
			clear(b)
		}
	}
	hide(IPTos, f.ip4[1:2])
	hide(IPLength, f.ip4[2:4], f.ip6[4:6])
	hide(IPID, f.ip4[4:6])
	hide(IPFragment, f.ip4[6:8])
	hide(IPTTL, f.ip4[8:9], f.ip6[7:8])
	if p.Fields[IPTos] != Keep {
		f.ip6[0] &= 0xf0
		f.ip6[1] &= 0x0f
	}
	if p.Fields[IPFlowLabel] != Keep {
		f.ip6[1] &= 0xf0
		clear(f.ip6[2:4])
	}
	hide(TCPSeq, f.tcp[4:8])
	hide(TCPAck, f.tcp[8:12])
	hide(TCPFlags, f.tcp[13:14])
	if p.Fields[TCPFlags] != Keep {
		f.tcp[12] &= 0xfe
	}
	hide(TCPWindow, f.tcp[14:16])
	hide(TCPUrgent, f.tcp[18:20])
	hide(UDPLength, f.udp[4:6])
	if *f == none {
		return nil
	}
	return f
}

// apply masks dst, which holds a copy of a packet from offset start on, cut anywhere.
func (f *fixed) apply(dst []byte, l *header.Layout, start int) {
	ip, transport := f.ip4[:], f.tcp[:]
	if l.IsIPv6() {
		ip = f.ip6[:]
	}
	if l.IsUDP() {
		transport = f.udp[:]
	}
	and(dst, l.Network()-start, ip)
	and(dst, l.Transport()-start, transport)
}

// and clears the bits of b from offset at on that are not set in mask, as far as b reaches.
// A mask has a multiple of four bytes.
func and(b []byte, at int, mask []byte) {
	if at >= len(b) {
		return
	}
	b = b[at:]
	for len(mask) >= 4 && len(b) >= 4 {
		binary.LittleEndian.PutUint32(b, binary.LittleEndian.Uint32(b)&binary.LittleEndian.Uint32(mask))
		b, mask = b[4:], mask[4:]
	}
	for i := range min(len(b), len(mask)) {
		b[i] &= mask[i]
	}
}

// editFields masks the fields behind the fixed headers in dst, a copy of data from offset
// start on, cut anywhere.
func (m *Masker) editFields(dst, data []byte, l *header.Layout, start int) {
	if l.HasOptions() && (m.Fields[IPOptions] != Keep || m.Fields[IPFragment] != Keep) {
		if !l.IsIPv6() && m.Fields[IPOptions] != Keep {
			at := l.Network() + 20
			zero(dst, at-start, l.Transport()-at)
		}
		l.Extensions(data, func(number uint8, at, length int) {
			field := IPOptions
			if number == header.ExtFragment {
				field = IPFragment
			}
			if m.Fields[field] != Keep {
				zero(dst, at+2-start, length-2)
			}
		})
	}
	at := l.Transport() + 20
	if l.IsUDP() || l.Payload() == at {
		return
	}
	if m.Fields[TCPOptions] != Keep {
		zero(dst, at-start, l.Payload()-at)
		return
	}
	if m.Fields[TCPAck] == Keep && m.Fields[TCPTimestamps] == Keep {
		return
	}
	l.TCPOptions(data, func(kind uint8, at, length int) {
		switch {
		case kind == header.OptionSACK && m.Fields[TCPAck] != Keep:
			zero(dst, at+2-start, (length-2)/4*4)
		case isTimestamps(kind, length) && m.Fields[TCPTimestamps] != Keep:
			zero(dst, at+2-start, 8)
		}
	})
}

// MasksNames reports whether names in payload are masked.
func (p *Policy) MasksNames() bool {
	return (p.Fields[TLSSNI] != Keep || p.Fields[HTTPHost] != Keep || p.Fields[DNSNames] != Keep) && p.Fields[PayloadBytes] == Keep
}

// editPayload masks dst, a copy of the payload of a packet, cut anywhere.
func (m *Masker) editPayload(dst, data []byte, l *header.Layout) {
	if len(dst) == 0 {
		return
	}
	switch m.Fields[PayloadBytes] {
	case Zero:
		clear(dst)
	case Ones:
		for i := range dst {
			dst[i] = 0xff
		}
	}
	if m.names {
		m.editNames(dst, data, l)
	}
}

func (m *Masker) editNames(dst, data []byte, l *header.Layout) {
	payload := data[l.Payload():l.End()]
	hide := func(at, length int) { zero(dst, at, length) }
	if m.Fields[TLSSNI] != Keep {
		names.SNI(payload[:min(len(payload), len(dst)+names.MaxSNI)], hide)
	}
	if m.Fields[HTTPHost] != Keep {
		names.Host(payload, hide)
	}
	if m.Fields[DNSNames] != Keep && l.IsDNS() {
		names.DNS(payload, l.IsUDP(), hide)
	}
}

// NamesCut is how many names that the policy masks run on behind the end of what was
// captured of a packet: the rest of them stands in another packet, and is not masked. s is
// what header.Decode made of data, with Reason OK.
func (p *Policy) NamesCut(data []byte, s *header.Stack) (cut int) {
	payload := data[s.Payload:s.End]
	if !p.MasksNames() || len(payload) == 0 {
		return 0
	}
	if p.Fields[TLSSNI] != Keep {
		cut += names.SNICut(payload)
	}
	if p.Fields[HTTPHost] != Keep {
		cut += names.Host(payload, ignore)
	}
	if p.Fields[DNSNames] != Keep && s.IsDNS() {
		cut += names.DNS(payload, s.Proto == header.UDP, ignore)
	}
	return cut
}

func ignore(_, _ int) {}
