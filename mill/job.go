package mill

import (
	"errors"
	"io"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/filesum"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/sample"
)

// job is one capture that is being read. Blocks of it are read and decoded by
// any worker, placed in order by one at a time, and then applied to the tables, each
// of which takes the stretches in order. The scheduler's lock guards all fields but seq,
// x and the tables' content, which belong to the task that has set placing, or a
// shard's busy.
type job struct {
	i      int // place in the plan
	in     *Input
	began  time.Time
	blocks *capture.Blocks
	seq    *capture.Sequence
	x      *Extraction
	shards []*shard

	framing *capture.Framing // for blocks that are read ahead
	near    int64            // time of some packet

	nextRead  int64              // block that is read next
	placed    int64              // blocks put together so far
	stretches map[int64]*stretch // decoded and not yet put together, by block
	filled    []*stretch         // read from a stream and not yet decoded
	inFlight  int                // stretches of blocks that are not free yet
	reading   int                // of these, those that are being read or decoded
	kept      bool               // a stream: it is finished even if the run is interrupted
	unopened  bool               // kept, and not open yet
	isOpen    bool               // opening it has succeeded
	later     bool               // it is opened again when what it wants is granted
	held      int64              // bytes of memory that were granted, see admission
	aside     int64              // of these, for those who help to decode, see divide
	spared    int64              // of these, see lend
	helping   []func()           // what they have not begun
	wants     int64              // bytes more that it needs to go on
	solid     *solid             // the compressed archive that it reads from, until it has
	summing   *filesum.Reader    // of a member of one, with InputSHA256
	summed    bool               // sum and sumErr are what came out
	sum       string
	sumErr    error
	copied    bool // do not map the file: it changed
	placing   bool
	opening   bool
	ended     bool // all blocks are put together
	sealed    int  // tables that are finished
	err       error
}

// shard is one table of a capture.
type shard struct {
	table   *sessions.Table
	spill   *sessions.Spill
	breaker *sessions.Breaker // nil: sessions do not end early
	queue   []*stretch
	busy    bool
	done    bool
	bytes   int64 // of the table, as the budget knows
}

// stretch is a decoded part of a capture: a block, or a record that crosses the end of
// one.
type stretch struct {
	block   capture.Block
	run     sessions.Run
	tally   tally
	piece   capture.Piece
	guessed bool
	refs    int // shards that have not applied it yet
	isBlock bool
}

// decode walks a part of a capture from a place on and deals its packets out.
func (w *worker) decode(st *stretch, f *capture.Framing, data []byte, from, shards int) {
	w.stretch = st
	st.run.Wide = w.wide
	st.run.Reset(shards)
	st.run.Data = data
	st.tally.reset()
	f.Walk(data, from, &st.piece, w.each)
	w.stretch = nil
}

// packet is what decode does with each packet.
func (w *worker) packet(p *capture.Packet, number uint32, at int) {
	st := w.stretch
	switch {
	case st.tally.count(w.o, p, &w.stack):
		if st.run.Wide {
			st.run.Next = sessions.Wide{Captured: uint32(len(p.Data)), Original: p.OrigLen, Link: p.LinkType}
		}
		st.run.Match = st.tally.match
		q := st.run.Add(&w.seed, p.Data, &w.stack, at, number, p.Time)
		q.Gives = uint32(w.masker.Len(&q.Layout))
	case w.o.Breaks.Restart && w.stack.Reason == header.OK:
		st.run.Match = header.DropNone
		st.run.AddSilent(&w.seed, p.Data, &w.stack, at, number, p.Time)
	}
}

// ahead decodes a block from a guessed place; the first block's is known.
func (w *worker) ahead(st *stretch, f *capture.Framing, near int64, shards int) {
	if st.guessed = false; f == nil || len(st.block.Data) == 0 {
		return
	}
	if at, ok := f.Guess(st.block.Data, near); ok {
		st.guessed = true
		w.decode(st, f, st.block.Data, at, shards)
	}
}

// place puts a block behind those before it, and returns the stretches that are ready to
// be applied.
func (w *worker) place(j *job, st *stretch) (ready []*stretch) {
	var guessed *capture.Piece
	if st.guessed {
		guessed = &st.piece
	}
	keep := func(st *stretch, first uint64) {
		st.run.First = first
		j.x.add(&st.tally)
		ready = append(ready, st)
	}
	j.seq.Add(&st.block, guessed,
		func(first uint64) { keep(st, first) },
		func(f *capture.Framing, data []byte, from int, first uint64, piece *capture.Piece) {
			part := st
			if &data[0] != &st.block.Data[0] {
				part = &stretch{} // a record that began before
			}
			w.decode(part, f, data, from, len(j.shards))
			*piece = part.piece
			keep(part, first)
		})
	w.progress.Packets.Add(int64(j.seq.Packets()) - w.reported(j))
	if st.block.Err != nil {
		j.end(st.block.Err)
	}
	return ready
}

// reported is the number of packets that progress knows of.
func (w *worker) reported(j *job) int64 {
	n := j.x.reported
	j.x.reported = int64(j.seq.Packets())
	return n
}

// end notes what is known at the end of the blocks.
func (j *job) end(err error) {
	digest, damage := j.seq.End(err)
	x := j.x
	x.Digest, x.LinkTypes, x.Size = digest, j.seq.LinkTypes(), j.blocks.BytesRead()
	if damage != nil && !errors.As(damage, &x.Damage) && damage != io.EOF {
		j.err = damage
	}
	if part, err := j.seq.Part(); err != nil {
		j.err = err
	} else {
		x.Part = part
	}
}

// apply adds stretches to a shard's table.
func (w *worker) apply(s *shard, k int, stretches []*stretch) {
	const batch = 32
	t, needed := s.table, w.o.Dedup == sample.DedupSession // also of a full session
	for _, st := range stretches {
		packets, tuples := st.run.Packets[k], st.run.Tuples(k)
		var wides []sessions.Wide
		if st.run.Wide {
			wides = st.run.Wides[k]
		}
		for len(packets) > 0 {
			n := min(batch, len(packets))
			if s.breaker == nil {
				t.Touch(packets[:n])
			}
			for i := range packets[:n] {
				p := &packets[i]
				var u *sessions.Unit
				if s.breaker != nil {
					if u = s.breaker.Number(p, tuples, st.run.First); u == nil {
						continue
					}
				}
				id := t.AddUnit(p, tuples, st.run.First, u)
				if !needed && t.Full(id) { // one lookup, no copy
					t.Contribute(id, int(p.Gives), nil)
					continue
				}
				data := st.run.Data[p.At:][:p.Layout.End()]
				var wide *sessions.Wide
				if wides != nil {
					wide = &wides[i]
					data = st.run.Data[p.At:][:wide.Captured]
				}
				w.contribute(t, id, data, &p.Layout, int(p.Gives), wide)
			}
			packets = packets[n:]
			if wides != nil {
				wides = wides[n:]
			}
		}
	}
}
