package mask_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
)

// referenceKey is the key of the sample program in the distribution of Xu, Fan, Ammar and Moon.
var referenceKey = []byte{
	21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
	216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
}

// panVectors: IPv4 from the sample traces (raw and sanitized) of the reference distribution; IPv6, which it does not have, from
// the values that independent ports (Go, Rust, Python) agree on under the same key.
var panVectors = map[string]string{
	"128.11.68.132": "135.242.180.132", "129.118.74.4": "134.136.186.123", "130.132.252.244": "133.68.164.234",
	"141.223.7.43": "141.167.8.160", "141.233.145.108": "141.129.237.235", "152.163.225.39": "151.140.114.167",
	"156.29.3.236": "147.225.12.42", "165.247.96.84": "162.9.99.234", "166.107.77.190": "160.132.178.185",
	"192.102.249.13": "252.138.62.131", "192.215.32.125": "252.43.47.189", "192.233.80.103": "252.25.108.8",
	"192.41.57.43": "252.222.221.184", "193.150.244.223": "253.169.52.216", "195.205.63.100": "255.186.223.5",
	"198.200.171.101": "249.199.68.213", "198.26.132.101": "249.36.123.202", "198.36.213.5": "249.7.21.132",
	"24.0.250.221": "100.15.198.226", "38.15.67.68": "64.3.66.187", "4.3.88.225": "124.60.155.63",
	"63.14.55.111": "95.9.215.7", "64.14.118.196": "0.255.183.58", "10.185.25.118": "117.161.29.118",

	"::1": "78ff:f001:9fc0:20df:8380:b1f1:704:ed", "::2": "78ff:f001:9fc0:20df:8380:b1f1:704:ef",
	"::ffff":      "78ff:f001:9fc0:20df:8380:b1f1:704:f838",
	"2001:db8::1": "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e", "2001:db8::2": "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c",
}

func prefixes(t interface{ Fatal(...any) }, key []byte) *mask.Pseudonymizer {
	z, err := mask.NewPrefixPseudonymizer(key)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestCryptoPAnOfTheReference(t *testing.T) {
	z := prefixes(t, referenceKey)
	for range 2 { // the second time from the cache
		for from, want := range panVectors {
			if have := z.IP(addr(from)); have != addr(want) {
				t.Errorf("%s: %s, want %s", from, have, want)
			}
		}
	}
	other := prefixes(t, []byte("32-char-str-for-AES-key-and-pad.")) // the example of yacryptopan
	if have := other.IP(addr("192.0.2.1")); have != addr("192.0.125.244") {
		t.Errorf("under another key: %s", have)
	}
}

// common is how many bits two addresses of one kind share at their beginning.
func common(a, b netip.Addr) int {
	x, y := a.AsSlice(), b.AsSlice()
	for i := range x {
		if d := x[i] ^ y[i]; d != 0 {
			return 8*i + bits.LeadingZeros8(d)
		}
	}
	return 8 * len(x)
}

// TestPrefixesAreKept: two pseudonyms share as many bits as their addresses do, no less and no more, under any key.
func TestPrefixesAreKept(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		z := prefixes(t, rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		length := rapid.SampledFrom([]int{4, 16}).Draw(t, "length")
		a := rapid.SliceOfN(rapid.Byte(), length, length).Draw(t, "a")
		b := bytes.Clone(a)
		from := draw.Int(0, 8*length).Draw(t, "first bit that may differ")
		for i, c := range rapid.SliceOfN(rapid.Byte(), length, length).Draw(t, "b") {
			keep := byte(0xff)
			if n := from - 8*i; n < 8 {
				keep = ^(byte(0xff) >> max(0, n))
			}
			b[i] = a[i]&keep | c&^keep
		}
		x, _ := netip.AddrFromSlice(a)
		y, _ := netip.AddrFromSlice(b)
		if have, want := common(z.IP(x), z.IP(y)), common(x, y); have != want {
			t.Fatalf("%s and %s share %d bits, %s and %s %d", x, y, want, z.IP(x), z.IP(y), have)
		}
	})
}

// TestPrefixesOfNetworks: what was kept of other addresses, of the same networks and of others, changes no pseudonym.
func TestPrefixesOfNetworks(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		z := prefixes(t, referenceKey)
		networks := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 8, 8), 1, 3).Draw(t, "networks")
		for range 20 {
			b := make([]byte, rapid.SampledFrom([]int{4, 16}).Draw(t, "length"))
			copy(b[:len(b)/2], rapid.SampledFrom(networks).Draw(t, "network"))
			if draw.Int(0, 1).Draw(t, "short") == 1 {
				clear(b[2 : len(b)/2]) // the half is that of an IPv4 address
			}
			copy(b[len(b)/2:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "host"))
			a, _ := netip.AddrFromSlice(b)
			if have, want := z.IP(a), prefixes(t, referenceKey).IP(a); have != want {
				t.Fatalf("%s: %s, want %s", a, have, want)
			}
		}
	})
}

func TestPrefixNeedsItsKey(t *testing.T) {
	p := mask.Policy{IP: mask.Prefix}
	for _, n := range []int{0, 1, 16, 31, 33, 64} {
		if err := p.CheckKey(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes is taken", n)
		}
	}
	if p.CheckKey(nil) == nil || p.CheckKey(make([]byte, 32)) != nil || mask.Default().CheckKey(nil) != nil {
		t.Error("no key is taken for prefix, or 32 bytes are not, or the default needs one")
	}
	if (mask.Policy{MAC: mask.Prefix}).Check() == nil || p.Check() != nil || !p.Pseudonyms() {
		t.Error("prefix is an action for MAC addresses, or none for IP")
	}
	p.Content = mask.Payload // then there is nothing to replace
	if p.CheckKey(nil) != nil || p.Pseudonyms() {
		t.Error("payload needs a key")
	}
}

// prefixPacket is one with an address that is new each time, and a Masker that keeps prefixes.
func prefixPacket(ip mask.Action) (next func()) {
	m := mask.New(mask.Policy{MAC: mask.Remove, IP: ip, Ports: mask.Zero, Checksums: mask.Zero}, referenceKey)
	data := testcap.Build(testcap.Eth{}, testcap.IPv4{Src: addr("10.0.0.0"), Dst: addr("192.0.2.1")}, testcap.UDP{}, testcap.Payload("hi"))
	var s header.Stack
	header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
	l := s.Layout(0, true)
	dst, n := make([]byte, 100), uint32(0)
	return func() {
		n++
		binary.BigEndian.PutUint16(data[28:], uint16(n%8)) // eight hosts talk
		m.Write(dst, data, &l)
	}
}

// TestPrefixesDoNotAllocate: neither from the cache nor beside it.
func TestPrefixesDoNotAllocate(t *testing.T) {
	z := prefixes(t, referenceKey)
	a := netip.AddrFrom4([4]byte{10})
	z.IP(a) // makes the cache
	if n := testing.AllocsPerRun(2000, func() { z.IP(a); a = a.Next() }); n != 0 {
		t.Errorf("%v allocations an address", n)
	}
	next := prefixPacket(mask.Prefix)
	next()
	if n := testing.AllocsPerRun(2000, next); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// BenchmarkMaskOfAddresses measures a packet of eight hosts under each way to mask their addresses.
func BenchmarkMaskOfAddresses(b *testing.B) {
	for _, a := range []mask.Action{mask.Zero, mask.Anonymize, mask.Prefix} {
		b.Run(a.String(), func(b *testing.B) {
			next := prefixPacket(a)
			b.ReportAllocs()
			for b.Loop() {
				next()
			}
		})
	}
}

// BenchmarkPseudonym measures an address that is not in the cache: never the same twice.
func BenchmarkPseudonym(b *testing.B) {
	for name, z := range map[string]*mask.Pseudonymizer{
		"sha256": mask.NewPseudonymizer(nil), "hmac": mask.NewPseudonymizer(referenceKey), "prefix": prefixes(b, referenceKey),
	} {
		for kind, first := range map[string]string{"4": "10.0.0.0", "6": "2001:db8::"} {
			b.Run(name+kind, func(b *testing.B) {
				a := addr(first)
				for b.Loop() {
					z.IP(a)
					a = a.Next()
				}
			})
		}
	}
}
