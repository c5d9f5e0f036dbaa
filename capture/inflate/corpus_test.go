package inflate

import (
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"github.com/pcapmill/pcapmill/internal/full"
)

// realLike makes content like captures that people have: packets with headers
// that repeat, text, and payload that is encrypted; gzip -6 halves it.
func realLike(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	words := []string{
		"GET /index.html HTTP/1.1\r\n", "Host: www.example.org\r\n", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n",
		"Accept: text/html,application/xhtml+xml\r\n", "Cookie: session=", "<div class=\"item\">", "</div>\n", "Content-Length: ",
		"the ", "of ", "and ", "network ", "packet ", "function() { return ", "margin: 0 auto; ", "application/json",
	}
	flows := make([][]byte, 64)
	for i := range flows {
		flows[i] = make([]byte, 54)
		for k := range flows[i] {
			flows[i][k] = byte(rng.Uint32() >> 7 & 0xff)
		}
	}
	var b []byte
	seq := uint32(0)
	for len(b) < n {
		payload := 20 + rng.IntN(1400)
		seq += uint32(payload)
		b = binary.LittleEndian.AppendUint32(b, 1_500_000_000+seq>>16)
		b = binary.LittleEndian.AppendUint32(b, rng.Uint32()%1_000_000)
		b = binary.LittleEndian.AppendUint32(b, uint32(payload+54))
		b = binary.LittleEndian.AppendUint32(b, uint32(payload+54))
		flow := flows[rng.IntN(len(flows))]
		b = append(b, flow[:38]...)
		b = binary.BigEndian.AppendUint32(b, seq)
		b = append(b, flow[42:]...)
		switch rng.IntN(8) {
		case 0, 1, 2: // TLS
			b = append(b, 0x17, 3, 3, byte(payload>>8), byte(payload))
			b = appendRandom(b, rng, payload)
		case 3: // padding
			b = append(b, make([]byte, payload)...)
		default:
			for end := len(b) + payload; len(b) < end; {
				b = append(b, words[rng.IntN(len(words))]...)
				b = fmt.Appendf(b, "%d", rng.IntN(1000))
			}
		}
	}
	return b[:n]
}

// mixedLike is what compresses badly: headers and random payload, 1.1:1.
func mixedLike(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 2))
	var b []byte
	for len(b) < n {
		payload := rng.IntN(800)
		b = append(b, "\x00\x1b\x21\x3c\x9d\xf8\x00\x50\x56\xc0\x00\x01\x08\x00\x45\x00\x00\x00\x40\x00\x40\x06"...)
		b = append(b, "\x0a\x00\x00\x01\x0a\x00\x00\x02\x01\xbb\xd4\x31\x00\x00\x00\x00\x80\x18\x01\xf5\x00\x00\x01\x01\x08\x0a"...)
		b = binary.BigEndian.AppendUint16(b, uint16(payload+28))
		b = appendRandom(b, rng, payload)
	}
	return b[:n]
}

func appendRandom(b []byte, rng *rand.Rand, n int) []byte {
	for range n {
		b = append(b, byte(rng.Uint32()))
	}
	return b
}

// far makes content whose matches are 32768 bytes away, exactly.
func far(n int) []byte {
	rng := rand.New(rand.NewPCG(3, 3))
	b := appendRandom(nil, rng, windowLen)
	for len(b) < n {
		b = append(b, b[len(b)-windowLen:][:200]...)
		b = appendRandom(b, rng, 3)
		b = append(b, b[len(b)-windowLen:][:258]...)
	}
	return b[:n]
}

// contents are what is compressed, by name.
func contents(n int) map[string][]byte {
	return map[string][]byte{
		"empty": {},
		"byte":  {7},
		"zeros": make([]byte, n),
		"abab":  bytes.Repeat([]byte("ab"), n/2),
		"abc":   bytes.Repeat([]byte("abcdefg"), n/7),
		"text":  bytes.Repeat([]byte("All human beings are born free and equal in dignity and rights. "), n/64),
		"real":  realLike(n, 1),
		"mixed": mixedLike(n, 1),
		"far":   far(n),
	}
}

// flusher is what compressors have in common.
type flusher interface {
	io.WriteCloser
	Flush() error
}

// compressors make raw DEFLATE streams, by name. flushEvery is after how many
// bytes they flush; 0: not before the end.
func compressors(t testing.TB) map[string]func(io.Writer) flusher {
	all := map[string]func(io.Writer) flusher{}
	for level := -2; level <= 9; level++ { // -2 is Huffman codes only, -1 the default
		all[fmt.Sprint("std", level)] = func(w io.Writer) flusher {
			z, err := stdflate.NewWriter(w, level)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}
		all[fmt.Sprint("klauspost", level)] = func(w io.Writer) flusher {
			z, err := flate.NewWriter(w, level)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}
	}
	all["stateless"] = func(w io.Writer) flusher { return noFlush{flate.NewStatelessWriter(w)} }
	return all
}

type noFlush struct{ io.WriteCloser }

func (noFlush) Flush() error { return nil }

func deflate(t testing.TB, content []byte, compressor func(io.Writer) flusher, flushEvery int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := compressor(&b)
	for len(content) > 0 {
		n := len(content)
		if flushEvery > 0 {
			n = min(n, flushEvery)
		}
		_, err := z.Write(content[:n])
		if err == nil && flushEvery > 0 {
			err = z.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		content = content[n:]
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// member makes a gzip member of a raw stream and its content.
func member(raw, content []byte) []byte {
	b := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, raw...)
	return appendTrailer(b, content)
}

func gz(t testing.TB, content []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err == nil {
		_, err = z.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gzStd compresses with the standard library, whose blocks are those of zlib.
func gzStd(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := stdgzip.NewWriter(&b)
	_, err := z.Write(content)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bgzf makes members of at most 65280 bytes with their length in an extra field.
func bgzf(t testing.TB, content []byte) (b []byte) {
	for {
		part := content[:min(len(content), 65280)]
		content = content[len(part):]
		raw := deflate(t, part, compressors(t)["klauspost6"], 0)
		b = append(b, 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 'B', 'C', 2, 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(18+len(raw)+8-1))
		b = appendTrailer(append(b, raw...), part)
		if len(part) == 0 { // the empty member that marks the end
			return b
		}
	}
}

// long tells whether the long versions of tests are wanted.
func long() bool { return full.Asked() }
