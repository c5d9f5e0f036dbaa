package testcap

import (
	"math/rand/v2"
	"net/netip"
)

// generator makes the sessions of Random.
type generator struct {
	r       *rand.Rand
	o       Options
	t       *Traffic
	link    uint16   // of every packet unless Options.Mixed
	scripts []script // of the sessions so far, to make others alike
}

// script is a session without its addresses: sessions of one script are equal once addresses are masked.
type script struct {
	link      uint16
	variant   int // of the link header
	v6, udp   bool
	ports     [2]uint16
	outer     []Layer // between link and IP
	ext       []Layer // IPv6 extension headers
	ipOptions []byte
	steps     []step
}

// step is one packet of a script.
type step struct {
	forth     bool
	payload   []byte
	options   []byte // of TCP
	seq       uint32
	trailer   int
	snap      int // captured bytes, -1 for all
	fragment  int // 0 none, 1 first, 2 later
	noLength  bool
	damage    damage
	flip      int // change this many bytes blindly
	flipState uint64
}

func newGenerator(r *rand.Rand, o Options) *generator {
	if o.Packets <= 0 {
		o.Packets = 8
	}
	if o.Payload <= 0 {
		o.Payload = 400
	}
	if len(o.LinkTypes) == 0 {
		o.LinkTypes = LinkTypes()
	}
	return &generator{r: r, o: o, t: &Traffic{}, link: o.LinkTypes[r.IntN(len(o.LinkTypes))]}
}

func (g *generator) one(n int) bool { return g.r.IntN(n) == 0 }

// low returns n random bytes below 0x80.
func (g *generator) low(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.r.IntN(0x80))
	}
	return b
}

// high fills b with random bytes of 0x80 and more.
func (g *generator) high(b []byte) {
	for i := range b {
		b[i] = 0x80 | byte(g.r.IntN(0x80))
	}
}

func (g *generator) addr(v6 bool) netip.Addr {
	var a netip.Addr
	if v6 {
		var b [16]byte
		g.high(b[:])
		a = netip.AddrFrom16(b)
	} else {
		var b [4]byte
		g.high(b[:])
		a = netip.AddrFrom4(b)
	}
	g.t.Addrs = append(g.t.Addrs, a)
	return a
}

func (g *generator) mac() (m [6]byte) {
	g.high(m[:])
	g.t.MACs = append(g.t.MACs, m)
	return m
}

func (g *generator) linkType() uint16 {
	if g.o.Mixed {
		return g.o.LinkTypes[g.r.IntN(len(g.o.LinkTypes))]
	}
	return g.link
}

func (g *generator) session() []Packet {
	s := g.script()
	if len(g.scripts) > 0 && g.one(3) {
		s = g.scripts[g.r.IntN(len(g.scripts))]
	}
	g.scripts = append(g.scripts, s)
	g.t.Ports = append(g.t.Ports, s.ports[:]...)
	a, b := end{g.mac(), g.addr(s.v6), s.ports[0]}, end{g.mac(), g.addr(s.v6), s.ports[1]}
	var out []Packet
	for _, st := range s.steps {
		from, to := a, b
		if !st.forth {
			from, to = b, a
		}
		out = append(out, s.packet(st, from, to))
	}
	return out
}

// end is one side of a session.
type end struct {
	mac  [6]byte
	addr netip.Addr
	port uint16
}

func (g *generator) script() script {
	s := script{link: g.linkType(), variant: g.r.IntN(6), v6: g.one(3), udp: g.one(3)}
	switch s.link { // a raw link type that is registered for one version still goes by the nibble; keep to the register
	case RawIPv4:
		s.v6 = false
	case RawIPv6:
		s.v6 = true
	}
	s.ports = [2]uint16{g.port(), g.port()}
	s.outer = g.encapsulation(s.link)
	if s.v6 {
		s.ext = g.extensions()
	} else if g.one(5) {
		s.ipOptions = g.low(4 * (1 + g.r.IntN(10)))
	} else if g.one(6) {
		s.ipOptions = g.addressOptions()
	}
	for range 1 + g.r.IntN(g.o.Packets) {
		s.steps = append(s.steps, g.step())
	}
	return s
}

func (g *generator) port() uint16 {
	if g.one(10) {
		special := []uint16{53, 67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5353, 5355, 443, 80}
		return special[g.r.IntN(len(special))]
	}
	return uint16(1024 + g.r.IntN(64000))
}

// encapsulation returns random layers between link and IP, where the link type has an EtherType or PPP protocol to say so.
func (g *generator) encapsulation(link uint16) (out []Layer) {
	ppp := link == PPP || link == PPPHDLC || link == PPPEther || link == PPPD || link == PPPWithDir
	switch link {
	case Null, Loop, SLIP, Raw12, Raw14, Raw, RawIPv4, RawIPv6, NFLOG, ENC, PFLOG, ARCNET, MPLSLink, ERF, PKTAP, FrameRelay, FrameRelayWithDir:
		return nil
	}
	for g.one(3) {
		switch g.r.IntN(4) {
		case 3:
			if !ppp {
				out = append(out, g.tag(link))
			}
		case 0:
			if !ppp {
				tpid := []uint16{0x8100, 0x88a8, 0x9100, 0x9200}
				out = append(out, VLAN{TPID: tpid[g.r.IntN(4)], ID: uint16(g.r.IntN(0x1000)) &^ 0x80})
			}
		case 1:
			if !ppp {
				out = append(out, PPPoE{Session: uint16(g.r.IntN(0x80)), Short: g.one(3)})
				ppp = true
			}
		case 2:
			for range 1 + g.r.IntN(3) {
				out = append(out, MPLS{Label: uint32(16 + g.r.IntN(100))})
			}
			return out // an IP packet follows the bottom of the stack
		}
	}
	return out
}

// tag returns a tag other than VLAN. Addresses of PBB are part of the traffic's only where they are found: behind Ethernet.
func (g *generator) tag(link uint16) Layer {
	switch n := g.r.IntN(6); {
	case n == 0:
		return VNTag{}
	case n == 1:
		return HSR{}
	case n == 2:
		return CiscoMeta{}
	case n == 3:
		return BRTag{}
	case n == 4 && link == Ethernet:
		return PBB{Src: g.mac(), Dst: g.mac()}
	}
	return VLAN{ID: uint16(g.r.IntN(0x80))}
}

func (g *generator) extensions() (out []Layer) {
	for _, kind := range []uint8{0, 60, 43, 51} {
		switch {
		case g.one(4):
			out = append(out, Ext{Kind: kind, Body: g.low(g.r.IntN(40))})
		case kind == 43 && g.one(5):
			out = append(out, g.route6())
		case kind == 60 && g.one(5):
			a := g.addr(true).As16()
			out = append(out, Ext{Kind: 60, Body: join([]byte{1, 2, 0, 0, 201, 16}, a[:], []byte{0, 0})})
		}
	}
	return out
}

// route6 returns a routing header of a type that has addresses: some of type 4 have bytes behind them.
func (g *generator) route6() Ext {
	kind, n := []uint8{0, 2, 4}[g.r.IntN(3)], 1+g.r.IntN(3)
	body := []byte{kind, 1, 0, 0, 0, 0}
	if kind == 4 {
		body[2] = byte(n - 1)
	}
	for range n {
		a := g.addr(true).As16()
		body = append(body, a[:]...)
	}
	if kind == 4 {
		body = append(body, g.low(8*g.r.IntN(3))...)
	}
	return Ext{Kind: 43, Body: body}
}

// addressOptions returns an IPv4 option with addresses, and what may stand around it.
func (g *generator) addressOptions() []byte {
	var b []byte
	for range g.r.IntN(3) {
		b = append(b, 1)
	}
	n := 1 + g.r.IntN(3)
	address := func() { a := g.addr(false).As4(); b = append(b, a[:]...) }
	if kind := []uint8{7, 131, 137, 68}[g.r.IntN(4)]; kind == 68 {
		b = append(b, kind, byte(4+8*n), 5, []byte{1, 3, 0xf1}[g.r.IntN(3)])
		for range n {
			address()
			b = append(b, g.low(4)...)
		}
	} else {
		b = append(b, kind, byte(3+4*n), 4)
		for range n {
			address()
		}
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func (g *generator) step() step {
	st := step{forth: g.one(2), seq: uint32(g.r.IntN(0x7f)), snap: -1}
	if !g.one(4) { // else a control packet
		st.payload = g.low(g.r.IntN(g.o.Payload + 1))
	}
	if g.one(3) {
		st.options = g.low(4 * (1 + g.r.IntN(10)))
	}
	if g.one(3) {
		st.trailer = 1 + g.r.IntN(20)
	}
	if g.o.Clean {
		return st
	}
	st.noLength = g.one(20)
	if g.one(8) {
		st.snap = g.r.IntN(200)
	}
	if g.one(12) {
		st.fragment = 1 + g.r.IntN(2)
	}
	if g.one(10) {
		st.damage = damage(1 + g.r.IntN(int(damages)))
	}
	if g.o.Flips && g.one(6) {
		st.flip, st.flipState = 1+g.r.IntN(4), g.r.Uint64()
	}
	return st
}

// encapsulates reports whether a link header has a type that says ARP.
func (g *generator) encapsulates(link uint16) bool {
	switch link {
	case Null, Loop, SLIP, NFLOG, ENC, PFLOG, ARCNET, MPLSLink, ERF, PKTAP, FrameRelay, FrameRelayWithDir:
		return false
	}
	return true
}

// noise returns a packet that forms no session.
func (g *generator) noise() Packet {
	link := g.linkType()
	layers, _ := Link(link, g.mac(), g.mac())
	a, b := g.addr(false), g.addr(false)
	if link == RawIPv6 {
		return Packet{LinkType: link, Data: Build(IPv6{Src: g.addr(true), Dst: g.addr(true)}, ICMP{}, Payload(g.low(20)))}
	}
	if g.one(3) && len(layers) > 0 && g.encapsulates(link) {
		return Packet{LinkType: link, Data: Build(append(layers, ARP{SrcMAC: g.mac(), Src: a, Dst: b}, Trailer(g.r.IntN(19)))...)}
	}
	return Packet{LinkType: link, Data: Build(append(layers, IPv4{Src: a, Dst: b}, ICMP{}, Payload(g.low(20)))...)}
}
