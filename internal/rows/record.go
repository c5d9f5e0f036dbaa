package rows

import (
	"encoding/binary"
	"fmt"

	"github.com/pcapmill/pcapmill/dataset"
)

// Name is the file's name in the dataset's directory.
const Name = "sample_table.bin"

// Lengths of a record in bytes: of datasets in which a session is one unit and a sample is
// the first bytes of it, and of all others.
const (
	Len     = 96
	WideLen = 112
)

// length is that of one record.
func length(wide bool) int64 {
	if wide {
		return WideLen
	}
	return Len
}

// AppendWide appends the long record of r to b.
func AppendWide(b []byte, r *dataset.Row) []byte {
	b = Append(b, r)
	b[len(b)-3] = r.Fit
	b = binary.LittleEndian.AppendUint64(b, r.Unit)
	return binary.LittleEndian.AppendUint64(b, r.Counted)
}

// Append appends the record of r to b.
func Append(b []byte, r *dataset.Row) []byte {
	e := binary.LittleEndian
	b = e.AppendUint64(b, r.Session)
	b = e.AppendUint64(b, uint64(r.Start))
	b = e.AppendUint64(b, uint64(r.Duration))
	for _, pair := range [][2]uint64{r.Packets, r.Bytes} {
		b = e.AppendUint64(b, pair[0])
		b = e.AppendUint64(b, pair[1])
	}
	b = e.AppendUint64(b, r.Original)
	b = append(b, r.Digest[:]...)
	b = append(b, r.Host[:]...)
	b = e.AppendUint32(b, r.Capture)
	return append(b, r.Proto, 0, 0, 0)
}

// Parse reads a record into r. b has Len or WideLen bytes. The only things that can be wrong
// with it are bytes 93 to 95, which are zeros, or in a long one a fit of 0 to 3 and zeros.
func Parse(b []byte, r *dataset.Row) error {
	_ = b[Len-1]
	*r = dataset.Row{}
	e := binary.LittleEndian
	r.Session = e.Uint64(b)
	r.Start = int64(e.Uint64(b[8:]))
	r.Duration = int64(e.Uint64(b[16:]))
	r.Packets = [2]uint64{e.Uint64(b[24:]), e.Uint64(b[32:])}
	r.Bytes = [2]uint64{e.Uint64(b[40:]), e.Uint64(b[48:])}
	r.Original = e.Uint64(b[56:])
	r.Digest = [16]byte(b[64:])
	r.Host = [8]byte(b[80:])
	r.Capture = e.Uint32(b[88:])
	r.Proto = b[92]
	if len(b) == WideLen {
		r.Unit, r.Counted, r.Fit = e.Uint64(b[96:]), e.Uint64(b[104:]), b[93]
		if rest := b[93:96]; rest[0] > 3 || rest[1]|rest[2] != 0 {
			return fmt.Errorf("bytes 93 to 95 of a record are % x, need a fit of 0 to 3 and zeros", rest)
		}
		return nil
	}
	if rest := b[93:Len]; rest[0]|rest[1]|rest[2] != 0 {
		return fmt.Errorf("bytes 93 to 95 of a record are % x, need zeros", rest)
	}
	return nil
}
