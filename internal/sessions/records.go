package sessions

import (
	"bufio"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/session"
)

// Reader reads sessions in their encoding, one after the other, as another process has
// written them. It takes as much memory as the longest of them, which the table bounds.
type Reader struct{ r recordReader }

// NewReader returns a Reader for sessions that tables like this one have made. Reset says
// what is read.
func (t *Table) NewReader() *Reader {
	return &Reader{recordReader{r: bufio.NewReaderSize(nil, readBuffer), keep: t.Keep}}
}

// Reset makes r read from a place on; name is what stands there, for messages.
func (r *Reader) Reset(from io.Reader, name string) {
	r.r.r.Reset(from)
	r.r.taken, r.r.from = 0, name
}

// Next reads a session; its prefix is valid until the next call. io.EOF: no more.
func (r *Reader) Next(s *Session) error { return r.r.next(s) }

// Records are sessions in their encoding, in order of their first packets, at a place of a file.
type Records struct {
	File     io.ReaderAt
	Name     string // of the file, for messages
	At, Size int64  // in bytes
	Sessions int
	// Number makes the first packet's number what it is in the capture.
	Number func(uint64) (uint64, error)
}

// AddRecords adds sessions that tables like t have made to a list. The file stays its owner's.
func (l *List) AddRecords(t *Table, r Records) {
	if r.Sessions > 0 {
		l.add(&records{r, t})
	}
}

type records struct {
	Records
	like *Table
}

func (p *records) len() int     { return p.Sessions }
func (p *records) close() error { return nil }

func (p *records) open() (cursor, error) {
	r := p.like.NewReader()
	r.Reset(io.NewSectionReader(p.File, p.At, p.Size), p.Name)
	c := &recordCursor{r: r, number: p.Number}
	return c, c.read()
}

// recordCursor is one session ahead.
type recordCursor struct {
	r      *Reader
	number func(uint64) (uint64, error)
	last   uint64 // first packet of the session before
	s      Session
}

func (c *recordCursor) first() uint64 { return c.s.First }

func (c *recordCursor) next(s *Session) error {
	s.copyOf(&c.s) // c reads on
	return c.read()
}

func (c *recordCursor) read() error {
	err := c.r.Next(&c.s)
	if err == io.EOF {
		c.s.Partial = session.Partial{}
		return nil
	}
	if err == nil {
		c.s.First, err = c.number(c.s.First)
	}
	if err == nil && c.s.First <= c.last {
		err = fmt.Errorf("%s: a session that begins at packet %d stands behind one of packet %d", c.r.r.from, c.s.First, c.last)
	}
	c.last = c.s.First
	return err
}
