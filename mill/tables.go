package mill

import (
	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/sessions"
)

// oneTableSize is the size in bytes up to which a capture has one table: one
// worker at a time reads it anyway.
const oneTableSize = 2 * capture.BlockLen

// keepTable is the size in bytes up to which a table is used again.
const keepTable = 2 << 20

// budget is what the tables may hold now, in bytes.
func (sc *scheduler) budget() int64 { return sc.p.tableBudget(sc.total, sc.progress.taken()) }

// shards is how many tables a capture gets, a power of two.
func (sc *scheduler) shards(in *Input) int {
	if !in.Stream && in.Size > 0 && in.Size <= oneTableSize && in.Format.Compression == "" {
		return 1
	}
	n := 1
	for n < 2*sc.p.workers() && n < 64 {
		n *= 2
	}
	return n
}

// table returns an empty table. The lock is held.
func (sc *scheduler) table() *sessions.Table {
	if n := len(sc.tables); n > 0 {
		t := sc.tables[n-1]
		sc.tables = sc.tables[:n-1]
		return t
	}
	return sc.p.newTable(sc.seed)
}

// weigh updates the memory that a shard's table holds. The lock is held.
func (sc *scheduler) weigh(s *shard) {
	n := s.table.Bytes() + s.breaker.Bytes()
	sc.memory += n - s.bytes
	s.bytes = n
}
