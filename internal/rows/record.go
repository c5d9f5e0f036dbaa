package rows

import (
	"encoding/binary"
	"fmt"

	"github.com/pcapmill/pcapmill/dataset"
)

// Name is the file's name in the dataset's directory.
const Name = "sample_table.bin"

// Len is the length of a record in bytes.
const Len = 96

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

// Parse reads a record into r. b has Len bytes. The only thing that can be wrong
// with it is that the last three are not zero.
func Parse(b []byte, r *dataset.Row) error {
	_ = b[Len-1]
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
	if rest := b[93:Len]; rest[0]|rest[1]|rest[2] != 0 {
		return fmt.Errorf("bytes 93 to 95 of a record are % x, need zeros", rest)
	}
	return nil
}
