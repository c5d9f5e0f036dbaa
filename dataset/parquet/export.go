package parquet

import (
	"context"
	"fmt"

	"github.com/pcapmill/pcapmill/dataset"
)

// ShardBytes is the default for Images: what Hugging Face's own writer takes.
const ShardBytes = 500 << 20

// TableName is the file that Samples writes. Images writes the same one under a name that
// readers of whole folders pass over.
const (
	TableName  = "samples.parquet"
	asideTable = "_" + TableName
)

// Images writes samples with images and labels, data/SIDE-NUMBER-of-NUMBER.parquet, and
// beside them the table of samples. It
// is a [dataset.Exporter]; the zero value is ready to use.
type Images struct {
	// Bytes writes samples as they are instead of as PNG: format "parquet-bytes".
	Bytes bool
	// ShardBytes bounds the data of a file before compression: that many bytes of
	// images and 256 for the other columns of each row, and at least one row. 0 means
	// the constant of this name.
	ShardBytes int64
	// Shards, if not 0, is the number of files of a side, among which its samples are
	// dealt out evenly: fewer where a side has fewer samples, more where ShardBytes asks
	// for more. At most 99999.
	Shards int
	// Workers encode row groups side by side; 0 is one a core. It changes no byte.
	Workers int
}

// Name is "parquet" or "parquet-bytes".
func (x Images) Name() string {
	if x.Bytes {
		return "parquet-bytes"
	}
	return "parquet"
}

// Export writes the files of every side below dir. A side without samples gets one file
// without rows.
func (x Images) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	p := png
	switch t := v.Spec().Type; {
	case x.Bytes && t != dataset.U8:
		return nil, fmt.Errorf("%w: parquet-bytes holds bytes, and samples are %v: take parquet", dataset.ErrUnfit, v.Spec())
	case x.Bytes:
		p = plain
	case t == dataset.Text:
		p = words
	case t != dataset.U8:
		p = array
	}
	l, err := newLayout(p, v)
	if err != nil {
		return nil, err
	}
	l.workers = x.Workers
	most := x.ShardBytes
	if most == 0 {
		most = ShardBytes
	}
	perShard := max(1, most/(int64(v.Spec().Size())+256))
	var files []dataset.File
	for _, side := range v.Sides() {
		n := v.Len(side)
		s := &shards{layout: l, ctx: ctx, dir: dir, side: sideName(side), total: max(1, (n+perShard-1)/perShard)}
		s.end = func(i int64) int64 { return perShard * (i + 1) }
		if asked := min(int64(x.Shards), n); asked > s.total {
			s.total = asked
		}
		if x.Shards > 0 {
			s.end = func(i int64) int64 { return dataset.ShardEnd(i, s.total, n) }
		}
		err := v.Each(ctx, side, s.add)
		if err == nil {
			err = s.finish()
		}
		if err == nil {
			err = dataset.CheckLen(v, side, s.rows)
		}
		if err != nil {
			if s.now != nil {
				s.now.abort()
			}
			return nil, fmt.Errorf("%s: %w", dir.Path(s.name(s.number)), err)
		}
		files = append(files, s.files...)
	}
	made, err := writeTable(ctx, dir, asideTable, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(asideTable), err)
	}
	return append(files, made), nil
}

// sideName is what Hugging Face calls a side: what is not split is all train.
func sideName(s dataset.Side) string {
	if s == dataset.Whole {
		s = dataset.Train
	}
	return s.String()
}

// shards is the row of files of one side.
type shards struct {
	*layout
	ctx    context.Context
	dir    dataset.Folder
	side   string
	end    func(number int64) int64 // of a file: the rows of those up to it
	total  int64                    // files
	rows   int64                    // of all files
	number int64                    // of the file that is next, or open
	now    *file                    // nil between files
	files  []dataset.File
}

func (s *shards) name(n int64) string {
	return fmt.Sprintf("data/%s-%05d-of-%05d.parquet", s.side, n, s.total)
}

func (s *shards) open() (err error) {
	s.now, err = s.create(s.ctx, s.dir, s.name(s.number))
	return err
}

func (s *shards) add(e *dataset.Entry) error {
	if s.now == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	if err := s.now.add(e); err != nil {
		return err
	}
	s.rows++
	if s.rows == s.end(s.number) {
		return s.close()
	}
	return nil
}

func (s *shards) close() error {
	made, err := s.now.close()
	if err != nil {
		return err // s.now: the caller aborts it
	}
	s.now = nil
	s.files = append(s.files, made)
	s.number++
	return nil
}

// finish closes the last file; a side without samples gets its only one.
func (s *shards) finish() error {
	if s.number == 0 && s.now == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	if s.now == nil {
		return nil
	}
	return s.close()
}

// Samples writes the table of samples, without images: samples.parquet. It is a
// [dataset.Exporter].
type Samples struct{}

// Name is "table".
func (Samples) Name() string { return "table" }

// Export writes the file below dir.
func (Samples) Export(ctx context.Context, dir dataset.Folder, v dataset.View) ([]dataset.File, error) {
	made, err := writeTable(ctx, dir, TableName, v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Path(TableName), err)
	}
	return []dataset.File{made}, nil
}

func writeTable(ctx context.Context, dir dataset.Folder, name string, v dataset.View) (dataset.File, error) {
	l, err := newLayout(none, v)
	if err != nil {
		return dataset.File{}, err
	}
	f, err := l.create(ctx, dir, name)
	if err != nil {
		return dataset.File{}, err
	}
	defer f.abort()
	if err := v.Each(ctx, dataset.Whole, f.add); err != nil {
		return dataset.File{}, err
	}
	if err := dataset.CheckLen(v, dataset.Whole, f.rows); err != nil {
		return dataset.File{}, err
	}
	return f.close()
}
