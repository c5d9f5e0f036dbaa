package representtest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// key is that of pseudonyms, for every policy that makes some.
var key = bytes.Repeat([]byte{7}, mask.PrefixKeyLen)

// policies are masks that forms meet. Those that a form refuses are left out for it.
func policies() map[string]mask.Policy {
	all := map[string]mask.Policy{}
	p := mask.Default()
	all["default"] = p
	p.MAC = mask.Zero
	all["mac zero"] = p
	p = mask.Default()
	p.IP = mask.Remove
	all["ip remove"] = p
	p = mask.Policy{MAC: mask.Anonymize, IP: mask.Anonymize}
	all["anonymize"] = p
	p = mask.Default()
	p.UDPPad = true
	all["udp-pad"] = p
	p = mask.Default()
	p.Content = mask.Payload
	all["payload"] = p
	p = mask.Default()
	p.MAC = mask.Zero
	p.Fields[mask.TCPSeq], p.Fields[mask.TCPAck], p.Fields[mask.TCPTimestamps] = mask.Relative, mask.Relative, mask.Relative
	all["relative"] = p
	p.IP, p.MAC = mask.Remove, mask.Remove
	all["relative, ip remove"] = p
	p = mask.Default()
	p.Fields[mask.PayloadBytes] = mask.Remove
	all["payload remove"] = p
	p = mask.Strict()
	p.Fields[mask.IPLength] = mask.Zero
	all["lengths zero"] = p
	return all
}

// none are ends that stand for no mask: 10.0.0.1 and 10.0.0.2.
func none(six bool) Ends {
	e := Ends{A: netip.MustParseAddr("10.0.0.1"), B: netip.MustParseAddr("10.0.0.2"), PortA: 4000, PortB: 443, Option: [4]byte{10, 9, 8, 7}, MAC: 0x33, Sum: 0x1234}
	if six {
		e.A, e.B = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	}
	return e
}

// other differs from none in everything that the default and relative numbers hide.
func other(six bool) Ends {
	e := Ends{
		A: netip.MustParseAddr("172.16.5.6"), B: netip.MustParseAddr("172.31.9.9"), PortA: 999, PortB: 8080, Option: [4]byte{1, 2, 3, 4}, MAC: 0x44, Sum: 0xfeed,
		Seq: 0x12345678, Ack: 0x9abcdef0, TS: 0x0badcafe,
	}
	if six {
		e.A, e.B = netip.MustParseAddr("fd00::77"), netip.MustParseAddr("fd00:1::88")
	}
	return e
}

// Run tries what every form promises on the form that Parse makes of text, under every
// policy that it accepts.
func Run(t *testing.T, text string) {
	choice, err := represent.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := represent.Parse(choice.String()); err != nil || again.String() != choice.String() {
		t.Errorf("%q reads back as %q (%v)", choice, again, err)
	}
	tried := 0
	for name, p := range policies() {
		f, err := choice.Bind(p, sample.Shape{})
		if err != nil {
			continue
		}
		tried++
		t.Run(name, func(t *testing.T) {
			s := suite{f: f, policy: p, masker: mask.New(p, key), t: t}
			for seed := range uint64(full.Of(8, 50, 500)) {
				s.unit(seed)
			}
			s.empty()
			s.allocations()
		})
	}
	if tried == 0 {
		t.Errorf("%s accepts no policy", text)
	}
}

type suite struct {
	f      represent.Form
	policy mask.Policy
	masker *mask.Masker
	t      *testing.T
}

// add is Add with exactly the memory that it was promised.
func (s *suite) add(state []byte, p *represent.Packet) []byte {
	grow := s.f.Grow(state, p)
	room := make([]byte, len(state), len(state)+grow)
	copy(room, state)
	room = append(room[:0], state...)
	data := bytes.Clone(p.Data)
	after := s.f.Add(room, p)
	if !bytes.Equal(data, p.Data) {
		s.t.Fatal("Add changes the packet")
	}
	if len(after) > len(state)+grow || len(after) > s.f.Bound() || len(after) == 0 {
		s.t.Fatalf("a state of %d bytes became %d; Grow says %d more, Bound %d", len(state), len(after), grow, s.f.Bound())
	}
	if cap(room) > 0 && &after[:1][0] != &room[:1][0] {
		s.t.Fatal("Add takes memory of its own")
	}
	return after
}

func (s *suite) run(packets []represent.Packet) (state []byte) {
	for i := range packets {
		state = s.add(state, &packets[i])
	}
	return state
}

func (s *suite) merge(earlier, later []byte) []byte {
	room := make([]byte, 0, min(len(earlier)+len(later), s.f.Bound()))
	room = append(room, earlier...)
	before := bytes.Clone(later)
	m := s.f.Merge(room, later)
	if !bytes.Equal(before, later) {
		s.t.Fatal("Merge changes the later state")
	}
	if len(m) > s.f.Bound() || len(m) > len(earlier)+len(later) {
		s.t.Fatalf("states of %d and %d bytes became %d, Bound is %d", len(earlier), len(later), len(m), s.f.Bound())
	}
	return m
}

// merged is the state of the packets, cut into runs in a random way and joined in a random order.
func (s *suite) merged(r *rand.Rand, packets []represent.Packet) []byte {
	if len(packets) <= 1 || r.IntN(4) == 0 {
		return s.run(packets)
	}
	cut := r.IntN(len(packets) + 1)
	return s.merge(s.merged(r, packets[:cut]), s.merged(r, packets[cut:]))
}

func (s *suite) unit(seed uint64) {
	packets, ok := Packets(Unit(seed, none), s.masker, none(false).A)
	if ok && packets[0].Layout.IsIPv6() {
		packets, ok = Packets(Unit(seed, none), s.masker, none(true).A)
	}
	if !ok {
		s.t.Fatalf("seed %d: a packet cannot be decoded", seed)
	}
	whole := s.run(packets)
	r := rand.New(rand.NewPCG(seed, 2))
	for range 6 {
		if m := s.merged(r, packets); !bytes.Equal(m, whole) {
			s.t.Fatalf("seed %d, %d packets: another cut into runs gives another state\n%x\n%x", seed, len(packets), m, whole)
		}
	}
	end := represent.End{Up: packets[0].Layout.FromLower()}
	image, out := s.render(whole, &end)
	s.narrow(seed, packets, image, &end)
	s.private(seed, image, out, &end)
}

// render is Render twice: into memory that holds something, and behind something.
func (s *suite) render(state []byte, e *represent.End) ([]byte, represent.Outcome) {
	before := bytes.Clone(state)
	image, out := s.f.Render(nil, state, e)
	spec := s.f.Spec()
	if spec.Type != represent.Text && len(image) != spec.Size() {
		s.t.Fatalf("a sample of %d bytes, Spec says %d", len(image), spec.Size())
	}
	if spec.Type == represent.Text && bytes.ContainsAny(image, "\r\n\t") {
		s.t.Fatalf("a line with a line end or a tab in it: %q", image)
	}
	dirty := append(bytes.Repeat([]byte{0xaa}, len(image)+100)[:0], "before"...)
	again, out2 := s.f.Render(dirty, state, e)
	if !bytes.Equal(again, append([]byte("before"), image...)) || out != out2 {
		s.t.Fatal("what stands in the memory that Render is given changes the sample")
	}
	if !bytes.Equal(before, state) {
		s.t.Fatal("Render changes the state")
	}
	if (out.Fit == sample.Empty) != (out.Counted == 0) {
		s.t.Fatalf("%d counted and fit %s", out.Counted, out.Fit)
	}
	return image, out
}

// narrow: a form that is not Wide gets less, and shows the same.
func (s *suite) narrow(seed uint64, packets []represent.Packet, image []byte, e *represent.End) {
	if s.f.Wide() {
		return
	}
	var state []byte
	for _, p := range packets {
		p.Data, p.Original, p.Link = p.Data[:p.Layout.End():p.Layout.End()], 0, 0
		state = s.add(state, &p)
	}
	if got, _ := s.f.Render(nil, state, e); !bytes.Equal(got, image) {
		s.t.Fatalf("seed %d: the form is not Wide, and looks at what only wide packets have", seed)
	}
}

// private: where the policy hides what two units differ in, the form shows them alike.
func (s *suite) private(seed uint64, image []byte, out represent.Outcome, e *represent.End) {
	p := s.policy
	hidden := (p.IP == mask.Zero || p.IP == mask.Remove) && p.Ports == mask.Zero && p.Checksums == mask.Zero
	relative := p.Fields[mask.TCPSeq] == mask.Relative
	if !hidden {
		return
	}
	ends := func(six bool) Ends {
		o := other(six)
		if !relative {
			o.Seq, o.Ack, o.TS = 0, 0, 0
		}
		return o
	}
	twin := Unit(seed, ends)
	packets, ok := Packets(twin, s.masker, other(false).A)
	if ok && packets[0].Layout.IsIPv6() {
		packets, ok = Packets(twin, s.masker, other(true).A)
	}
	if !ok {
		s.t.Fatalf("seed %d: a packet cannot be decoded", seed)
	}
	if got, o := s.f.Render(nil, s.run(packets), e); !bytes.Equal(got, image) || o != out {
		s.t.Fatalf("seed %d: two units that differ in masked fields only look different:\n%s\n%s", seed, show(image), show(got))
	}
}

func show(b []byte) string {
	if len(b) > 0 && b[0] == '{' {
		return string(b)
	}
	return fmt.Sprintf("%x", b[:min(len(b), 400)])
}

// empty: no packets are no sample.
func (s *suite) empty() {
	if _, out := s.render(nil, &represent.End{}); out.Fit != sample.Empty {
		s.t.Errorf("a unit of no packets is %s", out.Fit)
	}
	if m := s.f.Merge(nil, nil); len(m) != 0 {
		s.t.Errorf("two empty states became %d bytes", len(m))
	}
}

// ethernetUnit is the seed of a unit of Ethernet frames with TCP over IPv4 and options.
const ethernetUnit = 12

// allocations: a packet takes no memory but what it was given.
func (s *suite) allocations() {
	packets, _ := Packets(Unit(ethernetUnit, none), s.masker, none(false).A)
	state := make([]byte, 0, s.f.Bound())
	if got := testing.AllocsPerRun(20, func() {
		state = state[:0]
		for i := range packets {
			_ = s.f.Grow(state, &packets[i])
			state = s.f.Add(state, &packets[i])
		}
	}); got != 0 {
		s.t.Errorf("adding %d packets allocates %v times", len(packets), got)
	}
}
