package manifest

import "fmt"

// BySession is the class of captures whose sessions have labels of their own.
const BySession = "by session"

// LabelCount is how many samples have a label.
type LabelCount struct {
	Label   uint16 `json:"label"`
	Samples int64  `json:"samples"`
}

// checkBackground reports counts of background that cannot be: more than there are samples.
func (c *Capture) checkBackground() error {
	of := map[uint16]int64{}
	if err := c.count(of); err != nil {
		return err
	}
	for i, b := range c.Background {
		if b.Samples < 1 || b.Samples > of[b.Label] || i > 0 && c.Background[i-1].Label >= b.Label {
			return fmt.Errorf("capture %s: %d samples of background with label %d, of %d", c.Name, b.Samples, b.Label, of[b.Label])
		}
	}
	return nil
}

// count adds the samples of the capture to those of their labels.
func (c *Capture) count(perLabel map[uint16]int64) error {
	if c.Class != BySession {
		if c.Labels != nil {
			return fmt.Errorf("capture %s: labels by session, but class %s", c.Name, c.Class)
		}
		perLabel[c.Label] += c.Samples
		return nil
	}
	var all int64
	for i, l := range c.Labels {
		if l.Samples < 1 || i > 0 && c.Labels[i-1].Label >= l.Label {
			return fmt.Errorf("capture %s: %d samples with label %d", c.Name, l.Samples, l.Label)
		}
		all += l.Samples
		perLabel[l.Label] += l.Samples
	}
	if all != c.Samples {
		return fmt.Errorf("capture %s: %d samples, but %d with a label", c.Name, c.Samples, all)
	}
	return nil
}
