package rows

import (
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/bytelog"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// DefaultRewriteLimit is the largest table in bytes that a commit writes anew, and the
// most that is kept in memory: 2 MiB, 21,800 records, about as many as there are
// images of 28x28 in the file that dataset/idx writes anew. A disk takes that in a
// fraction of a second; what is larger would be copied again and again.
const DefaultRewriteLimit = 2 << 20

// Log is the file, a [bytelog.Log] of records. It is for one goroutine.
type Log struct {
	*bytelog.Log
	wide   bool
	record []byte
}

// Format opens tables. Its zero value is the usual one.
type Format struct {
	// RewriteLimit is the largest table in bytes that a commit writes anew; 0 is
	// [DefaultRewriteLimit], a negative limit is always in place. It does not change
	// the bytes of a table.
	RewriteLimit int64

	// FS is the file system; nil is the real one.
	FS fsys.FS

	// Wide says that records have WideLen bytes.
	Wide bool
}

// RecordLen is the length of a record in bytes.
func (o Format) RecordLen() int64 { return length(o.Wide) }

// Open opens the file in dir at the given number of committed records; with
// none it makes the file if need be. A file with fewer is refused and not
// changed. Temporary files that a killed run left are removed.
func (o Format) Open(dir string, records int64) (*Log, error) {
	if o.RewriteLimit == 0 {
		o.RewriteLimit = DefaultRewriteLimit
	}
	l, err := bytelog.Open(fsys.Or(o.FS), dir, Name, records*o.RecordLen(), o.RewriteLimit)
	if err != nil {
		return nil, err
	}
	return &Log{Log: l, wide: o.Wide}, nil
}

// Append adds a record behind the others, and returns its bytes, which are lent
// until the next call of a method. After an error of Append, Prepare or Commit every
// further one returns that error, and Close goes back to the last commit.
func (l *Log) Append(r *dataset.Row) ([]byte, error) {
	l.record = l.Encode(l.record[:0], r)
	if err := l.Log.Append(l.record); err != nil {
		return nil, err
	}
	return l.record, nil
}

// Encode appends the record of r, as Append writes it, to b.
func (l *Log) Encode(b []byte, r *dataset.Row) []byte {
	if l.wide {
		return AppendWide(b, r)
	}
	return Append(b, r)
}

// RecordLen is the length of a record in bytes.
func (l *Log) RecordLen() int64 { return length(l.wide) }
