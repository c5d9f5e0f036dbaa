package idx

import (
	"bytes"
	"testing"
)

// TestGatherKeepsMemory: what is flushed again and again takes no new memory.
func TestGatherKeepsMemory(t *testing.T) {
	var g gather
	item := bytes.Repeat([]byte{7}, 784)
	round := func() {
		for g.size+len(item) <= bufferSize {
			g.add(item)
		}
		var out bytes.Buffer
		out.Grow(g.size)
		if err := g.writeTo(&out); err != nil || out.Len() != g.size || bytes.Count(out.Bytes(), []byte{7}) != g.size {
			t.Fatalf("%d bytes of %d, %v", out.Len(), g.size, err)
		}
		g.reset()
	}
	round()
	first := len(g.free)
	fill := testing.AllocsPerRun(20, func() {
		for g.size+len(item) <= bufferSize {
			g.add(item)
		}
		g.reset()
	})
	if fill != 0 || len(g.free) != first || first == 0 {
		t.Errorf("%v allocations a flush, %d chunks kept at first and %d now", fill, first, len(g.free))
	}
	round()
}
