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
	if s.Group {
		return convertGroup(captures, labels, s), nil
	}
	res := &Result{}
	seenCaptures := map[string]bool{}    // label and uncompressed bytes
	seen := map[string]map[uint16]bool{} // bytes that dedup compares -> labels they stand under
	for i, raw := range captures {
		f := Packets(raw)
		c := CaptureResult{Left: map[string]int{}, LeftUnits: map[string]int{}, NotCapture: f.NotCapture, Format: f.Format, Damage: f.Damage, DamageOffset: f.DamageOffset}
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
	addUnits(res, c, Units(f, c, s), label, s, seen)
}

// addUnits makes samples of the units of a capture.
func addUnits(res *Result, c *CaptureResult, units []Unit, label uint16, s Settings, seen map[string]map[uint16]bool) {
	for _, u := range units {
		c.Units++
		session, zeroed := u.session(s).bytes(), u.session(s).zeroed()
		shown := u.shown(session, s)
		if shown.Fit == "empty" {
			c.Empty++
			continue
		}
		if reason := u.unwanted(len(session), s); reason != "" {
			c.LeftUnits[reason]++
			continue
		}
		c.OriginalBytes += int64(len(session))
		switch shown.Fit {
		case "truncated":
			c.Truncated++
		case "padded":
			c.Padded++
		default:
			c.Exact++
		}
		sample := shown.Bytes
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
		res.Layouts = append(res.Layouts, u.session(s).layout(s.Length)...)
		res.Labels = append(res.Labels, label)
		res.Units = append(res.Units, u)
		c.Samples++
		if u.background() {
			c.Background++
		}
	}
}

// shown is the sample of a unit; contributed is what its packets contribute.
func (u *Unit) shown(contributed []byte, s Settings) Shown {
	if s.Form == "" {
		return Shown{cutPad(contributed, s.Length), len(contributed), fitOf(len(contributed), s.Length)}
	}
	var packets []Seen
	for i, p := range u.Packets {
		packets = append(packets, Seen{p.Record, p.Headers, u.Forward(i)})
	}
	return Show(s.Form, packets, s)
}

// Sessions returns the bytes of every unit of the file, in the order of their first kept packets, and counts packets in c.
func Sessions(f File, c *CaptureResult, s Settings) (out [][]byte) {
	for _, u := range Units(f, c, s) {
		out = append(out, u.session(s).bytes())
	}
	return out
}

// session is what the kept packets of one five-tuple add.
type session struct {
	parts []part
	from  []string // the source of each packet, which tells its direction
}

// background says whether the session begins with a packet that every host sends.
func (u *Unit) background() bool {
	h := u.Packets[0].Headers
	dst := h.Dst
	if !u.Forward(0) {
		dst = h.Src
	}
	to := dst.AsSlice()
	return h.SrcPort == 53 || h.DstPort == 53 || h.Protocol == 17 && (isBackground(h.SrcPort) || isBackground(h.DstPort)) ||
		h.Version == 4 && (to[0] >= 224 && to[0] < 240 || dst.String() == "255.255.255.255") || h.Version == 6 && to[0] == 255
}

// session is what the packets of a unit add.
func (u *Unit) session(s Settings) (out session) {
	for _, p := range u.Packets {
		out.parts = append(out.parts, contribution(p.Record, p.Headers, s))
		out.from = append(out.from, fmt.Sprint(p.Headers.Src, " ", p.Headers.SrcPort))
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
