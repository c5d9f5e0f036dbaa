package idx

import (
	"encoding/binary"
	"math"

	"github.com/pcapmill/pcapmill/dataset"
)

// Reserve makes room for n more samples, which Fill then writes at their places. at is the
// number of the first. ok is false, and nothing has changed, while the files are written anew
// by commits: then samples are appended. All of the room must be filled before Prepare.
func (w *writer) Reserve(n int64) (at int64, ok bool, err error) {
	switch {
	case w.closed:
		return 0, false, dataset.ErrClosed
	case w.failed != nil:
		return 0, false, w.failed
	case !w.inPlace || w.images == nil:
		return 0, false, nil
	case n > MaxItems-w.samples:
		return 0, false, &dataset.LimitError{File: w.first().path, What: "samples", Need: w.samples + n, Most: MaxItems}
	}
	if err := w.flush(); err != nil {
		return 0, false, err
	}
	at = w.samples
	w.samples += n
	for _, x := range w.files() {
		x.items = w.samples
	}
	return at, true, nil
}

// Expect says that about n more samples come before the next commit. Files that outgrow what
// commits write anew are then written in place at once, and nothing is gathered in memory
// before. It does not change the bytes of a dataset.
func (w *writer) Expect(n int64) error {
	switch {
	case w.closed:
		return dataset.ErrClosed
	case w.failed != nil:
		return w.failed
	case w.inPlace || n <= (w.limit-w.first().offset(w.samples))/w.first().item:
		return nil
	}
	if err := w.do((*file).closeReplaced); err != nil {
		return err
	}
	w.leaveRewriting()
	return nil
}

// Fill writes samples, one after another in data, to the places from at on, of those that
// Reserve made. Several goroutines may fill places at once, and do nothing else meanwhile.
// After an error every further Append, Prepare and Commit returns that error.
func (w *writer) Fill(at int64, data []byte, labels []uint16) error {
	if len(labels) == 0 {
		return nil
	}
	err := w.fill(at, data, labels)
	if err != nil {
		w.filling.Lock()
		defer w.filling.Unlock()
		if w.failed == nil {
			w.failed = err
		}
	}
	return err
}

func (w *writer) fill(at int64, data []byte, labels []uint16) error {
	if have, need := int64(len(data)), int64(len(labels))*w.images.item; have != need {
		return &dataset.MismatchError{File: w.images.path, What: "bytes of samples", Have: have, Need: need}
	}
	column, err := w.column(make([]byte, 0, len(labels)*int(w.labels.item)), labels)
	if err != nil {
		return err
	}
	if _, err := w.images.f.WriteAt(data, w.images.offset(at)); err != nil {
		return err
	}
	_, err = w.labels.f.WriteAt(column, w.labels.offset(at))
	return err
}

// column appends labels to b as the file has them.
func (w *writer) column(b []byte, labels []uint16) ([]byte, error) {
	for _, label := range labels {
		if w.labels.header.Type == Int32 {
			b = binary.BigEndian.AppendUint32(b, uint32(label))
			continue
		}
		if label > math.MaxUint8 {
			return nil, &dataset.LimitError{File: w.labels.path, What: "label", Need: int64(label), Most: math.MaxUint8}
		}
		b = append(b, byte(label))
	}
	return b, nil
}
