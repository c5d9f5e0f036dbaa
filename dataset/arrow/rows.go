package arrow

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
)

// row is a sample of the form tokens, as its line has it, and its class.
type row struct {
	Tokens     [][]uint16 `json:"burst_tokens"`
	Bytes      []uint32   `json:"bytes"`
	Counts     []uint32   `json:"counts"`
	Directions []bool     `json:"directions"`
	Duration   uint64     `json:"flow_duration"`
	IATs       []uint64   `json:"iats"`
	Protocol   uint16     `json:"protocol"`
}

// read takes a row from a line. Whatever is not one is an error.
func (r *row) read(line []byte) error {
	*r = row{}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return err
	}
	if d.More() {
		return errors.New("something follows the object")
	}
	if n := len(r.Tokens); len(r.Bytes) != n || len(r.Counts) != n || len(r.Directions) != n || len(r.IATs) != n {
		return errors.New("its lists have different lengths")
	}
	return nil
}

// group is the columns of some rows.
type group struct {
	rows                   int
	duration, protocol     []byte
	bursts                 []byte // where the bursts of each row end, for all of their lists
	tokens, ends           []byte // of each burst: its numbers, and where they end
	directions             []byte // a bit each
	sizes, counts, iats    []byte
	labels, labelEnds      []byte
	burstCount, tokenCount int
}

func newGroup() *group {
	zero := []byte{0, 0, 0, 0}
	return &group{bursts: bytes.Clone(zero), ends: bytes.Clone(zero), labelEnds: bytes.Clone(zero)}
}

func (g *group) add(r *row, class string) {
	le := binary.LittleEndian
	g.rows++
	g.duration, g.protocol = le.AppendUint64(g.duration, r.Duration), le.AppendUint16(g.protocol, r.Protocol)
	for i, numbers := range r.Tokens {
		for _, n := range numbers {
			g.tokens = le.AppendUint16(g.tokens, n)
		}
		g.tokenCount += len(numbers)
		g.ends = le.AppendUint32(g.ends, uint32(g.tokenCount))
		if g.burstCount%8 == 0 {
			g.directions = append(g.directions, 0)
		}
		if r.Directions[i] {
			g.directions[g.burstCount/8] |= 1 << (g.burstCount % 8)
		}
		g.burstCount++
		g.sizes, g.counts, g.iats = le.AppendUint32(g.sizes, r.Bytes[i]), le.AppendUint32(g.counts, r.Counts[i]), le.AppendUint64(g.iats, r.IATs[i])
	}
	g.bursts = le.AppendUint32(g.bursts, uint32(g.burstCount))
	g.labels = append(g.labels, strings.ToValidUTF8(class, "\ufffd")...)
	g.labelEnds = le.AppendUint32(g.labelEnds, uint32(len(g.labels)))
}

// full reports whether the group is to be written: 1000 rows are what datasets of Hugging
// Face write at a time.
func (g *group) full() bool { return g.rows == 1000 || g.tokenCount >= 1<<22 || len(g.labels) >= 1<<24 }

// write writes the group as a batch, in the order of columns.
func (g *group) write(s *stream) {
	s.node(g.rows)
	s.buffer(g.duration)
	s.node(g.rows)
	s.buffer(g.bursts)
	s.node(g.burstCount)
	s.buffer(g.ends)
	s.node(g.tokenCount)
	s.buffer(g.tokens)
	for _, values := range [][]byte{g.directions, g.sizes, g.iats, g.counts} {
		s.node(g.rows)
		s.buffer(g.bursts)
		s.node(g.burstCount)
		s.buffer(values)
	}
	s.node(g.rows)
	s.buffer(g.protocol)
	s.node(g.rows)
	s.buffer(g.labelEnds)
	s.buffer(g.labels)
	s.batch(g.rows)
}
