package capture

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// digestLeaf is the length in bytes of the pieces that are hashed on their own,
// so that parts of a capture can be hashed independently.
const digestLeaf = 1 << 20

// Digest identifies the content of a capture: two captures with the same bytes
// (after undoing compression) have the same digest, whatever their names.
//
// It is the 128-bit XXH3 hash of the concatenated 128-bit XXH3 hashes
// (big-endian) of the stream's 1 MiB pieces, followed by the stream's length in
// bytes (uint64, big-endian). It tells captures apart; it does not authenticate
// them: whoever wants to can make two captures with one digest.
type Digest [16]byte

// String is the digest in 32 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// digester computes a Digest. Hashers are large, and most of very many captures have one piece,
// which is hashed elsewhere: none is made for those.
type digester struct {
	leaf   *xxh3.Hasher // nil until something is written to it
	filled int          // bytes in leaf
	total  int64        // bytes in all

	leaves int64 // so far
	first  [16]byte
	root   *xxh3.Hasher // of the leaves' digests; nil up to the first leaf
}

func (d *digester) write(b []byte) {
	d.total += int64(len(b))
	for len(b) > 0 {
		if d.leaf == nil {
			d.leaf = &xxh3.Hasher{}
		}
		n := min(digestLeaf-d.filled, len(b))
		_, _ = d.leaf.Write(b[:n]) // never fails
		d.filled += n
		b = b[n:]
		if d.filled == digestLeaf {
			d.close()
		}
	}
}

// close ends a leaf.
func (d *digester) close() {
	d.push(d.leaf.Sum128().Bytes())
	d.leaf.Reset()
	d.filled = 0
}

// push appends the digest of a leaf.
func (d *digester) push(leaf [16]byte) {
	if d.leaves++; d.leaves == 1 {
		d.first = leaf
		return
	}
	if d.root == nil {
		d.root = &xxh3.Hasher{}
		_, _ = d.root.Write(d.first[:]) // never fails
	}
	_, _ = d.root.Write(leaf[:])
}

// add appends a piece that was hashed elsewhere: n bytes, a full leaf or the last.
func (d *digester) add(leaf [16]byte, n int) {
	d.push(leaf)
	d.total += int64(n)
}

func (d *digester) sum() Digest {
	if d.filled > 0 {
		d.close()
	}
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(d.total))
	if d.root == nil {
		all := append(d.first[:16*d.leaves:16*d.leaves], n[:]...)
		return Digest(xxh3.Hash128(all).Bytes())
	}
	_, _ = d.root.Write(n[:])
	return Digest(d.root.Sum128().Bytes())
}
