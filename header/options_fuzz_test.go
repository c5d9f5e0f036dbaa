package header_test

import (
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// FuzzOptions: whatever the bytes of a packet that Decode accepts, what the walkers visit lies within its headers, in order, one
// behind the other.
func FuzzOptions(f *testing.F) {
	f.Add(testcap.Build(testcap.IPv4{Options: []byte{7, 7, 4, 1, 2, 3, 4, 0}}, testcap.TCP{Options: []byte{1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 5, 10, 9, 9, 9, 9, 8, 8, 8, 8, 0, 0, 0}}))
	f.Add(testcap.Build(testcap.IPv6{}, testcap.Ext{Kind: 0, Body: []byte{201, 16, 1}}, testcap.Ext{Kind: 43, Body: make([]byte, 22)}, testcap.Ext{Kind: 44}, testcap.Ext{Kind: 51}, testcap.TCP{Options: []byte{5, 2, 8, 1}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s header.Stack
		header.Decode(header.LinkTypeRaw, data, uint32(len(data)), &s)
		if s.Reason != header.OK {
			return
		}
		l := s.Layout(0, true)
		at := l.Network() + 40
		l.Extensions(data, func(number uint8, from, length int) {
			if from != at || length < 8 || from+length > l.Transport() {
				t.Fatalf("extension header %d: %d bytes at %d, need %d: % x", number, length, from, at, data)
			}
			at += length
		})
		if l.IsIPv6() && at != l.Transport() {
			t.Fatalf("extension headers end at %d, the transport header begins at %d: % x", at, l.Transport(), data)
		}
		at = l.Transport() + 20
		l.TCPOptions(data, func(kind uint8, from, length int) {
			if l.IsUDP() || from < at || length < 2 || from+length > l.Payload() || data[from] != kind {
				t.Fatalf("option %d: %d bytes at %d: % x", kind, length, from, data)
			}
			at = from + length
		})
		_, size := l.Addresses()
		l.OptionAddresses(data, func(from int) {
			if from < l.Network()+20 || from+size > l.Transport() {
				t.Fatalf("an address at %d: % x", from, data)
			}
		})
	})
}
