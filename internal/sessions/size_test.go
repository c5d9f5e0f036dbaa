package sessions

import (
	"testing"
	"unsafe"
)

// TestPacketIsACacheLine: what travels with a packet has 64 bytes.
func TestPacketIsACacheLine(t *testing.T) {
	if n := unsafe.Sizeof(Packet{}); n != 64 {
		t.Errorf("a Packet has %d bytes, want 64", n)
	}
}
