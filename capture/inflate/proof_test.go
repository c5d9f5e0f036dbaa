package inflate

import (
	"bytes"
	"testing"

	"github.com/pcapmill/pcapmill/internal/draw"
	"pgregory.net/rapid"
)

// TestProofIsUsed: where nobody helps, the front comes to each chunk first, and so
// nothing is decoded to markers.
func TestProofIsUsed(t *testing.T) {
	content := realLike(1_500_000, 11)
	z := divided(gz(t, content, 6), 50_000, Options{Workers: 2, Run: func(func()) {}})
	same(t, "nobody helps", collect(z), outcome{content, "whole"})
	if n := len(z.memory.of16); n > 0 {
		t.Errorf("%d pieces of symbols", n)
	}
	if len(z.memory.of8) == 0 {
		t.Error("no chunk was used")
	}
}

// chain makes chunks of the given lengths of a gzip file.
func chain(in []byte, lengths ...int) (chunks []*chunk) {
	m := &memory{enough: 1 << 30}
	from := 0
	for _, n := range lengths {
		to := min(from+n, len(in))
		c := &chunk{input: &input{in: in}, from: from, to: to, memory: m}
		if len(chunks) > 0 {
			chunks[len(chunks)-1].follow(c)
		}
		chunks = append(chunks, c)
		from = to
	}
	return chunks
}

// guess decodes a chunk as if it had not been proven when it began.
func guess(c *chunk) {
	c.m = c.memory.members()
	c.m.in = c.in
	for at := c.from * 8; ; at = c.start + 1 {
		if c.find(at); c.start < 0 || c.try(nil) {
			return
		}
		c.reset()
	}
}

// TestProofs: a chunk that is proven before it begins, while it decodes, or when it
// has ended gives the same bytes, and proves the next one, whose window is then
// what stands before it.
func TestProofs(t *testing.T) {
	content := realLike(800_000, 12)
	in := gz(t, content, 6)
	draw.Check(t, func(t *rapid.T) {
		first := draw.Int(20_000, 60_000).Draw(t, "first")
		second := draw.Int(60_000, 150_000).Draw(t, "second")
		when := rapid.SampledFrom([]string{"before", "while", "after"}).Draw(t, "when")
		c := chain(in, first, second, len(in))
		if when == "after" {
			c[1].decode()
		}
		c[0].prove(&proof{member: true})
		c[0].decode()
		switch when {
		case "before":
			c[1].decode()
		case "while": // it did not see the proof when it began
			guess(c[1])
			c[1].end()
		}
		p := c[2].known()
		if p == nil {
			t.Fatal("the last chunk is not proven")
		}
		c[2].decode()
		if int64(c[2].start) != p.at {
			t.Fatalf("begins at bit %d, proven was %d", c[2].start, p.at)
		}
		if n := len(c[1].pieces16); when == "before" && n > 0 || when == "while" && n != 1 || when == "after" && n < 1 {
			t.Errorf("%d pieces of symbols", n)
		}
		c[1].window = c[1].known().window
		var got []byte
		for i := range c {
			if i == 2 && !bytes.HasSuffix(got, p.window) {
				t.Fatal("another window")
			}
			c[i].finish()
			for _, s := range c[i].segments {
				got = append(got, s.data...)
			}
		}
		if len(got) < 700_000 || !bytes.Equal(got, content[:len(got)]) {
			t.Fatalf("%d bytes of %d, or others", len(got), len(content))
		}
	})
}

// TestProofElsewhere: a proof of another place, or with another window than the
// markers need, changes nothing.
func TestProofElsewhere(t *testing.T) {
	in := gz(t, realLike(1_000_000, 13), 6)
	for what, p := range map[string]proof{
		"another bit": {at: 1, window: make([]byte, windowLen)},
		"a member":    {member: true, window: make([]byte, windowLen)},
		"no window":   {},
	} {
		c := chain(in, 100_000, 100_000, 100_000)
		c[1].decode()
		p.at += int64(c[1].start)
		c[1].prove(&p)
		if c[2].known() != nil {
			t.Errorf("%s: the next chunk is proven", what)
		}
		d := chain(in, 100_000, 100_000)[1]
		d.prove(&p)
		if guess(d); d.start != c[1].start || len(d.pieces8) > 0 {
			t.Errorf("%s: %d pieces of bytes", what, len(d.pieces8))
		}
	}
}
