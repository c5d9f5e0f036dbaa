package representtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// change is bytes of a header: where they stand, from the IP or the transport header on, and
// the names of the fields of which the cells may be that show them. Nothing that a walk over
// headers needs is among them.
type change struct {
	ip4, ip6  int // from the IP header; below zero: not of that version
	tcp, udp  int // from the transport header, where ip4 and ip6 are not
	transport bool
	payload   bool // the first byte of payload instead
	names     []string
}

var changes = []change{
	{ip4: 1, ip6: -1, names: []string{"ip.tos"}},
	{ip4: 4, ip6: -1, names: []string{"ip.id"}},
	{ip4: 8, ip6: 7, names: []string{"ip.ttl", "ip6.hops"}},
	{ip4: 10, ip6: -1, names: []string{"ip.checksum"}},
	{ip4: 19, ip6: 39, names: []string{"ip.destination", "ip6.destination"}},
	{ip4: -1, ip6: 2, names: []string{"ip6.flow"}},
	{transport: true, tcp: 1, udp: 1, names: []string{"tcp.sport", "udp.sport"}},
	{transport: true, tcp: 3, udp: 3, names: []string{"tcp.dport", "udp.dport"}},
	{transport: true, tcp: 5, udp: -1, names: []string{"tcp.seq"}},
	{transport: true, tcp: 11, udp: -1, names: []string{"tcp.ack"}},
	{transport: true, tcp: 13, udp: -1, names: []string{"tcp.flags", "flags", "push"}},
	{transport: true, tcp: 15, udp: -1, names: []string{"tcp.window"}},
	{transport: true, tcp: 17, udp: 7, names: []string{"tcp.checksum", "udp.checksum"}},
	{transport: true, tcp: 19, udp: -1, names: []string{"tcp.urgent"}},
	{payload: true, names: []string{"payload"}},
}

// place is the offset of the change in a packet; ok is false if it has no such field.
func (c change) place(p *represent.Packet) (at int, ok bool) {
	l := p.Layout
	base, off := l.Network(), c.ip4
	switch {
	case c.payload:
		return l.Payload(), l.End() > l.Payload()
	case c.transport && l.IsUDP():
		base, off = l.Transport(), c.udp
	case c.transport:
		base, off = l.Transport(), c.tcp
	case l.IsIPv6():
		off = c.ip6
	}
	return base + off, off >= 0
}

// Fields tries that a form says truly which field stands at which place: where one field of
// one packet changes, only cells change that fields says are that field's, of that packet.
// fields names each cell of a sample that was made under the policy, of which so many packets
// or bytes were counted.
func Fields(t *testing.T, text string, policy mask.Policy, fields func(s represent.Spec, image []byte, counted uint64) []string) {
	choice, err := represent.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f, err := choice.Bind(policy, sample.Shape{})
	if err != nil {
		t.Fatal(err)
	}
	c := f.Cells()
	cells := 0
	for _, a := range c.Areas {
		cells += a.Cells
	}
	if s := f.Spec(); cells != s.Rows*s.Cols {
		t.Fatalf("areas of %d cells, and a sample of %d", cells, s.Rows*s.Cols)
	}
	m := mask.New(policy, key)
	seen := 0
	for seed := range uint64(full.Of(12, 50, 400)) {
		seen += changed(t, f, m, seed, fields)
	}
	if pictures := strings.Contains(text, "flowpic"); seen == 0 && !pictures && !strings.HasPrefix(text, "series") {
		t.Error("no change changed a cell")
	}
}

// changed changes each field of one packet of a unit, and the time of that packet, and returns
// how many of the changes are seen in the sample.
func changed(t *testing.T, f represent.Form, m *mask.Masker, seed uint64, fields func(represent.Spec, []byte, uint64) []string) (seen int) {
	unit := Unit(seed, none)
	lower := none(false).A
	packets, ok := Packets(unit, m, lower)
	if ok && packets[0].Layout.IsIPv6() {
		lower = none(true).A
		packets, ok = Packets(unit, m, lower)
	}
	if !ok {
		t.Fatalf("seed %d: a packet cannot be decoded", seed)
	}
	r := rand.New(rand.NewPCG(seed, 3))
	if f.Cells().Areas[0].Holds == represent.Packets {
		if n := slices.IndexFunc(packets, func(p represent.Packet) bool { return unwalked(&p) }); n >= 0 {
			unit, packets = unit[:n], packets[:n]
		}
		if len(packets) == 0 {
			return 0
		}
	}
	before, out := sampleOf(f, packets)
	for _, c := range changes {
		k := r.IntN(min(len(packets), 4))
		at, ok := c.place(&packets[k])
		if !ok || at >= len(unit[k].Data) {
			continue
		}
		other := slices.Clone(unit)
		other[k].Data = slices.Clone(unit[k].Data)
		other[k].Data[at] ^= 1 << r.IntN(6)
		seen += compare(t, f, m, other, out.Counted, before, fields, fmt.Sprintf("seed %d, packet %d, %v", seed, k, c.names), k, c.names)
	}
	k := r.IntN(len(packets))
	other := slices.Clone(unit)
	other[k].Time += 3_141_592
	// A time has its say in the gap behind it, too, and all times if it is the first.
	return seen + compare(t, f, m, other, out.Counted, before, fields, fmt.Sprintf("seed %d, time of packet %d", seed, k), -1,
		[]string{"record.time", "time", "ipt", "size."})
}

// unwalked reports whether a walk from packet to packet cannot tell where the packet ends: its
// length is 0, or it was not captured to its end.
func unwalked(p *represent.Packet) bool {
	l := p.Layout
	length := p.Data[l.Network()+2:]
	if l.IsIPv6() {
		length = p.Data[l.Network()+4:]
	}
	return length[0] == 0 && length[1] == 0 || l.PayloadLen() != l.End()-l.Payload()
}

func sampleOf(f represent.Form, packets []represent.Packet) ([]byte, represent.Outcome) {
	var state []byte
	for i := range packets {
		state = f.Add(slices.Grow(state, f.Grow(state, &packets[i])), &packets[i])
	}
	return f.Render(nil, state, &represent.End{Up: packets[0].Layout.FromLower()})
}

// compare fails where a cell differs that is none of the names, of packet k (-1: of any).
func compare(t *testing.T, f represent.Form, m *mask.Masker, unit []testcap.Packet, counted uint64, before []byte,
	fields func(represent.Spec, []byte, uint64) []string, what string, k int, names []string,
) int {
	lower := none(false).A
	packets, ok := Packets(unit, m, lower)
	if ok && packets[0].Layout.IsIPv6() {
		packets, ok = Packets(unit, m, none(true).A)
	}
	if !ok { // the change made it something else
		return 0
	}
	after, _ := sampleOf(f, packets)
	if bytes.Equal(before, after) {
		return 0
	}
	size := f.Spec().Type.Bytes()
	for i, name := range fields(f.Spec(), before, counted) {
		if bytes.Equal(before[i*size:(i+1)*size], after[i*size:(i+1)*size]) {
			continue
		}
		bare, number := name, -1
		if rest, ok := strings.CutPrefix(name, "packet."); ok {
			_, bare, _ = strings.Cut(rest, ".")
			_, _ = fmt.Sscanf(rest, "%d", &number)
		}
		known := slices.ContainsFunc(names, func(n string) bool { return n == bare || strings.HasSuffix(n, ".") && strings.HasPrefix(bare, n) })
		if !known || k >= 0 && number >= 0 && number != k && bare != "flags" && bare != "push" { // series may leave packets out
			t.Fatalf("%s: cell %d changed, and is said to be %s\n%s", what, i, name, show(before))
		}
	}
	return 1
}
