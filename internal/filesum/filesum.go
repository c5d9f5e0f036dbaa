// Package filesum computes the SHA-256 of files, as sha256sum prints it: of a file by
// its path ([Of]), or of a stream while somebody else reads it ([Reader]), which is the
// only way for standard input and FIFOs.
//
// SHA-256 is for publishing: it proves that two files are the same. Where that need not be
// proved, faster digests do (docs/decisions/004-digests.md).
package filesum

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// chunk is how much is read between two looks at the context.
const chunk = 1 << 20

// Of reads the file at path and returns the SHA-256 of its bytes in hexadecimal, and their
// number. Errors are those of package os, which name the file, and of the context.
func Of(ctx context.Context, path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	return OfReader(ctx, f)
}

// OfReader is [Of] of a stream that is read to its end.
func OfReader(ctx context.Context, r io.Reader) (sum string, size int64, err error) {
	h := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", 0, err
		}
		n, err := io.CopyN(h, r, chunk)
		size += n
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), size, nil
		}
		if err != nil {
			return "", 0, err
		}
	}
}

// Reader is a stream whose bytes are summed as they are read. It is for one goroutine.
type Reader struct {
	src  io.Reader
	h    hash.Hash
	size int64
}

// NewReader returns a Reader of src.
func NewReader(src io.Reader) *Reader { return &Reader{src: src, h: sha256.New()} }

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	_, _ = r.h.Write(p[:n]) // a hash never fails
	r.size += int64(n)
	return n, err
}

// Sum reads what is left of the stream, because who reads a capture may stop at damage
// before its end, and returns the SHA-256 of all of it in hexadecimal, and its length. An
// error is the stream's.
func (r *Reader) Sum() (sum string, size int64, err error) {
	if _, err := io.Copy(io.Discard, struct{ io.Reader }{r}); err != nil {
		return "", r.size, err
	}
	return hex.EncodeToString(r.h.Sum(nil)), r.size, nil
}
