package manifest

import "fmt"

// Gap is a part of a capture that was passed over, because --resync was given.
type Gap struct {
	Offset int64  `json:"offset"`         // bytes of the uncompressed stream
	Bytes  int64  `json:"bytes"`          // passed over
	Packet uint64 `json:"packet"`         // number of the first packet behind it, from 1, over those that were read
	Detail string `json:"detail"`         // what cannot be true at the offset
	More   int    `json:"more,omitempty"` // further gaps whose bytes are counted here; only in the last entry
}

// checkGaps tells whether gaps stand in order, before packets that were read.
func (c *Capture) checkGaps() error {
	end := int64(0)
	for i, g := range c.Gaps {
		switch {
		case g.Offset < end || g.Bytes < 1 || g.More < 0:
			return fmt.Errorf("gap %d: %d bytes at %d, but the one before ends at %d", i+1, g.Bytes, g.Offset, end)
		case g.Packet < 1 || g.Packet > uint64(max(0, c.Packets))+1:
			return fmt.Errorf("gap %d: before packet %d, but there are %d", i+1, g.Packet, c.Packets)
		case g.More > 0 && i != len(c.Gaps)-1:
			return fmt.Errorf("gap %d: only the last one can stand for more", i+1)
		}
		end = g.Offset + g.Bytes
	}
	return nil
}
