package mask_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// TestKnownPseudonyms: made with sha256sum and openssl dgst -sha256 -hmac, of the address's text without a line end.
func TestKnownPseudonyms(t *testing.T) {
	plain, keyed := mask.NewPseudonymizer(nil), mask.NewPseudonymizer([]byte("key"))
	for text, want := range known {
		if m, err := net.ParseMAC(text); err == nil {
			if a, b := plain.MAC([6]byte(m)), keyed.MAC([6]byte(m)); fmt.Sprintf("%x %x", a, b) != want {
				t.Errorf("%s: %x %x, want %s", text, a, b, want)
			}
			continue
		}
		if a, b := plain.IP(addr(text)), keyed.IP(addr(text)); fmt.Sprintf("%x %x", a.AsSlice(), b.AsSlice()) != want {
			t.Errorf("%s: %x %x, want %s", text, a.AsSlice(), b.AsSlice(), want)
		}
	}
}

var known = map[string]string{ // unkeyed, and under the key "key"
	"192.0.2.1":         "37fcff24 0d01cd1f",
	"2001:db8::1":       "5afd19e856d1c18d17d600dfd2b5f534 a095c4e18e2e230fc53dfa2a8a279c53",
	"::ffff:192.0.2.1":  "45798dfb67fb594ead7bbac78cbe6ab2 338a6d591450725fb92de23fa70afb41",
	"00:1a:2b:3c:4d:5e": "66504fb15fd0 42a64ccf3a99",
}

// TestPseudonymsAreTheDigest: for any addresses in any order (there is a cache), with and without key.
func TestPseudonymsAreTheDigest(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([][]byte{nil, []byte("k"), make([]byte, 100)}).Draw(t, "key")
		z := mask.NewPseudonymizer(key)
		digest := func(text string) []byte {
			if key == nil {
				d := sha256.Sum256([]byte(text))
				return d[:]
			}
			h := hmac.New(sha256.New, key)
			h.Write([]byte(text))
			return h.Sum(nil)
		}
		for _, b := range draw.Slice(rapid.SliceOfN(rapid.ByteRange(0, 3), 16, 16), 1, 50).Draw(t, "addresses") {
			for _, a := range []netip.Addr{netip.AddrFrom4([4]byte(b)), netip.AddrFrom16([16]byte(b))} {
				if have, want := z.IP(a), digest(a.String())[:a.BitLen()/8]; string(have.AsSlice()) != string(want) {
					t.Fatalf("%s: %x, want %x", a, have.AsSlice(), want)
				}
			}
			have, want := z.MAC([6]byte(b)), digest(net.HardwareAddr(b[:6]).String())
			want[0] = want[0]&0xfe | 0x02
			if string(have[:]) != string(want[:6]) {
				t.Fatalf("MAC %x: %x, want %x", b[:6], have, want[:6])
			}
		}
	})
}

func TestKeyIDTellsKeysApart(t *testing.T) {
	a, b := mask.KeyID([]byte("a")), mask.KeyID([]byte("b"))
	if a == b || len(a) != 16 || a != mask.KeyID([]byte("a")) || mask.KeyID(nil) != "" {
		t.Errorf("ids %q, %q, %q", a, b, mask.KeyID(nil))
	}
}

// Replace an address by its pseudonym: without a key everyone can compute it, with a key only its holder.
func ExamplePseudonymizer() {
	address := netip.MustParseAddr("192.0.2.1")
	fmt.Printf("%x\n", mask.NewPseudonymizer(nil).IP(address).AsSlice())
	fmt.Println(mask.NewPseudonymizer([]byte("a secret")).IP(address))
	fmt.Println(mask.NewPseudonymizer([]byte("another secret")).IP(address))
	// Output:
	// 37fcff24
	// 108.80.87.54
	// 214.98.112.46
}

// Get the bytes of a packet that a model may see: here the addresses, ports and checksums are zero, and the link header and the
// padding behind the packet are gone.
func ExampleMasker() {
	packet := testcap.Build(testcap.Eth{},
		testcap.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("192.0.2.2")},
		testcap.UDP{SrcPort: 40000, DstPort: 443}, testcap.Payload("hi"), testcap.Trailer(16))

	var s header.Stack
	header.Decode(header.LinkTypeEthernet, packet, uint32(len(packet)), &s)
	layout := s.Layout(0, true)
	masked := mask.New(mask.Default(), nil).Append(nil, packet, &layout)
	fmt.Printf("% x\n% x\n% s\n", masked[:20], masked[20:28], masked[28:])
	// Output:
	// 45 00 00 1e 00 00 00 00 40 11 00 00 00 00 00 00 00 00 00 00
	// 00 00 00 00 00 0a 00 00
	// hi
}
