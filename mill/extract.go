package mill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dedup"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// Extraction is what one capture adds up to, before duplicates are dropped.
type Extraction struct {
	Sessions  *session.Table // in the order of their first kept packets
	Format    capture.Format
	LinkTypes []capture.LinkType
	Digest    capture.Digest
	Size      int64 // bytes read from the file
	Packets   int64
	Reasons   [header.Reasons]int64 // packets by reason; header.OK: used
	Unknown   map[capture.LinkType]int64
	First     int64           // earliest packet time, ns since 1970; valid if Packets > 0
	Last      int64           // latest
	Damage    *capture.Damage // nil if the capture is whole
	Seconds   float64

	digests      []dedup.Digest // per session, what dedup compares
	startsDiffer bool           // a used packet had no Ethernet header to keep
}

// Fits counts the sessions by how they fit the shape, indexed by sample.Fit,
// and the bytes they had.
func (x *Extraction) Fits(shape sample.Shape) (fits [4]int64, bytes int64) {
	for i := range x.Sessions.Len() {
		n := x.Sessions.At(i).Bytes
		fits[shape.FitOf(n)]++
		bytes += int64(n)
	}
	return fits, bytes
}

// Extract reads the capture at path ("-": standard input) and returns its
// sessions with statistics, as the options say. Damage is no error: it stands
// in the Extraction. Errors: the file cannot be opened or is no capture
// (*capture.NotCaptureError), or ctx is done.
func Extract(ctx context.Context, path string, o Options) (*Extraction, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return newWorker(&o, nil).extract(ctx, path)
}

// worker reads captures one after the other. It belongs to one goroutine.
type worker struct {
	o        *Options
	masker   *mask.Masker
	progress *Progress
	scratch  []byte
}

// Progress is what workers have done so far; it may be read at any time.
type Progress struct {
	Bytes   atomic.Int64 // read from files
	Packets atomic.Int64
}

func newWorker(o *Options, p *Progress) *worker {
	if p == nil {
		p = &Progress{}
	}
	return &worker{o: o, masker: mask.New(o.Mask, o.Key), progress: p}
}

// pulse is after how many packets a worker reports and looks for a stop.
const pulse = 4096

func (w *worker) extract(ctx context.Context, path string) (*Extraction, error) {
	start := time.Now()
	r, err := capture.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	r.TrackDigest()

	x := &Extraction{Format: r.Format(), Unknown: map[capture.LinkType]int64{}}
	x.Sessions = w.newTable()
	if err := w.packets(ctx, r, x); err != nil {
		return nil, err
	}
	x.LinkTypes = r.LinkTypes()
	x.Digest = r.Digest()
	x.Size = r.BytesRead()
	w.digest(x)
	x.Seconds = time.Since(start).Seconds()
	return x, nil
}

func (w *worker) newTable() *session.Table {
	return session.NewTable(w.o.Shape.Length(), w.o.Dedup == dedup.Session)
}

// packets reads the capture to its end or damage.
func (w *worker) packets(ctx context.Context, r *capture.Reader, x *Extraction) error {
	var (
		p        capture.Packet
		s        header.Stack
		run      = x.Sessions
		reported int64
	)
	x.First = int64(^uint64(0) >> 1)
	x.Last = -x.First
	for {
		err := r.Next(&p)
		if err == io.EOF {
			break
		}
		if errors.As(err, &x.Damage) {
			break
		}
		if err != nil {
			return err
		}
		x.Packets++
		x.First, x.Last = min(x.First, p.Time), max(x.Last, p.Time)
		if x.Packets%pulse == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			w.progress.Packets.Add(pulse)
			n := r.BytesRead()
			w.progress.Bytes.Add(n - reported)
			reported = n
		}
		if cut := int64(w.o.RunPackets); cut > 0 && x.Packets%cut == 0 {
			if run != x.Sessions {
				x.Sessions.Merge(run)
			}
			run = w.newTable()
		}
		w.packet(run, &p, &s, x)
	}
	if run != x.Sessions {
		x.Sessions.Merge(run)
	}
	w.progress.Packets.Add(x.Packets % pulse)
	w.progress.Bytes.Add(r.BytesRead() - reported)
	return ctx.Err()
}

// packet counts one packet and adds what it contributes to its session.
func (w *worker) packet(t *session.Table, p *capture.Packet, s *header.Stack, x *Extraction) {
	header.Decode(p.LinkType, p.Data, s)
	reason := w.o.Drop.Reason(s)
	x.Reasons[reason]++
	if reason != header.OK {
		if reason == header.UnsupportedLink {
			x.Unknown[p.LinkType]++
		}
		return
	}
	if p.LinkType != capture.LinkTypeEthernet {
		x.startsDiffer = true
	}
	id := t.Add(p.Data, s, p.At.Packet)
	room := t.Room(id)
	if w.o.Dedup == dedup.Session { // the fingerprint needs every byte
		w.scratch = w.masker.Append(w.scratch[:0], p.Data, s)
		copy(room, w.scratch)
		t.Contribute(id, len(w.scratch), w.scratch)
		return
	}
	if len(room) > 0 {
		w.masker.Write(room, p.Data, s)
	}
	t.Contribute(id, w.masker.Len(s), nil)
}

// digest computes what dedup will compare, here where it runs in parallel.
func (w *worker) digest(x *Extraction) {
	x.digests = make([]dedup.Digest, x.Sessions.Len())
	for i := range x.digests {
		if w.o.Dedup == dedup.Session {
			x.digests[i] = x.Sessions.At(i).Print.Bytes()
		} else {
			x.digests[i] = dedup.OfSample(x.Sessions.Sample(i))
		}
	}
}

// unreadable tells a file that could not be opened or read from the end of the run.
func unreadable(path string, err error) error {
	var not *capture.NotCaptureError
	var sys *os.PathError
	switch {
	case errors.As(err, &not), errors.As(err, &sys):
		return err
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}
