package twin

import (
	"encoding/binary"
	"fmt"
)

// Convert turns captures, each the raw bytes of a file, into one dataset. Capture i has label labels[i]. The only errors are
// settings or labels that make no sense.
func Convert(captures [][]byte, labels []uint16, s Settings) (*Result, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(captures) != len(labels) {
		return nil, fmt.Errorf("%d captures and %d labels", len(captures), len(labels))
	}
	res := &Result{}
	seenCaptures := map[string]bool{}    // label and uncompressed bytes
	seen := map[string]map[uint16]bool{} // bytes that dedup compares -> labels they stand under
	for i, raw := range captures {
		f := Packets(raw)
		c := CaptureResult{Left: map[string]int{}, NotCapture: f.NotCapture, Format: f.Format, Damage: f.Damage, DamageOffset: f.DamageOffset}
		identity := fmt.Sprint(labels[i], " ") + string(f.Plain)
		if !f.NotCapture && seenCaptures[identity] {
			c.Skipped = true
		} else {
			seenCaptures[identity] = true
			convertOne(res, &c, f, labels[i], s, seen)
		}
		res.Conflicts += c.Conflicts
		res.Captures = append(res.Captures, c)
	}
	return res, nil
}

func convertOne(res *Result, c *CaptureResult, f File, label uint16, s Settings, seen map[string]map[uint16]bool) {
	for _, session := range sessionsOf(f, c, s) {
		c.Sessions++
		everybody, layout := session.background, session.layout(s.Length)
		session, zeroed := session.bytes(), session.zeroed()
		if len(session) == 0 {
			c.Empty++
			continue
		}
		c.OriginalBytes += int64(len(session))
		switch {
		case len(session) > s.Length:
			c.Truncated++
		case len(session) < s.Length:
			c.Padded++
		default:
			c.Exact++
		}
		sample := make([]byte, s.Length)
		copy(sample, session)
		compared := string(sample)
		if s.Dedup == "session" {
			compared = string(zeroed)
		}
		if s.Dedup != "none" && seen[compared][label] {
			c.Duplicates++
			continue
		}
		for other := range seen[compared] {
			if other != label {
				c.Conflicts++
				break
			}
		}
		if seen[compared] == nil {
			seen[compared] = map[uint16]bool{}
		}
		seen[compared][label] = true
		res.Samples = append(res.Samples, sample)
		res.Layouts = append(res.Layouts, layout...)
		res.Labels = append(res.Labels, label)
		c.Samples++
		if everybody {
			c.Background++
		}
	}
}

// Sessions returns the bytes of every session of the file, in the order of their first kept packets, and counts packets in c.
func Sessions(f File, c *CaptureResult, s Settings) (out [][]byte) {
	for _, one := range sessionsOf(f, c, s) {
		out = append(out, one.bytes())
	}
	return out
}

// session is what the kept packets of one five-tuple add.
type session struct {
	parts []part
	from  []string // the source of each packet, which tells its direction

	background bool // the first packet is one that every host sends
}

func sessionsOf(f File, c *CaptureResult, s Settings) (out []session) {
	var order []string
	sessions := map[string]session{}
	for _, r := range f.Records {
		c.Packets++
		h := Decode(r.LinkType, r.Data, int(r.OrigLen))
		if reason := h.dropped(s.Drop); reason != "" {
			c.Left[reason]++
			continue
		}
		c.Used++
		if h.AnnEnd != unknown && h.AnnEnd > h.End || h.AnnEnd == unknown && int(r.OrigLen) > len(r.Data) {
			c.Snapped++
		}
		c.NamesCut += cutNames(r.Data, h, s)
		key := h.Key()
		one, ok := sessions[key]
		if !ok {
			order = append(order, key)
			to := h.Dst.AsSlice()
			one.background = h.SrcPort == 53 || h.DstPort == 53 || h.Protocol == 17 && (isBackground(h.SrcPort) || isBackground(h.DstPort)) ||
				h.Version == 4 && (to[0] >= 224 && to[0] < 240 || h.Dst.String() == "255.255.255.255") || h.Version == 6 && to[0] == 255
		}
		one.parts = append(one.parts, contribution(r, h, s))
		one.from = append(one.from, fmt.Sprint(h.Src, " ", h.SrcPort))
		sessions[key] = one
	}
	for _, key := range order {
		out = append(out, sessions[key])
	}
	return out
}

// layout returns the record of the session in sample_layout.bin (SPEC 13): the packets that begin before a sample's end.
func (s session) layout(length int) (out []byte) {
	n := uint16(0)
	for _, p := range s.parts {
		if length <= 0 {
			break
		}
		length -= len(p.bytes)
		n++
		for _, k := range p.layout {
			out = binary.LittleEndian.AppendUint16(out, uint16(min(k, 65535)))
		}
		out = append(out, byte(p.headers.Version), byte(p.headers.Protocol))
	}
	return append(binary.LittleEndian.AppendUint16(nil, n), out...)
}

// zeroed returns the bytes with relative numbers as zeros.
func (s session) zeroed() (out []byte) {
	for _, p := range s.parts {
		out = append(out, p.bytes...)
	}
	return out
}

// bytes returns the bytes with relative numbers: each minus the first of its kind in its direction, an edge minus the first ack up
// to there.
func (s session) bytes() (out []byte) {
	first := map[string]uint32{}
	for i, p := range s.parts {
		start := len(out)
		out = append(out, p.bytes...)
		for _, n := range p.numbers {
			if _, ok := first[s.from[i]+n.kind]; !ok && !n.edge {
				first[s.from[i]+n.kind] = n.value
			}
			if base, ok := first[s.from[i]+n.kind]; ok {
				binary.BigEndian.PutUint32(out[start+n.at:], n.value-base)
			}
		}
	}
	return out
}
