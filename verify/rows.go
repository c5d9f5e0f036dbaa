package verify

import (
	"bytes"
	"fmt"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// table compares the table of samples with the samples as they are read. It keeps
// the first difference that it finds, for the promise about the table.
type table struct {
	r        *store.Rows
	bySample bool // digests are of samples, so they can be computed again
	length   uint64
	times    string           // --table-times of the dataset
	form     bool             // a form made the samples: its rows say how they fit
	groups   map[int64]uint64 // sessions by manifest.Capture.Group
	problem  string

	// Of the capture at hand:
	c        *manifest.Capture
	at       uint32
	next     uint64 // least session ordinal that the next row may have
	sessions uint64 // how many there are: of the capture, or of its group
	original uint64
	fits     [3]int64 // truncated, padded, exact
	sum      *manifest.Sum
}

func newTable(d *store.Dataset) (*table, error) {
	r, err := d.Rows()
	if err != nil {
		return nil, err
	}
	m, groups := d.Manifest(), map[int64]uint64{}
	for i := range m.Captures {
		groups[m.Captures[i].Group] += uint64(m.Captures[i].Sessions)
	}
	return &table{groups: groups, r: r, bySample: m.Settings.Get("dedup") != sample.DedupSession.String(), length: uint64(m.Settings.Int("length")), times: m.Settings.Get("table_times"), form: m.Settings.Form() != ""}, nil
}

// begin starts with capture number at.
func (t *table) begin(at int, c *manifest.Capture) {
	t.sessions = uint64(c.Sessions)
	if c.Group > 0 {
		t.sessions = t.groups[c.Group]
	}
	t.c, t.at, t.next, t.original, t.fits, t.sum = c, uint32(at), 0, 0, [3]int64{}, manifest.NewSum()
}

func (t *table) wrong(text string, args ...any) {
	if t.problem == "" {
		t.problem = fmt.Sprintf("capture %s: ", t.c.Name) + fmt.Sprintf(text, args...)
	}
}

// row reads the row of sample i of the dataset, whose bytes are b with the digest print, which
// counts where digests are of samples. It returns what dedup compared.
func (t *table) row(i int64, b []byte, print dedup.Digest) (dedup.Digest, error) {
	var row dataset.Row
	if err := t.r.Next(&row); err != nil {
		return dedup.Digest{}, err
	}
	_, _ = t.sum.Write(t.r.Raw()) // a hash never fails
	switch {
	case row.Capture != t.at:
		t.wrong("row %d is of capture %d, need %d", i, row.Capture, t.at)
	case row.Unit == 0 && row.Session < t.next: // of a later unit the first may have no row
		t.wrong("row %d is of session %d, but the row before it of session %d", i, row.Session, t.next-1)
	case row.Session >= t.sessions:
		t.wrong("row %d is of session %d, but there are %d", i, row.Session, t.sessions)
	case t.form != (row.Fit != 0) || t.form && row.Counted == 0:
		t.wrong("row %d says fit %d of %d counted, which cannot be", i, row.Fit, row.Counted)
	case !t.form && row.Original == 0:
		t.wrong("row %d is of a session without bytes", i)
	case !t.form && row.Original < uint64(len(b)) && len(bytes.Trim(b[row.Original:], "\x00")) > 0:
		t.wrong("row %d says %d bytes, but sample %d has more", i, row.Original, i)
	case t.times == "none" && (row.Start != dataset.NoTime || row.Duration != dataset.NoTime):
		t.wrong("row %d tells a time, but the dataset is of --table-times none", i)
	case t.times == "relative" && row.Start < 0:
		t.wrong("row %d starts %d ns before its capture", i, -row.Start)
	case t.times != "none" && row.Duration < 0:
		t.wrong("row %d says a duration of %d ns", i, row.Duration)
	case t.bySample && dedup.Digest(row.Digest) != print:
		t.wrong("row %d has the digest %x, but sample %d has %x", i, row.Digest, i, print)
	}
	if row.Unit == 0 {
		t.next = row.Session + 1
	}
	t.original += row.Original
	switch {
	case t.form:
		if row.Fit >= 1 && row.Fit <= 3 {
			t.fits[[...]int{1, 2, 0}[row.Fit-1]]++ // padded, exact, truncated
		}
	case row.Original > t.length:
		t.fits[0]++
	case row.Original < t.length:
		t.fits[1]++
	default:
		t.fits[2]++
	}
	return row.Digest, nil
}

// end compares what the capture's rows add up to with the manifest. Duplicates have
// counts and no rows, so where there are some the counts are only upper bounds.
func (t *table) end() {
	c := t.c
	for k, of := range []struct {
		name       string
		have, most int64
	}{
		{"truncated sessions", t.fits[0], c.Truncated},
		{"padded sessions", t.fits[1], c.Padded},
		{"exact sessions", t.fits[2], c.Exact},
		{"original bytes", int64(t.original), c.OriginalBytes},
	} {
		if of.have > of.most || of.have < 0 || c.Duplicates == 0 && of.have != of.most || k < 3 && of.most-of.have > c.Duplicates {
			t.wrong("its rows have %d %s, but the manifest counts %d, with %d duplicates", of.have, of.name, of.most, c.Duplicates)
		}
	}
	if have := t.sum.Text(); have != c.RowsDigest {
		t.wrong("its rows have digest %s, need %s", have, c.RowsDigest)
	}
}
