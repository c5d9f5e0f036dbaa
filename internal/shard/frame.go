package shard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/mill"
)

// Lengths in bytes, and what stands in heads.
const (
	magic     = "pcapmill"
	format    = 1
	headLen   = 52
	digestLen = 16
	preambLen = 12 // part and length, before a frame's head

	kindSessions = 'S'
	kindReport   = 'R'
	kindMap      = 'M'
	kindPart     = 'P'
	kindReports  = 'L'

	reportPart = math.MaxUint32
)

// head begins every frame and file.
type head struct {
	kind   byte
	plan   [32]byte
	number uint32
	other  uint32
}

func (h *head) append(b []byte) []byte {
	b = append(b, magic...)
	b = append(b, h.kind, format, 0, 0)
	b = append(b, h.plan[:]...)
	b = binary.BigEndian.AppendUint32(b, h.number)
	return binary.BigEndian.AppendUint32(b, h.other)
}

// parseHead reads a head that must be of a kind and of the job's plan.
func (j *Job) parseHead(b []byte, kind byte) (h head, err error) {
	switch {
	case len(b) < headLen || !bytes.HasPrefix(b, []byte(magic)):
		return h, errors.New("it does not begin like a file or frame of pcapmill's jobs")
	case b[9] != format || b[10]|b[11] != 0:
		return h, fmt.Errorf("version %d of its format, need %d", b[9], format)
	case b[8] != kind:
		return h, fmt.Errorf("its kind is %q, need %q", b[8], kind)
	}
	h = head{kind: kind, plan: [32]byte(b[12:44]), number: binary.BigEndian.Uint32(b[44:]), other: binary.BigEndian.Uint32(b[48:])}
	if h.plan != j.id {
		return h, fmt.Errorf("it is of the plan %s, need %s", hex.EncodeToString(h.plan[:]), hex.EncodeToString(j.id[:]))
	}
	return h, nil
}

// Job is a plan that is carried out by several processes.
type Job struct {
	Plan     *mill.Plan
	Progress *mill.Progress
	id       [32]byte
	order    []int // in a plan with groups, the place of each capture when groups follow one another; else nil
	spare    int64 // bytes of a spool in memory; 0: by the memory of the run
}

// New returns the job of a plan, which must be divided into chunks.
func New(p *mill.Plan) (*Job, error) {
	if p.Parts == 0 {
		return nil, errors.New("the plan is not divided into chunks and parts: 'pcapmill plan' makes one that is")
	}
	text, err := p.ID()
	if err != nil {
		return nil, err
	}
	j := &Job{Plan: p, Progress: &mill.Progress{}}
	if _, err := hex.Decode(j.id[:], []byte(text)); err != nil {
		return nil, fmt.Errorf("the id of the plan: %w", err)
	}
	if p.Group != "" {
		j.order = make([]int, len(p.Captures))
		at := 0
		for i := range p.Chunks {
			for _, input := range p.Chunks[i].Group {
				j.order[input] = at
				at++
			}
		}
	}
	return j, nil
}

// orderOf is the place of a capture among those of the plan, as files of parts have them:
// groups one after the other.
func (j *Job) orderOf(input uint32) int {
	if j.order == nil {
		return int(input)
	}
	return j.order[input]
}

// frame is what a chunk has for a part, or its report, on its way out.
type frame struct {
	chunk, part uint32
	size        int64 // of the content
	content     func(w io.Writer) error
}

func (f *frame) length() int64 { return headLen + f.size + digestLen }

// write writes a frame.
func (j *Job) write(w io.Writer, f *frame) error {
	b := binary.BigEndian.AppendUint32(nil, f.part)
	b = binary.BigEndian.AppendUint64(b, uint64(f.length()))
	h := head{kind: kindSessions, plan: j.id, number: f.chunk, other: f.part}
	if f.part == reportPart {
		h.kind = kindReport
	}
	b = h.append(b)
	sum := xxh3.New()
	_, _ = sum.Write(b[preambLen:]) // a hash never fails
	if _, err := w.Write(b); err != nil {
		return err
	}
	to := &counting{w: io.MultiWriter(w, sum)}
	if err := f.content(to); err != nil {
		return err
	}
	if to.n != f.size {
		return fmt.Errorf("a frame of %d bytes became %d", f.size, to.n)
	}
	digest := sum.Sum128().Bytes()
	_, err := w.Write(digest[:])
	return err
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// incoming is a frame that is being read: Read gives its content, and io.EOF only if the
// digest behind it is right.
type incoming struct {
	chunk  int
	part   uint32
	size   int64 // of the content
	r      io.Reader
	left   int64
	sum    *xxh3.Hasher
	digest [digestLen]byte // known at the end
	done   bool
}

// read begins to read the next frame of a stream. io.EOF: there is none.
func (j *Job) read(r io.Reader) (*incoming, error) {
	var b [preambLen + headLen]byte
	if n, err := io.ReadFull(r, b[:]); err != nil {
		if n == 0 && err == io.EOF {
			return nil, io.EOF
		}
		return nil, errors.Join(errors.New("it ends in the middle of a frame"), notEOF(err))
	}
	part, length := binary.BigEndian.Uint32(b[:]), binary.BigEndian.Uint64(b[4:])
	kind := byte(kindSessions)
	if part == reportPart {
		kind = kindReport
	}
	h, err := j.parseHead(b[preambLen:], kind)
	switch {
	case err != nil:
		return nil, err
	case h.other != part || part != reportPart && int64(part) >= int64(j.Plan.Parts):
		return nil, fmt.Errorf("a frame of part %d stands under %d; the plan has %d parts", h.other, part, j.Plan.Parts)
	case int64(h.number) >= int64(len(j.Plan.Chunks)):
		return nil, fmt.Errorf("a frame of chunk %d; the plan has %d", h.number, len(j.Plan.Chunks))
	case length < headLen+digestLen || length > math.MaxInt64:
		return nil, fmt.Errorf("a frame of %d bytes, need at least %d", length, headLen+digestLen)
	}
	in := &incoming{chunk: int(h.number), part: part, size: int64(length) - headLen - digestLen, r: r, sum: xxh3.New()}
	if most := j.maxReport(in.chunk); kind == kindReport && in.size > most {
		return nil, fmt.Errorf("a report of %d bytes, need at most %d", in.size, most)
	}
	in.left = in.size
	_, _ = in.sum.Write(b[preambLen:])
	return in, nil
}

// maxReport is how long the report of a chunk can be, in bytes: with the counts of all link types.
func (j *Job) maxReport(chunk int) int64 {
	c := &j.Plan.Chunks[chunk]
	return 4<<20*int64(c.Members()) + 33*(1+capture.Leaves(c.To)-capture.Leaves(c.From))
}

func (in *incoming) Read(b []byte) (int, error) {
	if in.left == 0 {
		if in.done {
			return 0, io.EOF
		}
		var have [digestLen]byte
		if _, err := io.ReadFull(in.r, have[:]); err != nil {
			return 0, errors.Join(errors.New("it ends in the middle of a frame"), notEOF(err))
		}
		if in.digest = in.sum.Sum128().Bytes(); in.digest != have {
			return 0, fmt.Errorf("the frame of chunk %d is damaged: its digest is not that of its bytes", in.chunk)
		}
		in.done = true
		return 0, io.EOF
	}
	n, err := in.r.Read(b[:min(int64(len(b)), in.left)])
	_, _ = in.sum.Write(b[:n])
	in.left -= int64(n)
	if err == io.EOF && in.left > 0 {
		return n, errors.New("it ends in the middle of a frame")
	}
	if err == io.EOF {
		err = nil // the digest follows
	}
	return n, err
}

// notEOF is a cause that is worth naming.
func notEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}
