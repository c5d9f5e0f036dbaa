package wds

import (
	"fmt"
	"strconv"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/npy"
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
	spec   dataset.Spec
	enc    *png.Encoder // of U8, else nil
	array  []byte       // else the NPY file of a sample: header bytes of its header, and numbers
	header int
	rows   *rower
	cls    []byte
}

func newMaker(v dataset.View) (k *maker, err error) {
	k = &maker{spec: v.Spec(), rows: newRower(v)}
	switch descr := npy.Descr(k.spec.Type); {
	case descr == "":
		return nil, fmt.Errorf("%w: samples of %v, need arrays", dataset.ErrUnfit, k.spec.Type)
	case k.spec.Type == dataset.U8:
		k.enc, err = png.NewEncoder(k.spec)
	default:
		k.array = npy.Header(descr, int64(k.spec.Rows), int64(k.spec.Cols))
		k.header = len(k.array)
	}
	return k, err
}

// first is the first file of a sample, and what its name ends in.
func (k *maker) first(data []byte) (end string, file []byte, err error) {
	if k.enc != nil {
		file, err = k.enc.Encode(data)
		return ".png", file, err
	}
	k.array = append(k.array[:k.header], data...)
	k.spec.Type.Swap(k.array[k.header:], k.array[k.header:])
	return ".npy", k.array, nil
}

// members makes the three members of a sample.
func (k *maker) members(m *sample) error {
	end, file, err := k.first(m.data)
	if err != nil {
		return err
	}
	row, err := k.rows.row(&m.entry)
	if err != nil {
		return err
	}
	k.cls = strconv.AppendInt(k.cls[:0], int64(m.entry.Label), 10)
	key := m.entry.Key()
	m.tar = appendMember(m.tar[:0], key, end, file)
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
