package mill_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
)

// TestNoAllocationPerPacket: once its sessions are known, a packet of any link type goes through decoding, filter, table and
// mask without allocating, under every mask and dedup.
func TestNoAllocationPerPacket(t *testing.T) {
	r := random(1)
	traffic := testcap.Random(r, testcap.Options{Mixed: true, Sessions: 60})
	var packets []capture.Packet
	for i, p := range traffic.Packets {
		packets = append(packets, capture.Packet{LinkType: header.LinkType(p.LinkType), Data: p.Data, At: capture.Position{Packet: uint64(i + 1)}})
	}
	for i, c := range append(selection(), choice{mask: mask.Policy{IP: mask.Remove, UDPPad: true}, drop: header.DropNone, dedup: sample.DedupSession, shape: defaultChoice().shape}) {
		packet := mill.PacketPath(c.options())
		all := func() {
			for i := range packets {
				packet(&packets[i])
			}
		}
		all() // warm: sessions, pseudonyms, scratch
		if n := testing.AllocsPerRun(20, all); n != 0 {
			t.Errorf("choice %d (%v): %v allocations in %d packets", i, c, n, len(packets))
		}
	}
}

// TestNoAllocationPerPacketOfForms: the same of forms and variants, once their states are full.
func TestNoAllocationPerPacketOfForms(t *testing.T) {
	r := random(1)
	traffic := testcap.Random(r, testcap.Options{Mixed: true, Sessions: 60})
	var packets []capture.Packet
	for i, p := range traffic.Packets {
		packets = append(packets, capture.Packet{LinkType: header.LinkType(p.LinkType), Data: p.Data, OrigLen: uint32(len(p.Data)), At: capture.Position{Packet: uint64(i + 1)}})
	}
	strict, err := mask.Profile("strict")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range append(slices.Clone(forms), "flowpic:size=20,packets=40", "") {
		for _, policy := range []mask.Policy{{}, mask.Default(), strict} {
			c := defaultChoice()
			if c.mask, c.form, c.drop = policy, form, header.DropNone; strings.HasSuffix(form, "flowpic:size=20") || strings.HasPrefix(form, "mini-flowpic") {
				continue // 262144 packets fill it
			}
			if o := c.options(); o.Check() != nil {
				continue
			}
			o := c.options()
			if form == "" { // and with variants, one of them forged
				matrix, err := represent.Parse("matrix:packets=3,header=44,payload=20")
				if err != nil {
					t.Fatal(err)
				}
				o.Variant = "first"
				o.Variants = []mill.Variant{{Name: "twin", Mask: o.Mask, Shape: o.Shape, Forge: forge.All}, {Name: "matrix", Mask: mask.Default(), Form: matrix}}
			}
			packet := mill.PacketPath(o)
			all := func() {
				for i := range packets {
					packet(&packets[i])
				}
			}
			for range 60 {
				all()
			}
			if n := testing.AllocsPerRun(5, all); n != 0 {
				t.Errorf("%q (%v): %v allocations in %d packets", form, policy, n, len(packets))
			}
		}
	}
}

// BenchmarkPacketPath measures what a packet costs behind the reader, with the default options.
func BenchmarkPacketPath(b *testing.B) {
	traffic := testcap.Random(random(1), testcap.Options{LinkTypes: []uint16{testcap.Ethernet}, Sessions: 200, Packets: 40, Payload: 1400, Clean: true})
	raw := testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...)
	r, err := capture.NewReader(bytes.NewReader(raw), "bench")
	if err != nil {
		b.Fatal(err)
	}
	var packets []capture.Packet
	var p capture.Packet
	size := 0
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
		q := p
		q.Data = bytes.Clone(p.Data)
		packets = append(packets, q)
		size += len(q.Data)
	}
	if err != io.EOF {
		b.Fatal(err)
	}
	packet := mill.PacketPath(mill.Default())
	b.ReportAllocs()
	b.SetBytes(int64(size / len(packets)))
	for i := 0; b.Loop(); i++ {
		packet(&packets[i%len(packets)])
	}
}
