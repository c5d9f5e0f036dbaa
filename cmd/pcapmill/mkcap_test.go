package main

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// recipe is what a script's mkcap asks for; every number has a default.
type recipe struct {
	link     int    // LINKTYPE_ value; types without a layer in testcap carry what Ethernet would
	sessions int    // of TCP, each of three packets with payload
	udp      int    // sessions of UDP, after those
	repeat   int    // sessions more with the payload of the first, so duplicates once masked
	payload  int    // bytes a packet
	acks     int    // TCP packets without payload
	dns      int    // packets to port 53
	stun     int    // sessions of UDP, each of a packet, a STUN message, and a packet
	arp      int    // packets that are no IP (Ethernet)
	seed     int    // other seeds give other addresses and payload
	cut      int    // bytes to keep; negative: bytes to drop at the end
	bad      int    // number of a record whose captured length becomes impossible, from 1
	format   string // pcap or pcapng
	wrap     string // gzip, zstd, lz4 or xz
	zeros    int    // bytes of empty records at the end
	also     int    // pcapng: a second link type, of as many packets more that are not supported
}

// mkcapCommand is "mkcap FILE KEY=VALUE...".
func mkcapCommand(ts *testscript.TestScript, _ bool, args []string) {
	c := recipe{link: testcap.Ethernet, sessions: 2, payload: 100, format: "pcap"}
	numbers := map[string]*int{
		"link": &c.link, "sessions": &c.sessions, "udp": &c.udp, "repeat": &c.repeat, "payload": &c.payload, "acks": &c.acks,
		"dns": &c.dns, "stun": &c.stun, "arp": &c.arp, "seed": &c.seed, "cut": &c.cut, "bad": &c.bad, "also": &c.also, "zeros": &c.zeros,
	}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		switch {
		case key == "format":
			c.format = value
		case key == "wrap":
			c.wrap = value
		case numbers[key] != nil:
			n, err := strconv.Atoi(value)
			ts.Check(err)
			*numbers[key] = n
		default:
			ts.Fatalf("mkcap: what is %q?", arg)
		}
	}
	name := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	ts.Check(os.WriteFile(name, c.file(), 0o666))
}

// file is the bytes of the capture.
func (c *recipe) file() []byte {
	packets := c.packets()
	raw := testcap.Pcap{LinkType: uint32(c.link)}.File(packets...)
	if c.format == "pcapng" {
		for range c.also {
			packets = append(packets, testcap.Packet{LinkType: testcap.USBLinux, Data: []byte("not looked at")})
		}
		raw = testcap.NGFile(false, packets...)
	}
	raw = append(raw, make([]byte, c.zeros&^15)...)
	if c.bad > 0 {
		at := 24
		for _, p := range packets[:c.bad-1] {
			at += 16 + len(p.Data)
		}
		binary.LittleEndian.PutUint32(raw[at+8:], 0x7fffffff)
	}
	if c.cut < 0 {
		raw = raw[:len(raw)+c.cut]
	} else if c.cut > 0 {
		raw = raw[:c.cut]
	}
	for _, w := range testcap.Compressions() {
		if w.Name == c.wrap {
			raw = w.Wrap(raw)
		}
	}
	return raw
}

// packets are what the recipe asks for, the sessions one after the other.
func (c *recipe) packets() (out []testcap.Packet) {
	r := rand.New(rand.NewPCG(uint64(c.seed), 0))
	script := rand.New(rand.NewPCG(uint64(c.seed), 1)).Uint64()
	for i := range c.sessions + c.udp + c.repeat {
		content := rand.New(rand.NewPCG(script, uint64(i)))
		if i >= c.sessions+c.udp {
			content = rand.New(rand.NewPCG(script, 0))
		}
		out = append(out, c.session(r, content, i >= c.sessions && i < c.sessions+c.udp)...)
	}
	a, b := address(r), address(r)
	for range c.acks {
		out = append(out, c.packet(testcap.IPv4{Src: a, Dst: b}, testcap.TCP{SrcPort: 40000, DstPort: 443}))
	}
	for range c.dns {
		out = append(out, c.packet(testcap.IPv4{Src: a, Dst: b}, testcap.UDP{SrcPort: 40000, DstPort: 53}, testcap.Payload("query")))
	}
	for i := range c.stun {
		from, to := uint16(30000+i), uint16(9000)
		for _, payload := range []string{"media", "\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes", "more media"} {
			out = append(out, c.packet(testcap.IPv4{Src: a, Dst: b}, testcap.UDP{SrcPort: from, DstPort: to}, testcap.Payload(payload)))
		}
	}
	for range c.arp {
		out = append(out, c.packet(testcap.ARP{Src: a, Dst: b}))
	}
	for i := range out {
		out[i].Time = 1_700_000_000_000_000_000 + int64(i)*1_000_000
	}
	return out
}

func (c *recipe) session(r, content *rand.Rand, udp bool) (out []testcap.Packet) {
	a, b := address(r), address(r)
	from, to := uint16(20000+r.IntN(20000)), uint16(8000+r.IntN(1000))
	for i := range 3 {
		if i > 0 {
			a, b, from, to = b, a, to, from
		}
		payload := make(testcap.Payload, c.payload)
		for k := range payload {
			payload[k] = byte(content.IntN(0x80))
		}
		var transport testcap.Layer = testcap.TCP{SrcPort: from, DstPort: to, Seq: uint32(i)}
		if udp {
			transport = testcap.UDP{SrcPort: from, DstPort: to}
		}
		out = append(out, c.packet(testcap.IPv4{Src: a, Dst: b}, transport, payload))
	}
	return out
}

// packet puts the link layer in front.
func (c *recipe) packet(layers ...testcap.Layer) testcap.Packet {
	link := uint16(c.link)
	mac := [6]byte{0x82, 0x99, 0xa1, 0xb2, 0xc3, 0xd4}
	outer, ok := testcap.Link(link, mac, mac)
	if !ok {
		outer, _ = testcap.Link(testcap.Ethernet, mac, mac)
	}
	return testcap.Packet{LinkType: link, Data: testcap.Build(slices.Concat(outer, layers)...)}
}

// address is one whose bytes are all 0x80 or more, so that no payload holds it.
func address(r *rand.Rand) netip.Addr {
	var b [4]byte
	for i := range b {
		b[i] = 0x80 | byte(r.IntN(0x80))
	}
	return netip.AddrFrom4(b)
}
