package wds

import (
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/png"
)

// sample is a sample on its way into a shard.
type sample struct {
	data  []byte
	entry dataset.Entry
	begin bool   // it begins a shard
	tar   []byte // its members
}

// maker makes the members of samples. It is for one goroutine.
type maker struct {
	enc  *png.Encoder
	rows *rower
	cls  []byte
}

func newMaker(v dataset.View) (*maker, error) {
	enc, err := png.NewEncoder(v.Spec())
	return &maker{enc: enc, rows: newRower(v)}, err
}

// members makes the three members of a sample.
func (k *maker) members(m *sample) error {
	picture, err := k.enc.Encode(m.data)
	if err != nil {
		return err
	}
	row, err := k.rows.row(&m.entry)
	if err != nil {
		return err
	}
	k.cls = strconv.AppendInt(k.cls[:0], int64(m.entry.Label), 10)
	key := m.entry.Key()
	m.tar = appendMember(m.tar[:0], key, ".png", picture)
	m.tar = appendMember(m.tar, key, ".cls", k.cls)
	m.tar = appendMember(m.tar, key, ".json", row)
	return nil
}

// header is what all headers of members have: POSIX ustar, mode 0644, user and group 0, time
// 0, a regular file. headerSum is the sum of its bytes, blanks in the place of the sum.
var header, headerSum = func() (h [block]byte, sum int64) {
	copy(h[100:], "0000644\x000000000\x000000000\x00") // mode, user, group
	copy(h[136:], "00000000000\x00        0")          // time, sum, type
	copy(h[257:], "ustar\x0000")
	copy(h[329:], "0000000\x000000000\x00") // device
	for _, c := range h {
		sum += int64(c)
	}
	return h, sum
}()

var zeros [block]byte

// appendMember appends a file of an archive: its header, its content, and zeros up to the
// next block. The name has at most 100 bytes.
func appendMember(b []byte, key, end string, data []byte) []byte {
	at := len(b)
	b = append(b, header[:]...)
	h := b[at:]
	name := h[:copy(h, key)+len(end)]
	copy(name[len(name)-len(end):], end)
	octal(h[124:135], int64(len(data)))
	sum := headerSum
	for _, c := range name {
		sum += int64(c)
	}
	for _, c := range h[124:135] {
		sum += int64(c)
	}
	octal(h[148:154], sum)
	h[154] = 0
	b = append(b, data...)
	if rest := len(data) % block; rest > 0 {
		b = append(b, zeros[rest:]...)
	}
	return b
}

// octal fills b with the digits of n.
func octal(b []byte, n int64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + n&7)
		n >>= 3
	}
}
