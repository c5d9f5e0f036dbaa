package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/store"
)

// OpenDataset reads what an audit needs of a dataset of ours besides its samples: labels, the
// sides of its split, and of the table of samples the capture and the original length. Text is
// an error, and so are cells of more than a byte if a sample has more than 65536: a
// *[SizeError].
func OpenDataset(ctx context.Context, s *store.Dataset) (*Data, error) {
	m := s.Manifest()
	if s.Len() > math.MaxInt32 {
		return nil, fmt.Errorf("%s: %d samples; an audit takes at most %d", s.Dir(), s.Len(), math.MaxInt32)
	}
	d := &Data{spec: s.Spec(), manifest: m}
	if err := d.readable(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Dir(), err)
	}
	d.open = func(context.Context) (rowReader, error) {
		r, err := s.Samples()
		if err != nil {
			return nil, err
		}
		return ours{r}, nil
	}
	labels, err := labelsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := d.readSides(s); err != nil {
		return nil, err
	}
	if err := d.readRows(ctx, s); err != nil {
		return nil, err
	}
	if s.HasLayouts() {
		if err := d.readLayouts(ctx, s); err != nil {
			return nil, err
		}
	}
	names := map[uint16]string{}
	for _, c := range m.Classes {
		names[c.Label] = c.Name
	}
	return d, d.take(labels, m.Unknown(), func(l uint16) string {
		if name, ok := names[l]; ok {
			return name
		}
		return fmt.Sprint(l)
	})
}

// readable refuses samples that are no array, or too many cells of more than a byte.
func (d *Data) readable() error {
	switch t := d.spec.Type; {
	case t == dataset.Text:
		return fmt.Errorf("samples of text have no cells to audit; audit the same captures as bytes, packet-bytes or segments")
	case (t == dataset.I16 || t == dataset.F32) && d.size() > mostBinnedCells:
		return &SizeError{fmt.Sprintf("samples of %d cells of %v; an audit takes at most %d: audit a smaller one, such as flowpic:size=256", d.size(), t, mostBinnedCells)}
	}
	return nil
}

// A SizeError says that samples are too large to audit.
type SizeError struct{ What string }

// Error says how large they are.
func (e *SizeError) Error() string { return e.What }

// ours reads the samples of a dataset.
type ours struct{ *store.Samples }

func (o ours) next() ([]byte, error)            { return o.Next() }
func (o ours) at(dst []byte, place int64) error { return o.At(dst, place) }

func labelsOf(ctx context.Context, s *store.Dataset) (labels []uint16, err error) {
	r, err := s.Labels()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for i := 0; ; i++ {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l, err := r.Next()
		if err == io.EOF {
			return labels, nil
		}
		if err != nil {
			return nil, err
		}
		labels = append(labels, l)
	}
}

// readSides reads the split, if there is one. Samples that were added since are on no side.
func (d *Data) readSides(s *store.Dataset) error {
	if !s.IsSplit() {
		return nil
	}
	record, err := s.Split()
	if errors.Is(err, store.ErrNotSplit) {
		return nil
	}
	if err != nil {
		return err
	}
	if record.Settings.Folds > 0 { // and no sides
		return nil
	}
	d.sides = make([]uint8, s.Len())
	for i := range d.sides {
		d.sides[i] = noSide
		if int64(i) < record.Samples {
			if side, ok := record.Side(int64(i)); ok {
				d.sides[i] = uint8(side)
			}
		}
	}
	return nil
}

// readLayouts reads where the packets of all samples stand: some 10 bytes a packet.
func (d *Data) readLayouts(ctx context.Context, s *store.Dataset) (err error) {
	r, err := s.Layouts()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var packets []packetLayout
	ends := make([]int, s.Len())
	for i := range ends {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		next, err := r.Next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("%s: %s: sample %d: %w", s.Dir(), store.LayoutName, i, err)
		}
		for _, p := range next {
			packets = append(packets, layoutOf(p))
		}
		ends[i] = len(packets)
	}
	d.layouts = func(row int) []packetLayout {
		i := d.place(row)
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		return packets[from:ends[i]]
	}
	return nil
}

func layoutOf(p store.PacketLayout) packetLayout {
	return packetLayout{link: p.Link, network: p.Network, transport: p.Transport, payload: p.Payload, version: p.Version, proto: p.Proto}
}

func (d *Data) readRows(ctx context.Context, s *store.Dataset) (err error) {
	r, err := s.Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	d.captures = make([]uint32, s.Len())
	d.lengths = make([]uint32, s.Len())
	form := rulesOf(d.manifest)
	room := uint64(d.size())
	if form.room > 0 {
		room = form.room
	}
	var row dataset.Row
	for i := range d.captures {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.Next(&row); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		if int64(row.Capture) >= int64(len(d.manifest.Captures)) {
			return fmt.Errorf("%s: row %d of the table of samples names capture %d of %d", s.Dir(), i, row.Capture, len(d.manifest.Captures))
		}
		d.captures[i] = row.Capture
		counted, _ := s.Counted(&row)
		d.lengths[i] = uint32(min(counted, room))
	}
	return nil
}
