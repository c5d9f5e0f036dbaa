package mill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/find"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// Extraction is what one capture adds up to, before duplicates are dropped: statistics, and
// its sessions in the order of their first kept packets. The caller must Close it.
type Extraction struct {
	Format    capture.Format
	LinkTypes []header.LinkType
	Digest    capture.Digest
	Size      int64  // bytes read from the file
	SHA256    string // of the file, in hexadecimal; "" if it was not asked for
	Packets   int64
	Reasons   [header.Reasons]int64 // packets by reason; header.OK: used
	Unknown   map[header.LinkType]int64
	First     int64           // earliest packet time, ns since 1970; valid if Packets > 0
	Last      int64           // latest
	Damage    *capture.Damage // nil if the capture is whole
	Gaps      []capture.Gap   // passed over, with Resync
	Seconds   float64
	Part      *capture.Part // of a chunk of a capture: where it began and ended; else nil

	list         *sessions.List
	shared       *shared   // with the other captures of its group; nil: it is alone
	comments     *comments // with labels from them
	prepared     *prepared // of a small capture, or nil
	startsDiffer bool      // a used packet had no Ethernet header to keep
	tunnels      bool      // a used packet had inner headers
	snapped      int64     // used packets of which not all was captured
	namesCut     int64     // names that are masked and go on behind the end of their packet
	reported     int64     // packets that progress knows of
	release      func()
}

// Close frees the sessions' memory and temporary files.
func (x *Extraction) Close() error {
	err := x.list.Close()
	if x.release != nil {
		x.release()
		x.release = nil
	}
	return err
}

// Len is the number of sessions.
func (x *Extraction) Len() int { return x.list.Len() }

// Each calls f for every session in the order of their first kept packets, i counting from
// 0, until f returns an error. s and its prefix are lent for the call. It can be called
// again.
func (x *Extraction) Each(f func(i int, s *session.Session) error) error {
	return x.list.Each(func(i int, s *sessions.Session) error { return f(i, &s.Session) })
}

// Fits counts the sessions by how they fit the shape, indexed by sample.Fit,
// and the bytes they had.
func (x *Extraction) Fits(shape sample.Shape) (fits [4]int64, bytes int64, err error) {
	err = x.Each(func(_ int, s *session.Session) error {
		fits[shape.FitOf(s.Bytes)]++
		bytes += int64(s.Bytes)
		return nil
	})
	return fits, bytes, err
}

// Extract reads the capture at path ("-": standard input) and returns its
// sessions with statistics, as the options say. Damage is no error: it stands
// in the Extraction. Errors: the file cannot be opened or is no capture
// (*capture.NotCaptureError), or ctx is done.
func Extract(ctx context.Context, path string, o Options) (*Extraction, error) {
	return o.Extract(ctx, path, &Progress{})
}

// Extract is the function Extract with these options. progress counts what was done.
func (o Options) Extract(ctx context.Context, path string, progress *Progress) (*Extraction, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	p := &Plan{Options: o, Captures: []Input{{Path: path}}}
	work, stop := context.WithCancel(ctx)
	defer stop()
	answers, _, wait, _ := start(work, p, progress, nil)
	defer wait()
	select {
	case a := <-answers:
		return a.x, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Progress is what workers have done so far; it may be read at any time.
type Progress struct {
	Bytes   atomic.Int64 // read from files
	Packets atomic.Int64

	held     atomic.Int64 // bytes of memory that the store holds
	reserved atomic.Int64 // bytes of memory that captures take, see admission
}

// taken is memory that tables cannot have, in bytes.
func (p *Progress) taken() int64 { return p.held.Load() + p.reserved.Load() }

// tally is what is counted of packets, of a part of a capture or of all of it.
type tally struct {
	packets      int64
	reasons      [header.Reasons]int64
	unknown      map[header.LinkType]int64
	first, last  int64
	startsDiffer bool
	tunnels      bool
	snapped      int64
	namesCut     int64
	match        header.Drop // of the packet that was counted last: why its session is left out
}

func (t *tally) reset() {
	*t = tally{first: math.MaxInt64, last: -math.MaxInt64}
}

// count decodes a packet and reports whether it belongs to a session.
func (t *tally) count(o *Options, p *capture.Packet, s *header.Stack) bool {
	t.packets++
	t.first, t.last = min(t.first, p.Time), max(t.last, p.Time)
	header.Decode(p.LinkType, p.Data, p.OrigLen, s)
	reason := o.Drop.ReasonOf(p.Data, s)
	if o.DropSessionWith != header.DropNone {
		if t.match = o.DropSessionWith.Of(p.Data, s); t.match != header.DropNone {
			reason = header.OK
		}
	}
	t.reasons[reason]++
	if reason != header.OK {
		if reason == header.UnsupportedLink {
			if t.unknown == nil {
				t.unknown = map[header.LinkType]int64{}
			}
			t.unknown[p.LinkType]++
		}
		return false
	}
	if s.PayloadLen > s.End-s.Payload {
		t.snapped++
	}
	if o.Mask.MasksNames() {
		t.namesCut += int64(o.Mask.NamesCut(p.Data, s))
	}
	t.startsDiffer = t.startsDiffer || p.LinkType != header.LinkTypeEthernet
	if s.Proto == header.UDP && !t.tunnels {
		_, _, t.tunnels = s.Tunnel(p.Data)
	}
	return true
}

// add adds the counts of one more part.
func (x *Extraction) add(t *tally) {
	if t.packets == 0 {
		return
	}
	if x.Packets == 0 {
		x.First, x.Last = t.first, t.last
	}
	x.Packets += t.packets
	for r, n := range t.reasons {
		x.Reasons[r] += n
	}
	for l, n := range t.unknown {
		if x.Unknown == nil {
			x.Unknown = map[header.LinkType]int64{}
		}
		x.Unknown[l] += n
	}
	x.First, x.Last = min(x.First, t.first), max(x.Last, t.last)
	x.startsDiffer = x.startsDiffer || t.startsDiffer
	x.tunnels = x.tunnels || t.tunnels
	x.snapped += t.snapped
	x.namesCut += t.namesCut
}

// leaveWindowed counts what a Breaker has left out of kept packets.
func (x *Extraction) leaveWindowed(b *sessions.Breaker) {
	if b != nil {
		x.Reasons[header.OK] -= b.Windowed
		x.Reasons[header.Window] += b.Windowed
		x.snapped -= b.Snapped
	}
}

// newTable makes a table for sessions of a capture.
func (o *Options) newTable(seed sessions.Seed) *sessions.Table {
	keep := session.Keep{Limit: o.Shape.Length()}
	switch forms, err := o.forms(); {
	case err != nil || forms == nil:
	case len(forms) == 1:
		keep = session.Keep{Form: forms[0]}
	default:
		keep = session.Keep{Form: o.kept(forms)}
	}
	return sessions.New(sessions.Kind{
		Keep: keep, Prints: o.Dedup == sample.DedupSession, Units: o.Breaks != session.Breaks{} || o.MinSpan > 0, Matches: o.DropSessionWith != header.DropNone,
	}, seed)
}

// pulse is after how many packets a loop checks for an interrupt.
const pulse = 4096

// contribute masks a packet and adds the n bytes that are left of it to its
// session.
// wide may be nil unless the form asks for it.
func (w *worker) contribute(t *sessions.Table, id uint32, data []byte, l *header.Layout, n int, wide *sessions.Wide) {
	if w.showers != nil {
		w.shown = represent.Packet{Layout: l, Data: data}
		if wide != nil {
			w.shown.Original, w.shown.Link = wide.Original, wide.Link
		}
		w.show(t, id)
		if w.o.Dedup == sample.DedupSession {
			w.scratch = w.masker.Append(w.scratch[:0], w.showers[0].packet.Data, l)
		}
		t.Contribute(id, n, w.scratch)
		return
	}
	if w.o.Dedup == sample.DedupSession { // the fingerprint needs every byte
		w.scratch = w.masker.Append(w.scratch[:0], data, l)
		copy(t.Room(id, len(w.scratch)), w.scratch)
		t.Contribute(id, len(w.scratch), w.scratch)
		return
	}
	if room := t.Room(id, n); len(room) > 0 {
		w.masker.Write(room, data, l)
	}
	t.Contribute(id, n, nil)
}

func ofSample(b []byte) [16]byte { return dedup.OfSample(b) }

// unreadable is the error of a capture that could not be opened or read; it names the path.
func unreadable(path string, err error) error {
	var not *capture.NotCaptureError
	var in *find.ArchiveError
	var member *archive.Error
	var sys *os.PathError
	switch {
	case errors.As(err, &not), errors.As(err, &in), errors.As(err, &member), errors.As(err, &sys):
		return err
	default:
		return fmt.Errorf("%s: %w", path, err)
	}
}
