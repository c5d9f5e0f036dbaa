package store

import "errors"

// placer is a format whose samples can be written at places, see idx.
type placer interface {
	Reserve(n int64) (at int64, ok bool, err error)
	Fill(at int64, data []byte, labels []uint16) error
	Expect(n int64) error
}

// Expect says that about n more samples of the capture in hand come. If they are so many that
// commits will not write the files anew, samples have places from the first one on. It does
// not change the bytes of a dataset.
func (w *Writer) Expect(n int64) error {
	for _, p := range w.parts {
		images, can := p.images.(placer)
		if !can || p.layouts != nil {
			return nil // they are appended
		}
		if err := images.Expect(n); err != nil {
			return err
		}
	}
	return w.rows.Expect(n * w.rows.RecordLen())
}

// Reserve makes room for n more samples of the capture in hand. Batches then fill it from
// place at on, a place a sample: see Fill. ok is false, and nothing has changed, if samples
// must be appended: while the files are small, of text, and with layouts.
func (w *Writer) Reserve(n int64) (at int64, ok bool, err error) {
	if w.packed != nil {
		return 0, false, errors.New("a packed batch is not all of its capture")
	}
	for _, p := range w.parts {
		images, can := p.images.(placer)
		if !can || p.layouts != nil {
			return 0, false, nil
		}
		if _, ok, err = images.Reserve(0); !ok || err != nil {
			return 0, false, err
		}
	}
	if _, ok, err = w.rows.Reserve(0); !ok || err != nil {
		return 0, false, err
	}
	for _, p := range w.parts {
		if at, ok, err = p.images.(placer).Reserve(n); err == nil && !ok {
			err = errors.New("no places, where there were some")
		}
		if err != nil {
			return 0, false, err
		}
	}
	if _, _, err = w.rows.Reserve(n * w.rows.RecordLen()); err != nil {
		return 0, false, err
	}
	w.appended += n
	return at, true, nil
}

// Fill writes a batch at its place. Several goroutines may fill places at once, and do
// nothing else with the Writer meanwhile. Every place must be filled, and each batch
// given to Filled, before EndCapture.
func (w *Writer) Fill(at int64, b *Batch) error {
	b.encode(w.rows.Encode)
	for i, p := range w.parts {
		if err := p.images.(placer).Fill(at, b.of(i), b.Labels); err != nil {
			return err
		}
	}
	return w.rows.Fill(at*w.rows.RecordLen(), b.records)
}

// Filled takes a batch that was filled into the digests of its capture: batches in the order
// of their places. It may go on while other places are filled.
func (w *Writer) Filled(b *Batch) {
	for i, p := range w.parts {
		_, _ = p.samples.Write(b.of(i)) // a hash never fails
	}
	_, _ = w.records.Write(b.records)
}

// of are the samples of part i.
func (b *Batch) of(i int) []byte {
	switch {
	case i == 0:
		return b.Data
	case len(b.Rows) == 0: // nobody has filled in the others
		return nil
	}
	return b.Others[i-1].Data
}
