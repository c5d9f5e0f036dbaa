// Package arrow writes the form tokens as Arrow IPC streams, as netFound reads them
// (SNL-UCSB/netFound 66ebbba).
//
//	train/data.arrow, validation/data.arrow, test/data.arrow   a row a sample
//	__pcapmill/classes.json                                    names by label
//
// Columns: flow_duration u64, burst_tokens list<list<u16>>, directions list<bool>, bytes
// list<u32>, iats list<u64>, counts list<u32>, protocol u16, labels utf8 (the class). What is
// not split is all train.
//
// netFound cuts its own validation set off the end of the training rows. So rows stand in the
// order of a hash: HMAC-SHA256, under the key of the split, of the capture and the place of the
// session in it. The bytes are a function of the dataset.
//
// The writer is our own: see decision 84.
package arrow

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"

	"github.com/pcapmill/pcapmill/dataset"
)

// Format is the exporter.
type Format struct {
	// Memory is about how many bytes of samples are sorted at a time; 0: 64 MiB. The dataset
	// is read as often as that needs. It changes no byte of what is written.
	Memory int64
}

// Name implements [dataset.Exporter].
func (Format) Name() string { return "arrow" }

// Export implements [dataset.Exporter].
func (x Format) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	form := ""
	if f, ok := v.(dataset.Formed); ok {
		form, _ = f.Form()
	}
	if form != "tokens" || v.Spec().Type != dataset.Text {
		return nil, fmt.Errorf("%w: arrow needs the form tokens, and samples are %v", dataset.ErrUnfit, v.Spec())
	}
	var files []dataset.File
	for _, s := range v.Sides() {
		made, err := x.write(ctx, dir, v, s)
		if err != nil {
			return nil, err
		}
		files = append(files, made)
	}
	classes, err := dir.WriteClasses(v)
	return append(files, classes), err
}

// write writes a side.
func (x Format) write(ctx context.Context, dir dataset.Folder, v dataset.View, side dataset.Side) (dataset.File, error) {
	name := side.String() + "/data.arrow"
	if side == dataset.Whole {
		name = dataset.Train.String() + "/data.arrow"
	}
	out, err := dir.Create(name)
	if err != nil {
		return dataset.File{}, err
	}
	defer out.Abort()
	s := &stream{w: out}
	s.schema()
	if err := x.rows(ctx, s, v, side); err != nil {
		return dataset.File{}, fmt.Errorf("%s: %w", dir.Path(name), err)
	}
	if s.end(); s.err != nil {
		return dataset.File{}, s.err
	}
	return out.Close()
}

// line is a sample that waits for its turn.
type line struct {
	place uint64 // by which it is sorted
	index int64
	data  []byte
	label int
}

// buckets is how many equal ranges of places there are.
const buckets = 1 << 12

// rows writes the samples of a side in the order of their places: all of as many ranges of
// places at a time as fit into memory.
func (x Format) rows(ctx context.Context, s *stream, v dataset.View, side dataset.Side) error {
	p, sizes, have := newPlacer(v), make([]int64, buckets), int64(0)
	err := v.Each(ctx, side, func(e *dataset.Entry) error {
		have++
		sizes[p.place(e)/(1<<52)] += int64(len(e.Data)) + 64
		return nil
	})
	if err == nil {
		err = dataset.CheckLen(v, side, have)
	}
	if err != nil {
		return err
	}
	g, r, written := newGroup(), row{}, int64(0)
	for from := 0; from < buckets; {
		to, sum := from+1, sizes[from]
		for to < buckets && sum+sizes[to] <= cmp.Or(x.Memory, 64<<20) {
			sum += sizes[to]
			to++
		}
		var lines []line
		if sum > 0 {
			err := v.Each(ctx, side, func(e *dataset.Entry) error {
				if at := p.place(e); int(at/(1<<52)) >= from && int(at/(1<<52)) < to {
					lines = append(lines, line{at, e.Index, slices.Clone(e.Data), e.Label})
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		slices.SortFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.index, b.index)) })
		for i := range lines {
			if err := r.read(lines[i].data); err != nil {
				return fmt.Errorf("sample %d is no line of the form tokens: %w", lines[i].index, err)
			}
			if g.add(&r, dataset.ClassName(v, lines[i].label)); g.full() {
				g.write(s)
				g = newGroup()
			}
		}
		written += int64(len(lines))
		from = to
		if s.err != nil {
			return s.err
		}
	}
	if g.rows > 0 {
		g.write(s)
	}
	if err := dataset.CheckLen(v, side, written); err != nil {
		return err
	}
	return s.err
}

// placer gives samples their places.
type placer struct {
	mac      hash.Hash
	captures []string
	buf, sum []byte
}

func newPlacer(v dataset.View) *placer {
	salt := ""
	if s, ok := v.(dataset.Salted); ok {
		salt = s.Salt()
	}
	return &placer{mac: hmac.New(sha256.New, []byte(salt)), captures: v.Captures()}
}

// place is the hash of a sample's capture, session and unit; without a row, of its number.
func (p *placer) place(e *dataset.Entry) uint64 {
	p.buf = append(p.buf[:0], "shuffle\x00"...)
	p.buf = append(p.buf, p.captures[e.Row.Capture]...)
	if e.HasRow() {
		p.buf = binary.BigEndian.AppendUint64(p.buf, e.Row.Session)
		p.buf = binary.BigEndian.AppendUint64(p.buf, e.Row.Unit)
	} else {
		p.buf = binary.BigEndian.AppendUint64(p.buf, uint64(e.Index))
	}
	p.mac.Reset()
	_, _ = p.mac.Write(p.buf) // never fails
	p.sum = p.mac.Sum(p.sum[:0])
	return binary.BigEndian.Uint64(p.sum)
}
