package twin

import (
	"fmt"
	"slices"
)

// convertGroup is Convert where sessions go on from capture to capture: it takes all packets of all captures, sorts them by
// time, and gives each unit to the capture that its first packet is from.
func convertGroup(captures [][]byte, labels []uint16, s Settings) *Result {
	type placed struct {
		Record
		capture int
	}
	res := &Result{Captures: make([]CaptureResult, len(captures))}
	var packets []placed
	seenCaptures := map[string]bool{}
	for i, raw := range captures {
		f := Packets(raw)
		c := &res.Captures[i]
		*c = CaptureResult{Left: map[string]int{}, LeftUnits: map[string]int{}, NotCapture: f.NotCapture, Format: f.Format, Damage: f.Damage, DamageOffset: f.DamageOffset}
		identity := fmt.Sprint(labels[i], " ") + string(f.Plain)
		if c.Skipped = !f.NotCapture && seenCaptures[identity]; c.Skipped || f.NotCapture {
			continue
		}
		seenCaptures[identity] = true
		for _, r := range f.Records {
			packets = append(packets, placed{r, i})
		}
	}
	slices.SortStableFunc(packets, func(a, b placed) int { // equal times stay in the order of captures and numbers
		if a.Time < b.Time {
			return -1
		}
		if a.Time > b.Time {
			return 1
		}
		return 0
	})
	var records []Record
	for _, p := range packets {
		records = append(records, p.Record)
	}
	units := unitsOf(records, func(number int) *CaptureResult { return &res.Captures[packets[number].capture] }, s)
	seen := map[string]map[uint16]bool{}
	for i := range captures {
		c := &res.Captures[i]
		var own []Unit
		for _, u := range units {
			if packets[u.Packets[0].Number].capture == i {
				own = append(own, u)
			}
		}
		addUnits(res, c, own, labels[i], s, seen)
		res.Conflicts += c.Conflicts
	}
	return res
}
