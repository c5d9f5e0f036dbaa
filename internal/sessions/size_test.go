package sessions

import (
	"testing"
	"unsafe"

	"github.com/pcapmill/pcapmill/header"
)

// TestPacketIsACacheLine: what travels with a packet has 64 bytes.
func TestPacketIsACacheLine(t *testing.T) {
	if n := unsafe.Sizeof(Packet{}); n != 64 {
		t.Errorf("a Packet has %d bytes, want 64", n)
	}
}

// TestKindsFitIntoFlags: every kind of packet has its bit beside the flags.
func TestKindsFitIntoFlags(t *testing.T) {
	for d := header.Drop(1); d.Known(); d <<= 1 {
		p := Packet{flags: synned | ended | silent | uint16(d)<<matchShift}
		if p.match() != d {
			t.Errorf("%v comes back as %v", d, p.match())
		}
	}
}
