package header_test

import (
	"bytes"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestTunnel reads the headers of tunnels, written out byte by byte, whole and cut.
func TestTunnel(t *testing.T) {
	inner := build(eth, v4, tcp, hi)
	packet := build(v4, tcp, hi)
	for name, c := range map[string]struct {
		src, dst uint16
		begin    []byte
		inner    []byte
		link     header.LinkType // 0: no tunnel
	}{
		"VXLAN":                    {55000, 4789, []byte{8, 0, 0, 0, 0, 0, 5, 0}, inner, 1},
		"VXLAN, old port":          {55000, 8472, []byte{8, 0, 0, 0, 0, 0, 5, 0}, inner, 1},
		"VXLAN with a policy":      {55000, 4789, []byte{0x88, 0, 0, 7, 0, 0, 5, 0}, inner, 1},
		"VXLAN, from the port":     {4789, 55000, []byte{8, 0, 0, 0, 0, 0, 5, 0}, inner, 0},
		"VXLAN without identifier": {55000, 4789, []byte{0, 0, 0, 0, 0, 0, 5, 0}, inner, 0},
		"Geneve":                   {55000, 6081, []byte{0, 0, 0x65, 0x58, 0, 0, 5, 0}, inner, 1},
		"Geneve with options":      {55000, 6081, []byte{2, 0, 0x65, 0x58, 0, 0, 5, 0, 1, 1, 1, 1, 1, 1, 1, 1}, inner, 1},
		"Geneve of IPv4":           {55000, 6081, []byte{0, 0, 8, 0, 0, 0, 5, 0}, packet, 101},
		"Geneve of ARP":            {55000, 6081, []byte{0, 0, 8, 6, 0, 0, 5, 0}, packet, 0},
		"GTP-U":                    {2152, 2152, []byte{0x30, 255, 0, 42, 0, 0, 0x12, 0x34}, packet, 101},
		"GTP-U, answered":          {2152, 40000, []byte{0x30, 255, 0, 42, 0, 0, 0x12, 0x34}, packet, 101},
		"GTP-U with number":        {40000, 2152, []byte{0x32, 255, 0, 46, 0, 0, 0x12, 0x34, 0, 9, 0, 0}, packet, 101},
		"GTP-U with two extensions": {
			40000, 2152, []byte{0x34, 255, 0, 58, 0, 0, 0x12, 0x34, 0, 0, 0, 0x85, 1, 9, 9, 0xc0, 2, 9, 9, 9, 9, 9, 9, 0}, packet, 101,
		},
		"GTP-U, extension of length 0": {40000, 2152, []byte{0x34, 255, 0, 58, 0, 0, 0x12, 0x34, 0, 0, 0, 0x85, 0}, packet, 0},
		"GTP-U echo":                   {2152, 2152, []byte{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0}, packet, 0},
		"GTP':":                        {2152, 2152, []byte{0x20, 255, 0, 4, 0, 0, 0, 0}, packet, 0},
		"another port":                 {55000, 4790, []byte{8, 0, 0, 0, 0, 0, 5, 0}, inner, 0},
	} {
		data := build(eth, v6, testcap.UDP{SrcPort: c.src, DstPort: c.dst}, testcap.Payload(c.begin), testcap.Payload(c.inner))
		s := check(t, testcap.Ethernet, data)
		link, at, ok := s.Tunnel(data)
		if ok != (c.link != 0) || ok && (link != c.link || !bytes.Equal(data[at:s.End], c.inner)) {
			t.Errorf("%s: %v at %d, %t; want %v at %d", name, link, at, ok, c.link, s.Payload+len(c.begin))
		}
		for n := s.Payload; n < len(data); n++ {
			cut := check(t, testcap.Ethernet, data[:n])
			if _, at, ok := cut.Tunnel(data[:n]); ok && at >= n {
				t.Errorf("%s, %d bytes: a packet begins at %d", name, n, at)
			}
		}
	}
	data := build(eth, v4, testcap.TCP{DstPort: 4789}, testcap.Payload{8, 0, 0, 0, 0, 0, 5, 0}, testcap.Payload(inner))
	s := check(t, testcap.Ethernet, data)
	if _, _, ok := s.Tunnel(data); ok {
		t.Error("TCP is a tunnel")
	}
}
