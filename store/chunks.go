package store

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/manifest"
)

// A Chunk is neighbouring samples of one capture. It is lent for a call.
type Chunk struct {
	Capture int   // its place in the manifest
	First   int64 // sample of the dataset
	Len     int   // how many; 0 of a capture without samples
	Last    bool  // no more of the capture follow
	Data    []byte
	Prints  []dedup.Digest // dedup.OfSample of each, if they were asked for

	size int   // of a sample of numbers in bytes; 0 of lines
	ends []int // of lines: where each ends in Data, before its line end
}

// Sample is the bytes of sample First+i, 0 <= i < Len: of text a line without its end.
func (c *Chunk) Sample(i int) []byte {
	switch {
	case c.size > 0:
		return c.Data[i*c.size:][:c.size]
	case i == 0:
		return c.Data[:c.ends[0]]
	}
	return c.Data[c.ends[i-1]+1 : c.ends[i]]
}

// What a chunk is filled up to, and the size of a sample in bytes from which on only one chunk is
// in memory.
const (
	chunkBytes   = 256 << 10
	chunkSamples = 1024
	alone        = 64 << 20
)

// Chunks reads all samples and calls f for them in order, by one goroutine at a time; reading and
// Prints are done by as many goroutines as there are workers, 0: one a core. Every capture has
// at least one chunk. Data is the bytes as they stand in the file. A worker takes up to three chunks
// of some 256 KiB. The first error in the order of the samples ends it, whatever the workers. A
// manifest that does not agree with itself is refused.
func (d *Dataset) Chunks(ctx context.Context, workers int, prints bool, f func(c *Chunk) error) error {
	if err := d.m.Check(); err != nil {
		return &pathError{filepath.Join(d.dir, manifest.Name), err}
	}
	lengths := make([]int64, len(d.m.Captures))
	for i := range lengths {
		lengths[i] = d.m.Captures[i].Samples
	}
	return d.chunks(ctx, workers, prints, lengths, f)
}

// chunks is Chunks of captures with so many samples each, none below 0, and together as many as
// the manifest counts.
func (d *Dataset) chunks(ctx context.Context, workers int, prints bool, lengths []int64, f func(c *Chunk) error) (err error) {
	s, err := d.Samples()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	size := 0
	if s.text == nil {
		size = max(1, d.Spec().Size()) // nothing is read of an impossible shape
	}
	if size > alone {
		workers = 1
	}
	return parallel.Order[Chunk]{
		Workers: workers, Batch: 1,
		Work: func(_ int, c *Chunk) error {
			if err := s.fill(c); err != nil || !prints {
				return err
			}
			c.Prints = c.Prints[:0]
			for i := range c.Len {
				c.Prints = append(c.Prints, dedup.OfSample(c.Sample(i)))
			}
			return nil
		},
		Emit: f,
	}.Run(ctx, func(add func(func(*Chunk)) error) error { return plan(s, size, lengths, add) })
}

// plan divides captures into chunks. Lines are read here, one after another, as only they say
// how long they are; size is that of other samples.
func plan(s *Samples, size int, lengths []int64, add func(func(*Chunk)) error) error {
	next := int64(0)
	for at, rest := range lengths {
		for last := false; !last; {
			var failed error
			err := add(func(c *Chunk) {
				c.Capture, c.First, c.size, c.Data, c.ends = at, next, size, c.Data[:0], c.ends[:0]
				most := int(min(chunkSamples, rest))
				if s.text != nil {
					c.Len, failed = s.lines(c, most)
				} else {
					c.Len = min(most, max(1, chunkBytes/size))
				}
				next += int64(c.Len)
				rest -= int64(c.Len)
				last = rest == 0
				c.Last = last
			})
			if err := errors.Join(failed, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// lines reads up to most lines into the chunk, and returns how many.
func (s *Samples) lines(c *Chunk, most int) (n int, err error) {
	for n < most && len(c.Data) < chunkBytes {
		line, err := s.Next()
		if err != nil {
			return n, cutOff(err)
		}
		c.Data = append(append(c.Data, line...), '\n')
		c.ends = append(c.ends, len(c.Data)-1)
		n++
	}
	return n, nil
}

// fill reads the samples of a chunk, unless they are lines. Several goroutines may do so at once.
func (s *Samples) fill(c *Chunk) error {
	if s.text != nil || c.Len == 0 {
		return nil
	}
	if c.First+int64(c.Len) > s.n {
		return io.ErrUnexpectedEOF
	}
	n := c.Len * c.size
	if cap(c.Data) < n {
		c.Data = make([]byte, n)
	}
	c.Data = c.Data[:n]
	return s.r.ReadItems(c.Data, c.First)
}
