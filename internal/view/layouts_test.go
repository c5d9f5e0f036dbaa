package view

import (
	"testing"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

// TestLayouts: where masks hide lengths, fields stand where the file of layouts says, each sample by its own packets.
func TestLayouts(t *testing.T) {
	m := &manifest.Manifest{Settings: manifest.NewSettings(map[string]string{"mac": "remove", "ip": "zero", "content": "packet", "mask": "ip.length=zero"})}
	x := &index{
		manifest: m, length: []uint64{100, 100}, ends: []int{1, 3},
		layouts: []store.PacketLayout{
			{Network: 20, Transport: 20, Payload: 60, Version: 4, Proto: 6},
			{Network: 20, Transport: 8, Payload: 4, Version: 4, Proto: 17},
			{Network: 40, Transport: 20, Payload: 1, Version: 6, Proto: 6},
		},
	}
	at := map[string]int{}
	for _, g := range x.walk(audit.NewWalker(m), 1, make([]byte, 100)) {
		at[string(rune('0'+g.Packet))+" "+g.Field] = g.From
	}
	for name, want := range map[string]int{"0 ip.ttl": 8, "0 udp.sport": 20, "0 payload": 28, "1 ip6.version": 32, "1 tcp.sport": 72, "1 payload": 92} {
		if have, ok := at[name]; !ok || have != want {
			t.Errorf("%s stands at %d, need %d: %v", name, have, want, at)
		}
	}
	if segments := x.walk(audit.NewWalker(m), 0, make([]byte, 100)); segments[len(segments)-1].From != 40 {
		t.Errorf("the payload of the first sample stands at %d", segments[len(segments)-1].From)
	}
}
