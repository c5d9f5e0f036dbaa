package bunzip

import (
	"hash/crc32"
	"math/bits"
)

// update adds bytes to a checksum: CRC-32 with the highest bit of a byte first. It is that
// of hash/crc32 with the bits of all bytes turned round, and hash/crc32 is many times as
// fast as a table of 256, so the bytes are turned round in pieces.
func update(sum uint32, b []byte) uint32 {
	var piece [1024]byte
	sum = bits.Reverse32(sum)
	for len(b) > 0 {
		n := min(len(b), len(piece))
		for i, c := range b[:n] {
			piece[i] = bits.Reverse8(c)
		}
		sum = crc32.Update(sum, crc32.IEEETable, piece[:n])
		b = b[n:]
	}
	return bits.Reverse32(sum)
}
