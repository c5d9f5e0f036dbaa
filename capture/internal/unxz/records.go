package unxz

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// records are the sizes of a stream's blocks, as a digest: there may be millions of them.
type records struct {
	count uint64
	sum   hash.Hash
}

func newRecords() records { return records{sum: sha256.New()} }

// add adds a block that was read.
func (r *records) add(h header, kind byte, used, made int64) {
	r.put(uint64(int64(h.size)+used+int64(checkSize(kind))), uint64(made))
}

func (r *records) put(unpadded, uncompressed uint64) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], unpadded)
	binary.LittleEndian.PutUint64(b[8:], uncompressed)
	_, _ = r.sum.Write(b[:])
	r.count++
}
