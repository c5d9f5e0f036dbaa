package twin

import (
	"bytes"
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
	for _, session := range Sessions(f, c, s) {
		c.Sessions++
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
			compared = string(session)
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
		res.Labels = append(res.Labels, label)
		c.Samples++
	}
}

// Sessions returns the bytes of every session of the file, in the order of their first kept packets, and counts packets in c.
func Sessions(f File, c *CaptureResult, s Settings) [][]byte {
	var order []string
	parts := map[string][][]byte{}
	for _, r := range f.Records {
		c.Packets++
		h := Decode(r.LinkType, r.Data, int(r.OrigLen))
		if reason := h.dropped(s.Drop); reason != "" {
			c.Left[reason]++
			continue
		}
		c.Used++
		key := h.Key()
		if _, ok := parts[key]; !ok {
			order = append(order, key)
		}
		parts[key] = append(parts[key], contribution(r, h, s))
	}
	var out [][]byte
	for _, key := range order {
		out = append(out, bytes.Join(parts[key], nil))
	}
	return out
}
