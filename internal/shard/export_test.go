package shard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/session"
)

// Small makes the job spill as often as it can.
func Small(j *Job) { j.spare = 1000; j.Plan.SmallTables(8_000) }

// ReadAll reads what tasks have left in dir as Merge does, and makes no dataset.
func ReadAll(j *Job, dir string) error {
	_, err := Sessions(j, dir)
	return err
}

// Sessions is how many sessions ReadAll reads.
func Sessions(j *Job, dir string) (n int, err error) {
	m := &merger{j: j, d: j.folder(context.Background(), dir)}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.open(); err != nil {
		return 0, err
	}
	for input := range j.Plan.Captures {
		x, err := m.capture(context.Background(), input)
		if err != nil {
			return n, err
		}
		err = x.Each(func(int, *session.Session) error { n++; return nil })
		if err := errors.Join(err, x.Close()); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Framed is a frame with that content: a part of a chunk, or its report.
func Framed(j *Job, chunk int, part uint32, content []byte) []byte {
	var b bytes.Buffer
	f := &frame{chunk: uint32(chunk), part: part, size: int64(len(content)), content: func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}}
	if err := j.write(&b, f); err != nil {
		panic(err) // it is written to memory
	}
	return b.Bytes()
}

// Put is bytes for a part, which are fewer than what is asked for by Spare.
type Put struct {
	Part  int
	Bytes []byte
	Spare int
}

// Spooled puts the bytes of some chunks into one spool, and returns what it has of the parts of each.
func Spooled(parts int, limit int64, dir string, chunks [][]Put) (have [][]string, err error) {
	s := newSpool(parts, limit, dir)
	defer func() { err = errors.Join(err, s.close()) }()
	for _, puts := range chunks {
		s.reset()
		for _, p := range puts {
			if err := s.keep(p.Part, append(s.buffer(p.Part, max(0, len(p.Bytes)+p.Spare)), p.Bytes...)); err != nil {
				return nil, err
			}
		}
		list := make([]string, parts)
		for part := range list {
			var b bytes.Buffer
			if err := s.copy(part, &b); err != nil {
				return nil, err
			}
			if n := s.length(part); n != int64(b.Len()) {
				return nil, fmt.Errorf("part %d has %d bytes, and its length is %d", part, b.Len(), n)
			}
			list[part] = b.String()
		}
		have = append(have, list)
	}
	return have, nil
}
