package store

import (
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/manifest"
)

// A Packer does for the samples of a whole capture what Append need not do then: it encodes
// their rows and adds up their digests. So whoever has made a batch can do that beside the
// one goroutine that appends. It may be used by several goroutines at once.
type Packer struct {
	encode func(b []byte, r *dataset.Row) []byte
	parts  int
}

// Packer returns one for batches of this form.
func (f *Form) Packer() *Packer {
	p := &Packer{encode: rows.Append, parts: 1 + len(f.Variants)}
	if f.Settings.Wide() {
		p.encode = rows.AppendWide
	}
	return p
}

// Pack packs a batch that holds all samples of its capture. When the batch has changed since,
// it must be packed again.
func (p *Packer) Pack(b *Batch) {
	b.encode(p.encode)
	b.sums = append(b.sums[:0], manifest.SumOf(b.records))
	for i := range p.parts {
		b.sums = append(b.sums, manifest.SumOf(b.of(i)))
	}
}

// encode encodes the rows with row.
func (b *Batch) encode(row func(b []byte, r *dataset.Row) []byte) {
	b.records = b.records[:0]
	for i := range b.Rows {
		b.records = row(b.records, &b.Rows[i])
	}
}
