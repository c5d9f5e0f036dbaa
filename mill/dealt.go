package mill

import (
	"bytes"
	"fmt"
	"os"

	"github.com/pcapmill/pcapmill/internal/sessions"
)

// flush writes what waits to the file.
func (d *dealt) flush(dir string) (err error) {
	if d.f == nil {
		if d.f, err = os.CreateTemp(dir, ".pcapmill-group-*"); err != nil {
			return fmt.Errorf("no temporary file can be made: %w", err)
		}
		_ = os.Remove(d.f.Name()) // fails where open files keep their names; close tries again
	}
	for m := range d.parts {
		part := &d.parts[m]
		if part.n == 0 {
			continue
		}
		if _, err := d.f.WriteAt(part.buf, d.size); err != nil {
			return fmt.Errorf("spilling sessions of a group: %w", err)
		}
		part.list.AddRecords(d.like, sessions.Records{
			File: d.f, Name: "sessions of a group", At: d.size, Size: int64(len(part.buf)), Sessions: part.n, Number: asItIs,
		})
		d.size += int64(len(part.buf))
		part.buf, part.n = nil, 0
	}
	d.waiting = 0
	return nil
}

func asItIs(n uint64) (uint64, error) { return n, nil }

// hand gives the captures of a group their lists.
func (d *dealt) hand(g *together) {
	for m := range d.parts {
		part, x := &d.parts[m], g.answers[m].x
		if x == nil {
			continue
		}
		if part.n > 0 {
			part.list.AddRecords(d.like, sessions.Records{
				File: bytes.NewReader(part.buf), Name: "sessions of a group", Size: int64(len(part.buf)), Sessions: part.n, Number: asItIs,
			})
		}
		x.list, x.shared = part.list, g.shared
		d.open++
		x.release = func() {
			if d.open--; d.open == 0 {
				d.close()
			}
		}
	}
}

// close removes the file.
func (d *dealt) close() {
	if d.f != nil {
		_ = d.f.Close() // it was only read, and has no name
		_ = os.Remove(d.f.Name())
		d.f = nil
	}
}
