package inflate

import (
	"bytes"
	"testing"
)

// FuzzInflate compares raw streams with both libraries.
func FuzzInflate(f *testing.F) {
	for _, raw := range handmade() {
		f.Add(raw[:min(len(raw), 2000)])
	}
	for name, content := range contents(2000) {
		f.Add(deflate(f, content, compressors(f)["std6"], len(name)*100))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		judge(t, "raw", collect(NewReader(bytes.NewReader(in))), twinsOfRaw(in))
	})
}

// FuzzGzip compares members with both libraries, and the divided decoder with
// the other one.
func FuzzGzip(f *testing.F) {
	for _, in := range inputs(f, 3000) {
		f.Add(in, uint16(700))
	}
	f.Add(headerWith(gz(f, []byte("x"), 6), flagExtra|flagName|flagComment, []byte("\x02\x00xyname\x00comment\x00")), uint16(1))
	f.Fuzz(func(t *testing.T, in []byte, chunk uint16) {
		got := ours(in)
		judge(t, "gzip", got, twinsOf(in))
		z := divided(in, int(chunk)+1, Options{Workers: 3, Run: func(task func()) { task() }})
		same(t, "divided", collect(z), got)
		z = divided(in, int(chunk)+1, Options{Workers: 3, Run: func(func()) {}}) // each chunk is proven
		same(t, "divided, proven", collect(z), got)
	})
}

// FuzzStarts hides bytes in stored blocks and in literals, behind content that
// makes them stand in the middle of chunks: what looks like the beginning of a
// block or a member there is none.
func FuzzStarts(f *testing.F) {
	for name, in := range inputs(f, 3000) {
		f.Add(in, uint8(len(name)), uint16(300))
	}
	for _, raw := range handmade() {
		f.Add(raw[:min(len(raw), 2000)], uint8(3), uint16(100))
	}
	real := realLike(12_000, 8)
	before, after := gz(f, real, 6), gz(f, real, 9)
	f.Fuzz(func(t *testing.T, hidden []byte, shift uint8, chunk uint16) {
		// Shifted by some bits, so that they are at none of the places where they
		// began.
		w := new(bitWriter).bits(0, uint(shift%8))
		for _, b := range hidden {
			w.bits(uint(b), 8)
		}
		content := append(real[:2000:2000], w.b...)
		in := append(before[:len(before):len(before)], gz(t, content, 0)...)
		in = append(in, after...)
		in = append(in, gz(t, content, -2)...)
		want := append(append(append(real[:len(real):len(real)], content...), real...), content...)
		z := divided(in, int(chunk)+1, Options{Workers: 3, Run: func(task func()) { task() }})
		same(t, "divided", collect(z), outcome{want, "whole"})

		// A stream that begins with the bytes: a chunk may be all of it.
		in = append(before[:len(before):len(before)], w.b...)
		z = divided(in, int(chunk)+1, Options{Workers: 3, Run: func(task func()) { task() }})
		same(t, "divided", collect(z), ours(in))
	})
}
