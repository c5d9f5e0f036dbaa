package shard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/zeebo/xxh3"
)

// partFile is what a reduce task has left, open and proven.
type partFile struct {
	f     objects.File
	index []entry
	at    int64 // where the sessions of index[0] begin
}

// openPart opens the file of a part, and reads all of it to see that it is whole.
func (j *Job) openPart(d folder, part int) (_ *partFile, err error) {
	f, err := d.fetch(partName(part))
	if err != nil {
		return nil, err
	}
	p := &partFile{f: f, at: headLen}
	if err := p.proof(j, part); err != nil {
		return nil, errors.Join(&FileError{f.Name(), err}, f.Close())
	}
	return p, nil
}

func (p *partFile) proof(j *Job, part int) error {
	info, err := p.f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	var b [headLen]byte
	if size < headLen+8+digestLen {
		return errors.New("it is cut off")
	}
	if _, err := p.f.ReadAt(b[:], 0); err != nil {
		return err
	}
	h, err := j.parseHead(b[:], kindPart)
	if err != nil {
		return err
	}
	if h.number != uint32(part) || h.other != 0 {
		return fmt.Errorf("it is of part %d, need %d", h.number, part)
	}
	sum := xxh3.New()
	if _, err := io.Copy(sum, io.NewSectionReader(p.f, 0, size-digestLen)); err != nil {
		return err
	}
	var tail [8 + digestLen]byte
	if _, err := p.f.ReadAt(tail[:], size-int64(len(tail))); err != nil {
		return err
	}
	if [digestLen]byte(tail[8:]) != sum.Sum128().Bytes() {
		return errors.New("it is damaged: its digest is not that of its bytes")
	}
	length := binary.BigEndian.Uint64(tail[:])
	if length > uint64(size-headLen-int64(len(tail))) || length%entryLen != 0 || length/entryLen > uint64(len(j.Plan.Captures)) {
		return errors.New("its index has a length that cannot be")
	}
	index := make([]byte, length)
	end := size - int64(len(tail)) - int64(length)
	if _, err := p.f.ReadAt(index, end); err != nil {
		return err
	}
	return p.parse(index, uint64(end-headLen), j)
}

// parse reads the index of a part, whose sessions have so many bytes.
func (p *partFile) parse(b []byte, size uint64, j *Job) error {
	captures := len(j.Plan.Captures)
	for ; len(b) > 0; b = b[entryLen:] {
		e := entry{binary.BigEndian.Uint32(b), binary.BigEndian.Uint64(b[4:]), binary.BigEndian.Uint64(b[12:])}
		if n := len(p.index); int64(e.input) >= int64(captures) || n > 0 && j.orderOf(p.index[n-1].input) >= j.orderOf(e.input) || e.size > size || e.sessions == 0 || e.sessions > e.size {
			return errors.New("its index is out of order")
		}
		size -= e.size
		p.index = append(p.index, e)
	}
	if size != 0 {
		return fmt.Errorf("its index leaves out %d bytes", size)
	}
	return nil
}
