package shard

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"

	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/mill"
)

// Merge makes the dataset of the plan, in Plan.Out, of what map and reduce tasks have left
// in dir. A capture whose chunks do not prove that they found every record once is read as
// a whole, here; ev.Warn is told.
func (j *Job) Merge(ctx context.Context, dir string, ev mill.Events) (r *mill.Result, err error) {
	m := &merger{j: j, d: j.folder(ctx, dir), warn: ev.Warn}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.open(); err != nil {
		return nil, err
	}
	return mill.Assemble(ctx, j.Plan, m.capture, ev, j.Progress)
}

// merger reads what tasks have left, capture by capture.
type merger struct {
	j       *Job
	d       folder
	warn    func(text string)
	parts   []*partFile
	reports objects.File // of all chunks; nil: each is in the file of its chunk
	r       *bufio.Reader

	last    int            // the chunk of which reports were read last, from 1; 0: none
	members []*mill.Report // that it has: one for each of its captures
}

func (m *merger) open() error {
	for part := range m.j.Plan.Parts {
		p, err := m.j.openPart(m.d, part)
		if errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s is not there: reduce part %d first", m.d.name(partName(part)), part)
		}
		if err != nil {
			return fmt.Errorf("%w; delete it and reduce part %d again", err, part)
		}
		m.parts = append(m.parts, p)
	}
	f, err := m.d.fetch(reportsName)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	m.reports = f
	if err := m.openReports(); err != nil {
		return &FileError{f.Name(), fmt.Errorf("%w; make it again", err)}
	}
	return nil
}

// openReports checks the file of all reports.
func (m *merger) openReports() error {
	info, err := m.reports.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size < headLen+digestLen {
		return errors.New("it is cut off")
	}
	var b [headLen]byte
	if _, err := m.reports.ReadAt(b[:], 0); err != nil {
		return err
	}
	if _, err := m.j.parseHead(b[:], kindReports); err != nil {
		return err
	}
	sum := xxh3.New()
	if _, err := io.Copy(sum, io.NewSectionReader(m.reports, 0, size-digestLen)); err != nil {
		return err
	}
	var digest [digestLen]byte
	if _, err := m.reports.ReadAt(digest[:], size-digestLen); err != nil {
		return err
	}
	if digest != sum.Sum128().Bytes() {
		return errors.New("it is damaged: its digest is not that of its bytes")
	}
	m.r = bufio.NewReader(io.NewSectionReader(m.reports, headLen, size-headLen-digestLen))
	return nil
}

func (m *merger) close() (err error) {
	for _, p := range m.parts {
		err = errors.Join(err, p.f.Close())
	}
	if m.reports != nil {
		err = errors.Join(err, m.reports.Close())
	}
	return err
}

// report is that of a capture of a chunk. Chunks are asked for in order.
func (m *merger) report(chunk, input int) (_ *mill.Report, err error) {
	if m.last != chunk+1 {
		if m.members, err = m.reportsOf(chunk); err != nil {
			return nil, err
		}
		m.last = chunk + 1
	}
	return m.members[m.j.Plan.Chunks[chunk].Member(input)], nil
}

// reportsOf are those of a chunk: one, or one for each capture of a group.
func (m *merger) reportsOf(chunk int) (_ []*mill.Report, err error) {
	if m.reports != nil {
		in, err := m.j.read(m.r)
		if err == io.EOF {
			err = errors.New("it is cut off")
		}
		if err != nil {
			return nil, &FileError{m.reports.Name(), err}
		}
		return m.decode(in, chunk, m.reports.Name())
	}
	f, err := m.j.openMap(m.d, chunk)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is not there, and the report of chunk %d in it: map the chunk", m.d.name(mapName(chunk)), chunk)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.f.Close()) }()
	in, err := f.frame(reportPart)
	if err != nil {
		return nil, err
	}
	return m.decode(in, chunk, f.f.Name())
}

func (m *merger) decode(in *incoming, chunk int, name string) (list []*mill.Report, err error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, &FileError{name, err}
	}
	for line := range bytes.Lines(text) {
		r, err := m.j.Plan.DecodeReport(line)
		if err == nil && (in.part != reportPart || r.Chunk != chunk || in.chunk != chunk) {
			err = fmt.Errorf("the report of chunk %d stands where that of %d should", r.Chunk, chunk)
		}
		if err != nil {
			return nil, &FileError{name, err}
		}
		list = append(list, r)
	}
	if n := m.j.Plan.Chunks[chunk].Members(); len(list) != n {
		return nil, &FileError{name, fmt.Errorf("%d reports of chunk %d, need %d", len(list), chunk, n)}
	}
	return list, nil
}

// capture is what the next capture adds up to.
func (m *merger) capture(ctx context.Context, input int) (*mill.Extraction, error) {
	from, to := m.j.Plan.ChunksOf(input)
	var reports []*mill.Report
	for chunk := from; chunk < to; chunk++ {
		r, err := m.report(chunk, input)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	x, before, fits, err := m.j.Plan.Join(input, reports)
	if err != nil {
		return nil, err
	}
	var places []mill.Place
	for _, p := range m.parts {
		if len(p.index) == 0 || p.index[0].input != uint32(input) {
			continue
		}
		e := p.index[0]
		places = append(places, mill.Place{File: p.f, Name: p.f.Name(), At: p.at, Size: int64(e.size), Sessions: int(e.sessions)})
		p.index, p.at = p.index[1:], p.at+int64(e.size)
	}
	if fits {
		x.Hold(&m.j.Plan.Options, places, before)
		return x, nil
	}
	if m.warn != nil {
		m.warn(fmt.Sprintf("%s: its chunks do not fit together, because records in it could not be told from what stands in a payload, or it is damaged: it is read again as a whole, here", m.j.Plan.Captures[input].Path))
	}
	return mill.ReadCapture(ctx, m.j.Plan, input, m.j.Progress)
}
