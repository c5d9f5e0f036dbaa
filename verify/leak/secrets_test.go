package leak_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/verify/leak"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// TestEveryAddressIsSearchedFor: all that random traffic has, whatever its link type.
func TestEveryAddressIsSearchedFor(t *testing.T) {
	macs := 0
	for seed := range uint64(3 * len(testcap.LinkTypes())) {
		r := rand.New(rand.NewPCG(seed, 1))
		traffic := testcap.Random(r, testcap.Options{Clean: true, LinkTypes: []uint16{testcap.LinkTypes()[seed%uint64(len(testcap.LinkTypes()))]}})
		raw, kind := traffic.Capture(r)
		path := write(t, filepath.Join(t.TempDir(), "email1.pcap"), raw)
		have := leak.SecretsOf(t, path, false)
		// Some that it made stand in no header that anybody decodes: the MAC addresses of raw IP, ARP. Payload has none of their bytes.
		stands := func(address []byte) bool {
			return slices.ContainsFunc(traffic.Packets, func(p testcap.Packet) bool {
				var s header.Stack
				header.Decode(header.LinkType(p.LinkType), p.Data, uint32(len(p.Data)), &s)
				return s.Reason == header.OK && bytes.Contains(p.Data[:s.Transport], address)
			})
		}
		want := map[string]bool{}
		for _, a := range traffic.Addrs {
			if !leak.WellKnown(a) && stands(a.AsSlice()) {
				want[a.String()] = true
			}
		}
		for _, a := range traffic.MACs {
			if !leak.WellKnownMAC(a) && stands(a[:]) {
				want[fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5])] = true
				macs++
			}
		}
		for a := range want {
			if !slices.Contains(have, a) {
				t.Errorf("seed %d (%s, link type %d): %s is not searched for; %d of %d are", seed, kind, traffic.Packets[0].LinkType, a, len(have), len(want))
			}
		}
	}
	if macs < 100 {
		t.Errorf("%d MAC addresses: too few to mean anything", macs)
	}
}

func TestWellKnown(t *testing.T) {
	for text, want := range map[string]bool{
		"0.0.0.0": true, "0.1.2.3": true, "127.0.0.1": true, "127.9.9.9": true, "224.0.0.251": true, "239.255.255.250": true, "255.255.255.255": true,
		"10.0.0.1": false, "192.168.0.255": false, "1.0.0.0": false, "126.255.255.255": false,
		"::": true, "::1": true, "ff02::fb": true, "fe80::1": false, "::2": false, "::ffff:10.0.0.1": false,
	} {
		if have := leak.WellKnown(addr(text)); have != want {
			t.Errorf("%s: %v", text, have)
		}
	}
	for a, want := range map[[6]byte]bool{
		{}: true, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}: true, {0x33, 0x33, 0, 0, 0, 1}: true, {1, 0, 0x5e, 0, 0, 1}: true,
		{2, 0, 0, 0, 0, 1}: false, {0, 0, 0, 0, 0, 1}: false,
	} {
		if have := leak.WellKnownMAC(a); have != want {
			t.Errorf("%x: %v", a, have)
		}
	}
	for name, want := range map[string]bool{
		"localhost": true, "_http._tcp.local": true, "_services._dns-sd._udp.local": true,
		"printer._http._tcp.local": false, "printer.local": false, "local": false, "_x._tcp": false, "example.com": false,
	} {
		if have := leak.WellKnownName(name); have != want {
			t.Errorf("%s: %v", name, have)
		}
	}
}

// hello is a TLS ClientHello record with a server_name behind another extension.
func hello(name string) string {
	list := "\x00" + fmt.Sprintf("%c%c", len(name)>>8, len(name)) + name
	sni := "\x00\x00" + pack(2, pack(2, list))
	body := "\x03\x03" + strings.Repeat("r", 32) + pack(1, "session") + pack(2, "\x13\x01") + pack(1, "\x00") + pack(2, "\x00\x17\x00\x00"+sni)
	return "\x16\x03\x01" + pack(2, "\x01"+pack(3, body))
}

// pack puts a length of n bytes before text.
func pack(n int, text string) string {
	var b []byte
	for i := n - 1; i >= 0; i-- {
		b = append(b, byte(len(text)>>(8*i)))
	}
	return string(b) + text
}

func dns(t *testing.T, response bool) string {
	t.Helper()
	name := dnsmessage.MustNewName
	m := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: name("Asked.Example.ORG."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	if response {
		h := func(n string) dnsmessage.ResourceHeader {
			return dnsmessage.ResourceHeader{Name: name(n), Class: dnsmessage.ClassINET}
		}
		m.Response = true
		m.Answers = []dnsmessage.Resource{
			{Header: h("alias.example.org."), Body: &dnsmessage.CNAMEResource{CNAME: name("real.example.org.")}},
			{Header: h("host.example.org."), Body: &dnsmessage.AResource{A: [4]byte{9, 9, 9, 9}}},
			{Header: h("4.3.2.1.in-addr.arpa."), Body: &dnsmessage.PTRResource{PTR: name("pointed.example.org.")}},
			{Header: h("_sip._udp.example.org."), Body: &dnsmessage.SRVResource{Target: name("sip.example.org.")}},
			{Header: h("text.example.org."), Body: &dnsmessage.TXTResource{TXT: []string{"not-this.example.org"}}},
		}
		m.Authorities = []dnsmessage.Resource{{Header: h("zone.example.org."), Body: &dnsmessage.NSResource{NS: name("ns.example.org.")}}}
		m.Additionals = []dnsmessage.Resource{{Header: h("mail.example.org."), Body: &dnsmessage.MXResource{MX: name("mx.example.org.")}}}
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNames: which names are taken from which payload.
func TestNames(t *testing.T) {
	udp := func(port uint16) testcap.Layer { return testcap.UDP{SrcPort: 40000, DstPort: port} }
	tcp := func(port uint16) testcap.Layer { return testcap.TCP{SrcPort: 40000, DstPort: port} }
	long := hello("shop.example.net")
	answer := "asked.example.org alias.example.org real.example.org host.example.org 4.3.2.1.in-addr.arpa pointed.example.org " +
		"_sip._udp.example.org sip.example.org text.example.org zone.example.org ns.example.org mail.example.org mx.example.org"
	for what, c := range map[string]struct {
		transport testcap.Layer
		payload   string
		want      string // names, sorted or not
	}{
		"DNS question":                {udp(53), dns(t, false), "asked.example.org"},
		"DNS answer":                  {udp(53), dns(t, true), answer},
		"DNS answer, cut":             {udp(53), dns(t, true)[:40], "asked.example.org"},
		"mDNS":                        {udp(5353), dns(t, false), "asked.example.org"},
		"LLMNR":                       {udp(5355), dns(t, false), "asked.example.org"},
		"DNS over TCP":                {tcp(53), pack(2, dns(t, false)), "asked.example.org"},
		"DNS on another port":         {udp(5354), dns(t, false), ""},
		"TLS":                         {tcp(8443), long, "shop.example.net"},
		"TLS, cut behind the name":    {tcp(443), long[:], "shop.example.net"},
		"TLS, cut in the name":        {tcp(443), long[:len(long)-3], ""},
		"TLS, cut in the ciphers":     {tcp(443), long[:58], ""},
		"TLS, a server's":             {tcp(443), strings.Replace(long, "\x01", "\x02", 2), ""},
		"TLS with an address for one": {tcp(443), hello("10.0.0.1"), ""},
		"HTTP":                        {tcp(8080), "GET / HTTP/1.1\r\nAccept: */*\r\nhOST: Web.Example.com:8080 \r\n\r\nHost: no.example.com\r\n", "web.example.com"},
		"HTTP, address":               {tcp(80), "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", ""},
		"HTTP, two":                   {tcp(80), "POST / HTTP/1.1\r\nHost: a1.example\r\nHost: b2.example\r\n\r\n", "a1.example b2.example"},
		"HTTP, tunnel":                {tcp(3128), "CONNECT tunnel.example:443 HTTP/1.1\r\n\r\n", "tunnel.example"},
		"HTTP answer":                 {tcp(80), "HTTP/1.1 200 OK\r\nHost: no.example.com\r\n\r\n", ""},
		"one word":                    {tcp(80), "GET / HTTP/1.1\r\nHost: intranet\r\n\r\n", "intranet"},
		"one short word":              {tcp(80), "GET / HTTP/1.1\r\nHost: wpad\r\n\r\n", ""},
		"short":                       {tcp(80), "GET / HTTP/1.1\r\nHost: t.co\r\n\r\n", ""},
		"HTTP over UDP":               {udp(80), "GET / HTTP/1.1\r\nHost: no.example.com\r\n\r\n", ""},
	} {
		packet := testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(testcap.Eth{}, testcap.IPv4{}, c.transport, testcap.Payload(c.payload))}
		path := write(t, filepath.Join(t.TempDir(), "a.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(packet))
		have, want := leak.SecretsOf(t, path, true), strings.Fields(c.want)
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(have, want) {
			t.Errorf("%s: %q, want %q", what, have, want)
		}
		if without := leak.SecretsOf(t, path, false); len(without) != 0 {
			t.Errorf("%s: %q without being asked", what, without)
		}
	}
}

// TestNamesAreFound: in payload as text and as labels, in any case; outside, they break the promise.
func TestNamesAreFound(t *testing.T) {
	eth, ip := testcap.Eth{}, testcap.IPv4{Src: src4, Dst: dst4}
	frame := func(l ...testcap.Layer) testcap.Packet {
		return testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(append([]testcap.Layer{eth, ip}, l...)...)}
	}
	path := write(t, filepath.Join(t.TempDir(), "email1.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(
		frame(testcap.UDP{SrcPort: 40000, DstPort: 53}, testcap.Payload(dns(t, false))),
		frame(testcap.TCP{SrcPort: 40000, DstPort: 80}, testcap.Payload("see ASKED.example.org, notasked.example.org, asked.example.organ")),
		frame(testcap.TCP{SrcPort: 40001, DstPort: 443}, testcap.Payload(hello("shop.example.net"))),
	))
	o := mill.Default()
	o.Drop = 0
	dir := convert(t, o, path)
	r := search(t, dir, leak.Options{Names: true, Addresses: true}, path)
	var have []string
	for _, g := range r.Groups {
		for _, p := range g.Places {
			have = append(have, fmt.Sprint(g.Verdict, ", ", g.Form, ", ", p.Sample, ", ", p.Secret))
		}
	}
	want := []string{"payload, text, 1, asked.example.org", "payload, text, 2, shop.example.net", "payload, DNS labels, 0, asked.example.org"}
	if !slices.Equal(have, want) || r.Broken() != 0 {
		t.Errorf("have %q, want %q", have, want)
	}
	write(t, filepath.Join(dir, "hosts.txt"), []byte("www.Shop.Example.NET.\n"))
	if r := search(t, dir, leak.Options{Names: true}, path); r.Broken() != 1 {
		t.Errorf("outside: %+v", r.Groups)
	}
	if r := search(t, dir, leak.Options{}, path); len(r.Groups) != 0 || r.Names != 0 {
		t.Errorf("not asked for: %+v", r.Groups)
	}
}
