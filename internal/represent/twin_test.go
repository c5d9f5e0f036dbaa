package represent_test

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/represent/representtest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// choices are forms with parameters at random.
func choice(r *rand.Rand, name string) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	return name + map[string]string{
		"bytes":        pick("", ":length=61", ":length=1500"),
		"ustc-all":     pick("", ":length=100", ":length=3000"),
		"matrix":       pick("", ":packets=3,header=27,payload=5", ":packets=70,header=30"),
		"packet-bytes": pick("", ":length=26,trailer=keep", ":trailer=keep"),
		"series": pick("", ":packets=7,channels=time+signed-size+ip-size+frame-size+flags,select=all,time=ms-floor", ":packets=70,select=all",
			":channels=push+dir+ipt,time=ms-floor"),
		"flowpic":      pick(":size=100", ":size=7,packets=5", ":size=33"),
		"mini-flowpic": pick("", ":size=9,span=12ms,packets=5", ":size=100,span=1h", ":span=1ns"),
		"segments":     pick("", ":packets=4,width=13", ":part=payload,packets=3", ":part=payload"),
		"nprint":       pick("", ":packets=3,layers=udp+eth+ipv6+icmp+tcp+ipv4,payload=9", ":layers=ipv6+tcp+udp,payload=30", ":packets=9"),
		"bigrams": pick("", ":packets=2,tokens=9,start=ip,separator=sep", ":start=transport,trailer=keep", ":start=frame+38,trailer=keep",
			":start=frame+59,tokens=3", ":start=frame+9000", ":tokens=63,start=ip,separator=sep"),
		"hexwords": pick("", ":length=33,trailer=keep"),
		"tokens":   pick("", ":bursts=2,packets=2,gap=1ms,payload=4", ":bursts=40,packets=3,gap=500ns", ":bursts=3,gap=0s,payload=0"),
	}[name]
}

// policy draws masks, and says the same to the twin.
func policy(r *rand.Rand) (mask.Policy, twin.Settings) {
	s := twin.Default()
	p := mask.Default()
	p.MAC = []mask.Action{mask.Remove, mask.Zero, mask.Keep, mask.Anonymize}[r.IntN(4)]
	p.IP = []mask.Action{mask.Remove, mask.Zero, mask.Keep, mask.Anonymize}[r.IntN(4)]
	p.Ports, p.Checksums = mask.Action(r.IntN(2)), mask.Action(r.IntN(2))
	p.UDPPad = r.IntN(6) == 0
	if r.IntN(8) == 0 {
		p.Content = mask.Payload
	}
	s.Mask = map[string]string{}
	if r.IntN(2) == 0 {
		for f := range p.Fields {
			if r.IntN(3) > 0 {
				continue
			}
			actions := mask.Field(f).Actions()
			p.Fields[f] = actions[r.IntN(len(actions))]
			s.Mask[mask.Field(f).String()] = p.Fields[f].String()
		}
	}
	s.MAC, s.IP, s.Ports, s.Checksums = p.MAC.String(), p.IP.String(), p.Ports.String(), p.Checksums.String()
	s.UDPPad, s.Content = p.UDPPad, p.Content.String()
	return p, s
}

// TestAgainstTwin compares every form with the slow twin, over units, masks and parameters at random.
func TestAgainstTwin(t *testing.T) {
	compared := map[string]int{}
	for seed := range uint64(full.Of(150, 2000, 20000)) {
		r := rand.New(rand.NewPCG(seed, 9))
		p, s := policy(r)
		unit := representtest.Unit(seed, endsOf)
		for _, k := range represent.Kinds() {
			text := choice(r, k.Name)
			c, err := represent.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			f, err := c.Bind(p, sample.Shape{})
			if err != nil || showsLink(text) && unit[0].LinkType == testcap.LinuxSLL {
				continue // the twin knows no address in other link headers
			}
			compared[k.Name]++
			compareUnit(t, seed, text, f, unit, p, s)
		}
	}
	for _, k := range represent.Kinds() {
		if compared[k.Name] == 0 {
			t.Errorf("%s was never compared", k.Name)
		}
	}
}

// TestTimesSince1970 puts the time of the epoch, which packets without a time have, before times of today.
func TestTimesSince1970(t *testing.T) {
	p, s := mask.Default(), twin.Default()
	for _, name := range []string{"tokens", "series"} { // those that say how much time lies between packets
		c, err := represent.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.Bind(p, sample.Shape{})
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(100) {
			unit := representtest.Unit(seed, endsOf)
			unit[0].Time = 0
			for i := range unit[1:] {
				unit[1+i].Time = 1_700_000_000_000_000_000 + int64(i)*20_000_000 + int64(seed*49%1000)
			}
			compareUnit(t, seed, name, f, unit, p, s)
		}
	}
}

func showsLink(form string) bool {
	return bytes.Contains([]byte(form), []byte("ustc")) || bytes.Contains([]byte(form), []byte("frame+"))
}

var lower4, lower6 = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")

func endsOf(six bool) representtest.Ends {
	e := representtest.Ends{A: lower4, B: netip.MustParseAddr("10.0.0.2"), PortA: 4000, PortB: 443, Option: [4]byte{10, 9, 8, 7}, MAC: 0x33, Sum: 0x1234}
	if six {
		e.A, e.B = lower6, netip.MustParseAddr("2001:db8::2")
	}
	return e
}

func compareUnit(t *testing.T, seed uint64, text string, f represent.Form, unit []testcap.Packet, p mask.Policy, s twin.Settings) {
	t.Helper()
	m := mask.New(p, nil)
	packets, ok := representtest.Packets(unit, m, lower4)
	if ok && packets[0].Layout.IsIPv6() {
		packets, ok = representtest.Packets(unit, m, lower6)
	}
	if !ok {
		t.Fatal("a packet cannot be decoded")
	}
	var state []byte
	var seen []twin.Seen
	up := packets[0].Layout.FromLower()
	for i := range packets {
		q := &packets[i]
		state = f.Add(append(make([]byte, 0, len(state)+f.Grow(state, q)), state...), q)
		u := unit[i]
		seen = append(seen, twin.Seen{
			Record:  twin.Record{Time: u.Time, LinkType: u.LinkType, Data: u.Data, OrigLen: u.OrigLen},
			Headers: twin.Decode(u.LinkType, u.Data, int(u.OrigLen)),
			Forward: q.Layout.FromLower() == up,
		})
	}
	got, out := f.Render(nil, state, &represent.End{Up: up})
	want := twin.Show(text, seen, s)
	if want.Fit == "empty" && out.Fit == sample.Empty {
		return
	}
	if !bytes.Equal(got, want.Bytes) || out.Fit.String() != want.Fit || out.Counted != counted(f, want.Counted) {
		t.Fatalf("seed %d: %s of %d packets, %+v: counted %d, %s; the twin %d, %s; %d and %d bytes, the first that differs at %d\n%.600s\n%.600s",
			seed, text, len(packets), s, out.Counted, out.Fit, want.Counted, want.Fit, len(got), len(want.Bytes), differs(got, want.Bytes), text2(got), text2(want.Bytes))
	}
}

func text2(b []byte) string {
	if len(b) > 0 && b[0] == '{' {
		return string(b)
	}
	const digits = "0123456789abcdef"
	var out []byte
	for _, x := range b {
		out = append(out, digits[x>>4], digits[x&15])
	}
	return string(out)
}

func differs(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// counted is what a form counts of so many bytes or packets: bytes with a chunk a packet counts no further than that there are more
// than it shows.
func counted(f represent.Form, n int) uint64 {
	if e, ok := f.(interface{ Enough() uint64 }); ok {
		return min(uint64(n), e.Enough())
	}
	return uint64(n)
}
