package leak

import (
	"context"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
)

// SecretsOf is what a capture is searched for, as text.
func SecretsOf(t *testing.T, path string, names bool) (all []string) {
	t.Helper()
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := newSecrets(names)
	if _, err := packets(context.Background(), r, func(p *packet, h *stack) error { s.packet(p, h); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, x := range s.list() {
		all = append(all, x.String())
	}
	return all
}

// FuzzPacket: no packet of any link type, and nothing in it that looks like DNS, TLS or HTTP, makes the collector panic.
func FuzzPacket(f *testing.F) {
	f.Add(uint16(1), []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45\x00\x00\x20"))
	f.Add(uint16(105), []byte("\x08\x03aaaabbbbbbccccccddddddee"))
	f.Add(uint16(239), []byte("\x02\x00\x00\x00\x10\x00\x08\x00\x00\x06\x00\x00\x01\x02\x03\x04\x05\x06\x00\x00"))
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		s := newSecrets(true)
		p := packet{LinkType: header.LinkType(link), Data: data}
		var h stack
		header.Decode(p.LinkType, data, uint32(len(data)), &h)
		s.packet(&p, &h)
		for _, ports := range []uint16{53, 80} { // and as payload
			for _, proto := range []uint8{header.TCP, header.UDP} {
				namesIn(data, &stack{Proto: proto, SrcPort: ports}, s.addName)
			}
		}
		if n, most := s.len(), 8+2*len(data); n > most {
			t.Errorf("%d addresses and names in %d bytes", n, len(data))
		}
		newIndex(s).scan(data, func(id, at, n int) {
			if at < 0 || at+n > len(data) {
				t.Errorf("found at %d to %d of %d", at, at+n, len(data))
			}
		})
	})
}
