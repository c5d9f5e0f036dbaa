package leak_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/verify/leak"
)

// frames is a capture of Ethernet packets.
func frames(t *testing.T, packets ...[]testcap.Layer) (path string) {
	t.Helper()
	var all []testcap.Packet
	for _, layers := range packets {
		all = append(all, testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(layers...)})
	}
	return write(t, filepath.Join(t.TempDir(), "email1.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(all...))
}

// TestOptionsAreJudged: addresses in options, extension headers and inner frames are
// fields under every mask: searched for, not left, and noticed if a broken mask
// had left them.
func TestOptionsAreJudged(t *testing.T) {
	eth, transport := testcap.Eth{Src: srcMAC, Dst: dstMAC}, testcap.UDP{SrcPort: 4000, DstPort: 4001}
	hop4, hop6, inner := addr("192.0.2.199"), addr("2001:db8:77::99:c3"), [6]byte{0x0a, 0xb1, 0xc2, 0xd3, 0xe4, 0xf5}
	four, six := hop4.As4(), hop6.As16()
	path := frames(t,
		[]testcap.Layer{eth, testcap.PBB{Src: inner, Dst: inner}, testcap.IPv4{Src: src4, Dst: dst4, Options: append([]byte{7, 7, 4}, append(four[:], 0)...)}, transport, testcap.Payload("x")},
		[]testcap.Layer{eth, testcap.IPv6{Src: src6, Dst: dst6}, testcap.Ext{Kind: 43, Body: append([]byte{4, 1, 0, 0, 0, 0}, six[:]...)}, transport, testcap.Payload("x")},
	)
	have := leak.SecretsOf(t, path, false)
	for _, a := range []string{hop4.String(), hop6.String(), "0a:b1:c2:d3:e4:f5"} {
		if !slices.Contains(have, a) {
			t.Errorf("%s is not searched for: %q", a, have)
		}
	}
	for _, ip := range []mask.Action{mask.Zero, mask.Remove, mask.Anonymize, mask.Prefix} {
		for _, mac := range []mask.Action{mask.Remove, mask.Zero, mask.Anonymize} {
			o := mill.Default()
			o.Mask.IP, o.Mask.MAC, o.Key = ip, mac, key
			dir := convert(t, o, path)
			r := search(t, dir, leak.Options{}, path)
			if len(r.Groups) != 0 || r.Samples.Placed != 2 {
				t.Fatalf("ip %v, mac %v: %+v, %d placed", ip, mac, r.Groups, r.Samples.Placed)
			}
			file := filepath.Join(dir, images)
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Where the addresses stand: behind the headers in front of them.
			start, cut4, cut6 := 16, 0, 0
			pbb, link := 18+14, 14
			if mac == mask.Remove {
				pbb, link = 0, 0
			}
			if ip == mask.Remove {
				cut4, cut6 = 8, 32
			}
			spots := map[int][]byte{start + pbb + 20 - cut4 + 3: four[:], start + 784 + link + 40 - cut6 + 8: six[:]}
			if mac != mask.Remove {
				spots[start+18], spots[start+24] = inner[:], inner[:]
			}
			for at, address := range spots {
				b := bytes.Clone(whole)
				copy(b[at:], address)
				write(t, file, b)
				if r := search(t, dir, leak.Options{}, path); r.Broken() != 1 || r.Groups[0].Verdict != leak.Field {
					t.Errorf("ip %v, mac %v: %x at %d: %d broken, %+v", ip, mac, address, at, r.Broken(), r.Groups)
				}
			}
		}
	}
}

// TestInnerHeadersAreNamed: the addresses of a tunnel's inner headers are searched
// for, and said to be that; text and other payload is still payload.
func TestInnerHeadersAreNamed(t *testing.T) {
	eth := testcap.Eth{Src: srcMAC, Dst: dstMAC}
	guest, deep := addr("192.0.2.201"), addr("192.0.2.202")
	vxlan := testcap.Payload{8, 0, 0, 0, 0, 0, 5, 0}
	path := frames(t,
		[]testcap.Layer{
			eth,
			testcap.IPv4{Src: src4, Dst: dst4},
			testcap.UDP{SrcPort: 4000, DstPort: 4789},
			vxlan,
			testcap.Eth{Src: [6]byte{0x0a, 0xb1, 0xc2, 0xd3, 0xe4, 0xf5}, Dst: [6]byte{0x0e, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6}},
			testcap.IPv4{Src: guest, Dst: dst4},
			testcap.UDP{SrcPort: 9, DstPort: 2152},
			testcap.Payload{0x30, 255, 0, 42, 0, 0, 0x12, 0x34},
			testcap.IPv4{Src: deep, Dst: guest},
			testcap.UDP{SrcPort: 1, DstPort: 2},
			testcap.Payload("192.0.2.202"),
		},
		[]testcap.Layer{eth, testcap.IPv4{Src: src4, Dst: dst4}, testcap.UDP{SrcPort: 4000, DstPort: 4001}, testcap.Payload(src4.AsSlice())},
	)
	dir := convert(t, mill.Default(), path)
	r := search(t, dir, leak.Options{Addresses: true}, path)
	if r.Tunnels != 1 || r.Broken() != 0 {
		t.Errorf("%d packets of tunnels, %d broken", r.Tunnels, r.Broken())
	}
	found := map[leak.Verdict]map[string]bool{}
	for _, g := range r.Groups {
		for _, p := range g.Places {
			if found[g.Verdict] == nil {
				found[g.Verdict] = map[string]bool{}
			}
			found[g.Verdict][g.Form.String()+" "+p.Secret] = true
		}
	}
	for verdict, want := range map[leak.Verdict][]string{
		leak.Inner:   {"bytes 0a:b1:c2:d3:e4:f5", "bytes 0e:b2:c3:d4:e5:f6", "bytes " + guest.String(), "bytes " + deep.String(), "bytes " + dst4.String()},
		leak.Payload: {"text " + deep.String(), "bytes " + src4.String()},
	} {
		for _, w := range want {
			if !found[verdict][w] {
				t.Errorf("%v: no %s in %v", verdict, w, found)
			}
		}
		if len(found[verdict]) != len(want) {
			t.Errorf("%v: %v, want %q", verdict, found[verdict], want)
		}
	}
}

// TestUnreadLinkTypesAreSaid: nothing is known of the addresses of packets whose
// link type is not decoded.
func TestUnreadLinkTypesAreSaid(t *testing.T) {
	readable := testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(testcap.Eth{Src: srcMAC}, testcap.IPv4{Src: src4, Dst: dst4}, testcap.UDP{SrcPort: 4000}, testcap.Payload("x"))}
	other := testcap.Packet{LinkType: testcap.USBLinux, Data: []byte("whatever it is")}
	path := write(t, filepath.Join(t.TempDir(), "email1.pcapng"), testcap.NGFile(false, readable, other, other))
	r := search(t, convert(t, mill.Default(), path), leak.Options{}, path)
	if len(r.Unread) != 1 || r.Unread["USB"] != 2 || r.Tunnels != 0 {
		t.Errorf("%v, %d packets of tunnels", r.Unread, r.Tunnels)
	}
}

// TestCases: the captures on which masks and search fell short.
func TestCases(t *testing.T) {
	shared, err := groundtruth.Shared()
	if err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		fields  int64 // IPv6 fields judged
		verdict leak.Verdict
	}{
		"09-header-addresses-left/srh.pcap":    {8, leak.Payload}, // 10.0.0.1 backwards
		"09-header-addresses-left/tunnel.pcap": {0, leak.Inner},
		"13-blind-link-type/na240_chat.pcap":   {0, leak.Payload},
		"13-blind-link-type/eth1_chat.pcap":    {0, leak.Payload},
	} {
		path := filepath.Join(shared, "cases", filepath.FromSlash(name))
		if _, err := os.Stat(path); err != nil {
			t.Skip(err)
		}
		r := search(t, convert(t, mill.Default(), path), leak.Options{}, path)
		if r.Broken() != 0 || r.Samples.Fields[leak.IPv6] != c.fields || len(r.Groups) == 0 {
			t.Errorf("%s: %d broken, %d fields, %+v", name, r.Broken(), r.Samples.Fields[leak.IPv6], r.Groups)
		}
		for _, g := range r.Groups {
			if g.Verdict != c.verdict {
				t.Errorf("%s: %+v", name, g)
			}
		}
	}
}
