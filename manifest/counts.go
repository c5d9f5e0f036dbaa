package manifest

import (
	"fmt"
	"maps"
)

// Counts is what happened to packets and sessions, of one capture or of all.
type Counts struct {
	Packets int64            `json:"packets"`
	Used    int64            `json:"packets_used"`
	LeftOut map[string]int64 `json:"packets_left_out"` // by reason; only reasons that occurred
	// Snapped are used packets of which not all was captured. NamesCut are names that are
	// masked and go on behind the end of their used packet: the rest of them is not masked.
	Snapped    int64 `json:"packets_snapped,omitempty"`
	NamesCut   int64 `json:"names_cut,omitempty"`
	Sessions   int64 `json:"sessions"`
	Units      int64 `json:"units,omitempty"` // where a session can have several, see Settings.Units
	Samples    int64 `json:"samples"`
	Duplicates int64 `json:"duplicates"`
	Empty      int64 `json:"empty"` // sessions without a byte
	// SessionsLeftOut are sessions or units with bytes that were not wanted, by reason; only
	// reasons that occurred.
	SessionsLeftOut map[string]int64 `json:"sessions_left_out,omitempty"`
	Conflicts       int64            `json:"conflicts"` // samples whose bytes stand under another label too
	// LabelConflicts are sessions that matched rows of several classes, or had packets of
	// several.
	LabelConflicts int64 `json:"label_conflicts,omitempty"`
	// Sessions with bytes that were wanted, duplicates included, by how they fit the sample.
	Truncated int64 `json:"truncated"`
	Padded    int64 `json:"padded"`
	Exact     int64 `json:"exact"`
	// Bytes that they had before they were cut or padded, and the mean.
	OriginalBytes int64   `json:"original_bytes"`
	MeanLength    float64 `json:"mean_original_length"`
	Seconds       float64 `json:"seconds"` // wall time spent; the only value that is not reproducible
}

// Settle computes what follows from the other fields.
func (c *Counts) Settle() {
	c.MeanLength = 0
	if n := c.full(); n > 0 {
		c.MeanLength = float64(c.OriginalBytes) / float64(n)
	}
}

// full is the number of sessions or units with bytes that were wanted.
func (c *Counts) full() int64 { return c.units() - c.Empty - sum(c.SessionsLeftOut) }

// units is the number of units, each of which gives at most one sample.
func (c *Counts) units() int64 {
	if c.Units > 0 {
		return c.Units
	}
	return c.Sessions
}

func sum(counts map[string]int64) (n int64) {
	for _, k := range counts {
		n += k
	}
	return n
}

// Add adds the counts of another part.
func (c *Counts) Add(o *Counts) {
	c.Packets += o.Packets
	c.Used += o.Used
	c.Snapped += o.Snapped
	c.NamesCut += o.NamesCut
	if c.LeftOut == nil {
		c.LeftOut = map[string]int64{}
	}
	for reason, n := range o.LeftOut {
		c.LeftOut[reason] += n
	}
	c.Sessions += o.Sessions
	c.Units += o.Units
	c.Samples += o.Samples
	c.Duplicates += o.Duplicates
	c.Empty += o.Empty
	for reason, n := range o.SessionsLeftOut {
		if c.SessionsLeftOut == nil {
			c.SessionsLeftOut = map[string]int64{}
		}
		c.SessionsLeftOut[reason] += n
	}
	c.Conflicts += o.Conflicts
	c.LabelConflicts += o.LabelConflicts
	c.Truncated += o.Truncated
	c.Padded += o.Padded
	c.Exact += o.Exact
	c.OriginalBytes += o.OriginalBytes
	c.Seconds += o.Seconds
	c.Settle()
}

// Check tells whether the laws hold.
func (c *Counts) Check() error {
	var left int64
	least := min(c.Packets, c.Used, c.Snapped, c.NamesCut, c.Sessions, c.Units, c.Samples, c.Duplicates, c.Empty, c.Conflicts, c.LabelConflicts, c.Truncated, c.Padded, c.Exact, c.OriginalBytes)
	for _, n := range c.LeftOut {
		left += n
		least = min(least, n)
	}
	for _, n := range c.SessionsLeftOut {
		least = min(least, n)
	}
	unwanted := sum(c.SessionsLeftOut)
	settled := *c
	settled.Settle()
	switch {
	case least < 0:
		return fmt.Errorf("a count of %d", least)
	case c.Packets != c.Used+left:
		return fmt.Errorf("%d packets, but %d used and %d left out", c.Packets, c.Used, left)
	case c.Snapped > c.Used:
		return fmt.Errorf("%d packets snapped, but only %d used", c.Snapped, c.Used)
	case c.Units > 0 && c.Sessions > c.Units:
		return fmt.Errorf("%d units of %d sessions", c.Units, c.Sessions)
	case c.units() != c.Samples+c.Duplicates+c.Empty+unwanted:
		what := "sessions"
		if c.Units > 0 {
			what = "units"
		}
		return fmt.Errorf("%d %s, but %d samples, %d duplicates, %d empty and %d left out", c.units(), what, c.Samples, c.Duplicates, c.Empty, unwanted)
	case c.full() != c.Truncated+c.Padded+c.Exact:
		return fmt.Errorf("%d sessions with bytes, but %d truncated, %d padded and %d exact", c.full(), c.Truncated, c.Padded, c.Exact)
	case c.Conflicts > c.Samples:
		return fmt.Errorf("%d conflicts, but only %d samples", c.Conflicts, c.Samples)
	case c.LabelConflicts > c.units():
		return fmt.Errorf("%d conflicts of labels, but only %d sessions", c.LabelConflicts, c.units())
	case c.MeanLength != settled.MeanLength:
		return fmt.Errorf("mean length %v, but %d bytes in %d sessions", c.MeanLength, c.OriginalBytes, c.full())
	}
	return nil
}

// equal compares everything but the time spent.
func (c *Counts) equal(o *Counts) bool {
	return maps.Equal(c.LeftOut, o.LeftOut) && maps.Equal(c.SessionsLeftOut, o.SessionsLeftOut) &&
		c.Packets == o.Packets && c.Used == o.Used && c.Snapped == o.Snapped && c.NamesCut == o.NamesCut && c.Sessions == o.Sessions && c.Units == o.Units && c.Samples == o.Samples &&
		c.Duplicates == o.Duplicates && c.Empty == o.Empty && c.Conflicts == o.Conflicts && c.LabelConflicts == o.LabelConflicts &&
		c.Truncated == o.Truncated && c.Padded == o.Padded && c.Exact == o.Exact &&
		c.OriginalBytes == o.OriginalBytes && c.MeanLength == o.MeanLength
}
