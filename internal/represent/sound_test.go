package represent_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/represent/representtest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// hostileForms are forms that are small enough for bytes at random to reach every branch.
// Each stands once for states without relative numbers and lengths that are shown, and once with.
var hostileForms = []string{
	"bytes:length=61", "ustc-all:length=100", "matrix:packets=3,header=27,payload=5", "packet-bytes:length=26,trailer=keep",
	"series:packets=7,channels=time+signed-size+ip-size+frame-size+flags,select=all", "flowpic:size=7,packets=5", "mini-flowpic:size=9,span=12ms,packets=5",
	"segments:packets=4,width=13", "nprint:packets=3,layers=udp+eth+ipv6+icmp+tcp+ipv4,payload=9", "nprint:packets=3", "bigrams:packets=2,tokens=9,separator=sep",
	"hexwords:length=33", "tokens:bursts=2,packets=2,gap=1ms,payload=4",
}

func hostilePolicies() []mask.Policy {
	relative, removed := mask.Default(), mask.Default()
	relative.MAC = mask.Zero
	relative.Fields[mask.TCPSeq], relative.Fields[mask.TCPAck], relative.Fields[mask.TCPTimestamps] = mask.Relative, mask.Relative, mask.Relative
	relative.Fields[mask.IPLength] = mask.Zero
	removed.MAC, removed.IP = mask.Zero, mask.Remove
	return []mask.Policy{relative, removed}
}

func hostileForm(t testing.TB, n int) (represent.Form, mask.Policy) {
	policies := hostilePolicies()
	p := policies[n/len(hostileForms)%len(policies)]
	c, err := represent.Parse(hostileForms[n%len(hostileForms)])
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Bind(p, sample.Shape{})
	if err != nil { // a capture file refuses to leave addresses out
		p = policies[0]
		if f, err = c.Bind(p, sample.Shape{}); err != nil {
			t.Fatal(err)
		}
	}
	return f, p
}

// checkHostile does with two states whatever is done with those of partials.
func checkHostile(t testing.TB, f represent.Form, packets []represent.Packet, a, b []byte) {
	a, b = a[:min(len(a), f.Bound())], b[:min(len(b), f.Bound())] // others do not get through session.Keep.Decode
	size := f.Spec().Size()
	render := func(state []byte) {
		t.Helper()
		got, out := f.Render([]byte("x"), state, &represent.End{Up: true})
		if len(got) < 1 || got[0] != 'x' || size > 0 && len(got) != 1+size {
			t.Fatalf("a sample of %d bytes, need %d", len(got)-1, size)
		}
		if most := 1<<12 + 12*f.Bound(); len(got) > most {
			t.Fatalf("a sample of %d bytes from a state of %d", len(got), len(state))
		}
		if (out.Fit == sample.Empty) != (out.Counted == 0) {
			t.Fatalf("%d counted and fit %s", out.Counted, out.Fit)
		}
		if p, ok := f.(represent.Placer); ok {
			p.AppendPlaces(nil, state)
		}
	}
	add := func(state []byte) {
		t.Helper()
		state = bytes.Clone(state)
		for range 4 {
			for i := range packets {
				grow := f.Grow(state, &packets[i])
				before := len(state)
				state = f.Add(append(make([]byte, 0, before+grow), state...), &packets[i])
				if len(state) > before+grow {
					t.Fatalf("a state of %d bytes became %d, Grow says %d more", before, len(state), grow)
				}
			}
		}
		if len(state) > 2*f.Bound() {
			t.Fatalf("a state of %d bytes, Bound is %d", len(state), f.Bound())
		}
		render(state)
	}
	render(a)
	add(a)
	later := bytes.Clone(b)
	merged := f.Merge(append(make([]byte, 0, f.Bound()), a...), b)
	if !bytes.Equal(later, b) {
		t.Fatal("Merge changes the later state")
	}
	if len(merged) > min(f.Bound(), len(a)+len(b)) {
		t.Fatalf("states of %d and %d bytes became %d, Bound is %d", len(a), len(b), len(merged), f.Bound())
	}
	if trusts(f, a) && trusts(f, b) && len(a)+len(b) > 0 && !trusts(f, merged) {
		t.Fatalf("two states that a form can have made became one that it cannot have made:\n%x\n%x\n%x", a, b, merged)
	}
	render(merged)
	add(merged)
}

// trusts: a state that a form cannot have made is no packets to Merge.
func trusts(f represent.Form, state []byte) bool {
	return len(f.Merge(bytes.Clone(state), nil)) == len(state)
}

// hostilePackets are of a unit that form n can show, and the state of the first of them.
func hostilePackets(t testing.TB, n int, seed uint64) (represent.Form, []represent.Packet) {
	f, p := hostileForm(t, n)
	m := mask.New(p, nil)
	unit := representtest.Unit(seed, endsOf)
	packets, ok := representtest.Packets(unit, m, lower4)
	if ok && packets[0].Layout.IsIPv6() {
		packets, ok = representtest.Packets(unit, m, lower6)
	}
	if !ok {
		t.Fatal("a packet cannot be decoded")
	}
	return f, packets
}

func stateOf(f represent.Form, packets []represent.Packet) (state []byte) {
	for i := range packets {
		state = f.Add(append(make([]byte, 0, len(state)+f.Grow(state, &packets[i])), state...), &packets[i])
	}
	return state
}

// TestHostileStates cuts the states of forms anywhere and changes any byte of them: nothing that is
// done with a state panics, grows beyond its bounds, or makes a sample of another size.
func TestHostileStates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 2 * len(hostileForms) {
		refused := 0
		for seed := range uint64(6) {
			f, packets := hostilePackets(t, n, seed)
			whole := stateOf(f, packets)
			if !trusts(f, whole) {
				t.Fatalf("%s: seed %d: a form does not trust its own state", hostileForms[n%len(hostileForms)], seed)
			}
			packets = packets[:min(len(packets), 3)]
			for at := range min(len(whole), 150) {
				checkHostile(t, f, packets, whole[:at], whole)
				checkHostile(t, f, packets, whole, whole[:at])
				changed := bytes.Clone(whole)
				for range 1 + r.IntN(3) {
					changed[r.IntN(len(changed))] = []byte{0, 1, 2, 255, 254, 253, 127, byte(r.Uint32())}[r.IntN(8)]
				}
				changed[at] ^= 1 << r.IntN(8)
				checkHostile(t, f, packets, changed, whole)
				checkHostile(t, f, packets, whole, changed)
				if !trusts(f, changed) {
					refused++
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: no change of a state was noticed", hostileForms[n%len(hostileForms)])
		}
	}
}

// FuzzStates: whatever two states hold, and whichever the form.
func FuzzStates(f *testing.F) {
	for n := range 2 * len(hostileForms) {
		form, packets := hostilePackets(f, n, uint64(n))
		half := len(packets) / 2
		f.Add(byte(n), stateOf(form, packets[:half]), stateOf(form, packets[half:]))
	}
	f.Fuzz(func(t *testing.T, n byte, a, b []byte) {
		form, packets := hostilePackets(t, int(n), 12)
		checkHostile(t, form, packets[:min(len(packets), 3)], a, b)
	})
}
