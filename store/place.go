package store

// placer is a format whose samples can be written at places, see idx.
type placer interface {
	Reserve(n int64) (at int64, ok bool, err error)
	Fill(at int64, data []byte, labels []uint16) error
}

// Reserve makes room for n more samples of the capture in hand. Batches then fill it from
// place at on, a place a sample: see Fill. ok is false, and nothing has changed, if samples
// must be appended: while the files are small, of text, and with layouts.
func (w *Writer) Reserve(n int64) (at int64, ok bool, err error) {
	images, can := w.images.(placer)
	if !can || w.layouts != nil {
		return 0, false, nil
	}
	if _, ok, err = w.rows.Reserve(0); !ok || err != nil {
		return 0, false, err
	}
	if at, ok, err = images.Reserve(n); !ok || err != nil {
		return 0, false, err
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
	b.records = b.records[:0]
	for i := range b.Rows {
		b.records = w.rows.Encode(b.records, &b.Rows[i])
	}
	if err := w.images.(placer).Fill(at, b.Data, b.Labels); err != nil {
		return err
	}
	return w.rows.Fill(at*w.rows.RecordLen(), b.records)
}

// Filled takes a batch that was filled into the digests of its capture: batches in the order
// of their places. It may go on while other places are filled.
func (w *Writer) Filled(b *Batch) {
	_, _ = w.samples.Write(b.Data) // a hash never fails
	_, _ = w.records.Write(b.records)
}
