package mask_test

import (
	"bytes"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

// masked is what an Ethernet packet contributes under a policy, without a key.
func masked(t *testing.T, p mask.Policy, data []byte) []byte {
	t.Helper()
	var s header.Stack
	header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
	if s.Reason != header.OK {
		t.Fatalf("%+v", s)
	}
	l := s.Layout(0, true)
	return mask.New(p, nil).Append(nil, data, &l)
}

// TestAddressesBehindTheHeader: addresses in options, extension headers and the inner
// frame of PBB are masked as those in front of them, in place, and nothing
// beside them changes.
func TestAddressesBehindTheHeader(t *testing.T) {
	hop4, hop6, inner := addr("198.51.100.7"), addr("2001:db8::77"), [6]byte{0x0a, 1, 2, 3, 4, 5}
	four, six := hop4.As4(), hop6.As16()
	z := mask.NewPseudonymizer(nil)
	fake4, fake6, fakeMAC := z.IP(hop4).As4(), z.IP(hop6).As16(), z.MAC(inner)
	udp, payload := testcap.UDP{SrcPort: 1, DstPort: 2}, testcap.Payload("pay")
	eth := testcap.Eth{Src: [6]byte{2}, Dst: [6]byte{4}}
	ip4 := testcap.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2")}
	ip4.Options = append(append([]byte{1, 137, 7, 8}, four[:]...), 9, 9, 9, 9)
	ip6 := testcap.IPv6{Src: addr("2001:db8::1"), Dst: addr("2001:db8::2")}
	route := testcap.Ext{Kind: 43, Body: append([]byte{0, 1, 0, 0, 0, 0}, six[:]...)}
	home := testcap.Ext{Kind: 60, Body: append([]byte{1, 2, 7, 7, 201, 16}, six[:]...)}
	for name, c := range map[string]struct {
		data    []byte
		address []byte
		fake    []byte
		at      []int // in the whole packet
		after   int   // bytes cut out in front of them by remove
		mac     bool
	}{
		"source route":          {testcap.Build(eth, ip4, udp, payload), four[:], fake4[:], []int{38}, 8, false},
		"routing header":        {testcap.Build(eth, ip6, route, udp, payload), six[:], fake6[:], []int{62}, 32, false},
		"home address":          {testcap.Build(eth, ip6, testcap.Ext{Kind: 0}, home, udp, payload), six[:], fake6[:], []int{70}, 32, false},
		"inner frame of a PBB":  {testcap.Build(eth, testcap.VLAN{}, testcap.PBB{Src: inner, Dst: inner}, ip6, udp, payload), inner[:], fakeMAC[:], []int{22, 28}, 0, true},
		"inner frame, behind 2": {testcap.Build(eth, testcap.PBB{}, testcap.BRTag{}, testcap.PBB{Src: inner, Dst: inner}, ip4, udp, payload), inner[:], fakeMAC[:], []int{44, 50}, 0, true},
	} {
		for action, want := range map[mask.Action][]byte{
			mask.Keep: c.address, mask.Zero: make([]byte, len(c.address)), mask.Anonymize: c.fake, mask.Remove: make([]byte, len(c.address)),
		} {
			var p mask.Policy
			if p.IP = action; c.mac {
				p.IP, p.MAC = mask.Keep, action
			}
			have, expect := masked(t, p, c.data), bytes.Clone(c.data)
			for _, at := range c.at {
				copy(expect[at:], want)
			}
			first := c.at[0]
			switch {
			case c.mac && action == mask.Remove:
				if bytes.Contains(have, c.address) || have[0]>>4 != 4 && have[0]>>4 != 6 {
					t.Errorf("%s, remove: % x", name, have)
				}
				continue
			case action == mask.Remove:
				have, expect = have[first-c.after-3:], expect[first-3:]
			default:
				have, expect = have[first-2:], expect[first-2:]
			}
			if c.mac {
				have, expect = have[:2+2*6], expect[:2+2*6]
			}
			if !bytes.Equal(have, expect) {
				t.Errorf("%s, %v:\nhave % x\nwant % x", name, action, have, expect)
			}
		}
	}
}

// TestOptionsDoNotAllocate: no packet does, whatever stands in it.
func TestOptionsDoNotAllocate(t *testing.T) {
	data := testcap.Build(testcap.Eth{}, testcap.PBB{}, testcap.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2"), Options: []byte{7, 7, 4, 1, 2, 3, 4, 0}}, testcap.UDP{})
	var s header.Stack
	header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
	dst := make([]byte, 200)
	for _, a := range []mask.Action{mask.Zero, mask.Remove, mask.Anonymize, mask.Prefix} {
		p := mask.Policy{MAC: min(a, mask.Anonymize), IP: a}
		m := mask.New(p, referenceKey)
		write := func() { l := s.Layout(0, true); m.Write(dst, data, &l) }
		write()
		if n := testing.AllocsPerRun(100, write); n != 0 {
			t.Errorf("%v: %v allocations a packet", a, n)
		}
	}
}
