package inflate

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// bitWriter writes streams by hand.
type bitWriter struct {
	b []byte
	n uint // bits used of the last byte; 0: all
}

// bits appends n bits, the lowest first.
func (w *bitWriter) bits(v, n uint) *bitWriter {
	for ; n > 0; n-- {
		if w.n == 0 {
			w.b = append(w.b, 0)
		}
		w.b[len(w.b)-1] |= byte(v&1) << w.n
		w.n = (w.n + 1) & 7
		v >>= 1
	}
	return w
}

// code appends a Huffman code, the highest bit first.
func (w *bitWriter) code(v, n uint) *bitWriter {
	for n > 0 {
		n--
		w.bits(v>>n&1, 1)
	}
	return w
}

// fixed appends a literal or length symbol of the fixed code.
func (w *bitWriter) fixed(symbols ...uint) *bitWriter {
	for _, s := range symbols {
		switch {
		case s < 144:
			w.code(0x30+s, 8)
		case s < 256:
			w.code(0x190+s-144, 9)
		case s < 280:
			w.code(s-256, 7)
		default:
			w.code(0xc0+s-280, 8)
		}
	}
	return w
}

// dynamic appends the header of a dynamic block with these code lengths, told
// one by one with a code of 4 bits for lengths 0 to 15.
func (w *bitWriter) dynamic(final uint, lits, dists []uint) *bitWriter {
	w.bits(final, 1).bits(2, 2).bits(uint(len(lits)-257), 5).bits(uint(len(dists)-1), 5).bits(15, 4)
	for _, s := range codeOrder {
		if s < 16 {
			w.bits(4, 3)
		} else {
			w.bits(0, 3)
		}
	}
	for _, n := range append(lits[:len(lits):len(lits)], dists...) {
		w.code(n, 4)
	}
	return w
}

// lengths makes code lengths: those at the given symbols, else 0.
func lengths(n int, of map[int]uint) []uint {
	l := make([]uint, n)
	for s, v := range of {
		l[s] = v
	}
	return l
}

// handmade are streams that no compressor makes.
func handmade() map[string][]byte {
	all := map[string][]byte{}
	add := func(name string, w *bitWriter) { all[name] = w.b }
	start := func() *bitWriter { return new(bitWriter) }
	fixed := func() *bitWriter { return start().bits(1, 1).bits(1, 2) }

	add("no bytes", start())
	add("type 3", start().bits(1, 1).bits(3, 2).bits(0, 40))
	add("type 3 behind a block", start().bits(0, 1).bits(1, 2).fixed('a', 256).bits(1, 1).bits(3, 2).bits(0, 40))
	add("fixed", fixed().fixed('a', 200, 'b', 256))
	add("fixed, 286", fixed().fixed('a', 286).bits(0, 40))
	add("fixed, 287", fixed().fixed('a', 287).bits(0, 40))
	add("fixed, 285 is 258", fixed().fixed('a', 285).code(0, 5).fixed(256))
	add("fixed, 284 with 31 is 258 too", fixed().fixed('a', 284).bits(31, 5).code(0, 5).fixed(256))
	for _, d := range []uint{30, 31} {
		add(fmt.Sprint("fixed, distance symbol ", d), fixed().fixed('a', 257).code(d, 5).bits(0, 40))
	}
	add("distance before the beginning", fixed().fixed('a', 257).code(1, 5).fixed(256).bits(0, 40))
	add("stored", start().bits(1, 1).bits(0, 2).bits(0, 5).bits(3, 16).bits(0xfffc, 16).bits('a', 8).bits('b', 8).bits('c', 8))
	add("stored, nothing", start().bits(1, 1).bits(0, 2).bits(0, 5).bits(0, 16).bits(0xffff, 16))
	add("stored, wrong complement", start().bits(1, 1).bits(0, 2).bits(0, 5).bits(3, 16).bits(0xfffd, 16).bits(0, 40))
	add("stored, rest of the byte not zero", start().bits(1, 1).bits(0, 2).bits(31, 5).bits(1, 16).bits(0xfffe, 16).bits('a', 8))

	ab := map[int]uint{'a': 1, 256: 1}
	add("two codes", start().dynamic(1, lengths(257, ab), lengths(1, nil)).code(0, 1).code(0, 1).code(1, 1))
	add("only the end", start().dynamic(1, lengths(257, map[int]uint{256: 1}), lengths(1, nil)).code(0, 1).bits(0, 20))
	add("only the end, another code", start().dynamic(1, lengths(257, map[int]uint{256: 1}), lengths(1, nil)).code(1, 1).bits(0, 20))
	add("only the end, of two bits", start().dynamic(1, lengths(257, map[int]uint{256: 2}), lengths(1, nil)).code(0, 2).bits(0, 20))
	add("no codes", start().dynamic(1, lengths(257, nil), lengths(1, nil)).bits(0, 40))
	add("no end", start().dynamic(1, lengths(257, map[int]uint{'a': 1, 'b': 1}), lengths(1, nil)).bits(0xaaaa, 40))
	add("one literal without end", start().dynamic(1, lengths(257, map[int]uint{'a': 1}), lengths(1, nil)).bits(0, 9).bits(1, 1).bits(0, 40))
	add("too many codes", start().dynamic(1, lengths(257, map[int]uint{'a': 1, 'b': 1, 256: 1}), lengths(1, nil)).bits(0, 40))
	add("too few codes", start().dynamic(1, lengths(257, map[int]uint{'a': 2, 'b': 2, 256: 2}), lengths(1, nil)).bits(0, 40))
	add("too many distances", start().dynamic(1, lengths(257, ab), []uint{1, 1, 1}).bits(0, 40))
	add("too few distances", start().dynamic(1, lengths(257, ab), []uint{2, 2, 2}).bits(0, 40))
	match := map[int]uint{'a': 1, 257: 2, 256: 2}
	add("one distance", start().dynamic(1, lengths(258, match), lengths(1, map[int]uint{0: 1})).code(0, 1).code(3, 2).code(0, 1).code(2, 2))
	add("one distance, another code", start().dynamic(1, lengths(258, match), lengths(1, map[int]uint{0: 1})).code(0, 1).code(3, 2).code(1, 1).bits(0, 40))
	add("no distances", start().dynamic(1, lengths(258, match), lengths(1, nil)).code(0, 1).code(3, 2).bits(0, 40))
	add("287 literals", start().bits(1, 1).bits(2, 2).bits(30, 5).bits(0, 5).bits(15, 4).bits(0, 80))
	add("31 distances", start().bits(1, 1).bits(2, 2).bits(0, 5).bits(30, 5).bits(15, 4).bits(0, 80))
	add("no code lengths", start().bits(1, 1).bits(2, 2).bits(0, 5).bits(0, 5).bits(0, 4).bits(0, 80))
	add("repeat at the beginning", start().bits(1, 1).bits(2, 2).bits(0, 5).bits(0, 5).bits(0, 4).bits(1, 3).bits(1, 3).bits(0, 86))
	add("zeros past the end", start().bits(1, 1).bits(2, 2).bits(0, 5).bits(0, 5).bits(0, 4).bits(0, 6).bits(1, 3).bits(1, 3).bits(0xffff, 16).bits(0xffff, 16).bits(0xffff, 16).bits(0, 40))

	// Codes of every length up to 15, in both alphabets.
	deep := make([]uint, 286)
	for i := range 14 {
		deep['a'+i] = uint(i + 1)
	}
	deep[285], deep[256] = 15, 15
	dists := make([]uint, 30)
	for i := range 14 {
		dists[i] = uint(i + 1)
	}
	dists[14], dists[29] = 15, 15
	w := start().dynamic(1, deep, dists)
	for i := range uint(14) {
		w.code(1<<(i+1)-2, i+1)
	}
	// Symbol 256 is the lower one of 15 bits, 285 the higher.
	w.code(1<<15-1, 15).code(0, 1)
	w.code(1<<15-1, 15).code(1<<15-2, 15).bits(11, 6) // distance symbol 14: 129 to 192
	w.code(1<<15-2, 15)
	add("codes of 15 bits", w)

	// A distance of 32768, and one more than there is.
	for _, more := range []int{0, 1} {
		w := start()
		for range 4 {
			w.bits(0, 3).bits(0, (8-w.n)&7).bits(8192-uint(more), 16).bits(^uint(8192-uint(more)), 16)
			for i := range 8192 - more {
				w.bits(uint(i*7), 8)
			}
		}
		w.bits(1, 1).bits(1, 2).fixed(257).code(29, 5).bits(8191, 13).fixed(256)
		add(fmt.Sprintf("distance of 32768 with %d bytes", 4*(8192-more)), w)
	}
	return all
}

// TestHandmade decodes streams by hand, whole and cut, alone and behind others.
func TestHandmade(t *testing.T) {
	for name, raw := range handmade() {
		whole := twinsOfRaw(raw)
		judge(t, name, collect(NewReader(bytes.NewReader(raw))), whole)
		for cut := range min(len(raw), 1000) {
			judge(t, fmt.Sprint(name, " cut at ", cut), collect(NewReader(bytes.NewReader(raw[:cut]))), twinsOfRaw(raw[:cut]))
		}
		in := append(gz(t, []byte("before"), 6), member(raw, whole.std.data)...)
		in = append(in, make([]byte, 100)...)
		judge(t, name+" in gzip", ours(in), twinsOf(in))
		same(t, name+" divided", collect(divided(in, 20, Options{Workers: 2, Run: goes})), ours(in))
	}
}

// TestHandmadeAreWhatTheySay: some are valid, and give what they should.
func TestHandmadeAreWhatTheySay(t *testing.T) {
	all := handmade()
	for name, want := range map[string]string{
		"fixed": "a\xc8b", "two codes": "aa", "only the end": "", "one distance": "aaaa", "stored": "abc",
		"fixed, 285 is 258":             string(bytes.Repeat([]byte("a"), 259)),
		"fixed, 284 with 31 is 258 too": string(bytes.Repeat([]byte("a"), 259)),
	} {
		same(t, name, collect(NewReader(bytes.NewReader(all[name]))), outcome{[]byte(want), "whole"})
	}
	for _, name := range []string{"codes of 15 bits", "distance of 32768 with 32768 bytes"} {
		if got := collect(NewReader(bytes.NewReader(all[name]))); got.end != "whole" {
			t.Error(name, got)
		}
	}
	if got := collect(NewReader(bytes.NewReader(all["distance of 32768 with 32764 bytes"]))); got.end == "whole" {
		t.Error(got)
	}
}

// TestFraming reads headers of all kinds, whole, cut, and with every bit changed.
func TestFraming(t *testing.T) {
	content := []byte("content of a member, content of a member")
	plain := gz(t, content, 6)
	long := bytes.Repeat([]byte("n"), 511)
	for name, in := range map[string][]byte{
		"empty":             {},
		"plain":             plain,
		"extra":             headerWith(plain, flagExtra, []byte("\x05\x00abcde")),
		"empty extra":       headerWith(plain, flagExtra, []byte("\x00\x00")),
		"largest extra":     headerWith(plain, flagExtra, append([]byte("\xff\xff"), make([]byte, 65535)...)),
		"name":              headerWith(plain, flagName, []byte("na\xfcme\x00")),
		"comment":           headerWith(plain, flagComment, []byte("comment\x00")),
		"longest name":      headerWith(plain, flagName, append(long[:511:511], 0)),
		"name too long":     headerWith(plain, flagName, append(long[:511:511], 'n', 0)),
		"all":               headerWith(plain, flagExtra|flagName|flagComment, []byte("\x02\x00xyname\x00comment\x00")),
		"header CRC":        headerWith(plain, flagHeaderCRC|flagName, []byte("n\x00"+string(headerCRC(plain, flagHeaderCRC|flagName, "n\x00")))),
		"wrong header CRC":  headerWith(plain, flagHeaderCRC, []byte("\x00\x00")),
		"text flag":         headerWith(plain, 1, nil),
		"reserved flag":     headerWith(plain, 0x20, nil),
		"zeros":             append(plain[:len(plain):len(plain)], make([]byte, 1000)...),
		"garbage":           append(plain[:len(plain):len(plain)], "garbage"...),
		"zeros and garbage": append(plain[:len(plain):len(plain)], "\x00\x00garbage"...),
		"half a magic":      append(plain[:len(plain):len(plain)], 0x1f),
		"another method":    append(plain[:len(plain):len(plain)], "\x1f\x8b\x07 0123456789"...),
		"zeros first":       append(make([]byte, 10), plain...),
	} {
		in = append(in, in...)
		judge(t, name, ours(in), twinsOf(in))
		same(t, name+" divided", collect(divided(in, 16, Options{Workers: 2, Run: goes})), ours(in))
		step := 1
		if testing.Short() {
			step = 9
		}
		for cut := 0; cut < min(len(in), 1400); cut += step {
			judge(t, fmt.Sprint(name, " cut at ", cut), ours(in[:cut]), twinsOf(in[:cut]))
		}
		if len(in) > 2000 {
			continue
		}
		for bit := range 8 * len(in) / 2 {
			bad := bytes.Clone(in)
			bad[bit/8] ^= 1 << (bit % 8)
			judge(t, fmt.Sprint(name, " with another bit ", bit), ours(bad), twinsOf(bad))
		}
	}
}

// headerWith adds a part to the header of a plain member.
func headerWith(plain []byte, flags byte, part []byte) []byte {
	in := bytes.Clone(plain[:10])
	in[3] = flags
	return append(append(in, part...), plain[10:]...)
}

func headerCRC(plain []byte, flags byte, part string) []byte {
	in := append(bytes.Clone(plain[:10]), part...)
	in[3] = flags
	crc := appendTrailer(nil, in)
	return crc[:2]
}

// TestExpansion: what expands most is given in pieces, and the input offset
// tells how much.
func TestExpansion(t *testing.T) {
	if testing.Short() {
		t.Skip("400 MiB of zeros")
	}
	in := gz(t, make([]byte, 200<<20), 9)
	for _, workers := range []int{1, 4} {
		z := NewGzipReader(bytes.NewReader(in), Options{Workers: workers, Run: goes})
		if _, err := io.CopyN(io.Discard, z, 100<<20); err != nil {
			t.Fatal(err)
		}
		if at := z.InputOffset(); at < 95_000 || at > 110_000 {
			t.Errorf("%d workers: 100 MiB of zeros from %d of %d bytes", workers, at, len(in))
		}
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}
}
