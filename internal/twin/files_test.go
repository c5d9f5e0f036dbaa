package twin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestContainers reads the same packets back from every variant of the formats.
func TestContainers(t *testing.T) {
	packets := []testcap.Packet{ethernet(v4, tcp, testcap.Payload("one")), ethernet(v4, udp, testcap.Payload("two")).Snap(45), ethernet(v6, udp)}
	for i := range packets {
		packets[i].Time = int64(1_700_000_000+i)*1_000_000_000 + 5_000
	}
	files := map[string][]byte{"pcapng LE": testcap.NGFile(false, packets...), "pcapng BE": testcap.NGFile(true, packets...)}
	for name, f := range map[string]testcap.Pcap{
		"pcap LE us": {}, "pcap BE us": {BigEndian: true}, "pcap LE ns": {Nano: true}, "pcap BE ns": {Nano: true, BigEndian: true},
		"pcap LE modified": {Modified: true}, "pcap BE modified": {Modified: true, BigEndian: true},
		"pcap LE us 2.2": {Version: [2]int{2, 2}}, "pcap LE us 2.3": {Version: [2]int{2, 3}, Swap: true}, "pcap LE us plain 2.3": {Version: [2]int{2, 3}},
		"pcap LE us high bits": {LinkType: 0xfc000000},
	} {
		f.LinkType |= testcap.Ethernet
		files[name] = f.File(packets...)
	}
	for _, c := range testcap.Compressions() {
		files["pcap LE us "+c.Name] = c.Wrap(testcap.Pcap{LinkType: testcap.Ethernet}.File(packets...))
	}
	for name, raw := range files {
		f := twin.Packets(raw)
		if f.Damage != "" || !strings.HasPrefix(name, f.Format) || len(f.Records) != len(packets) {
			t.Errorf("%s: format %q, %d records, damage %q", name, f.Format, len(f.Records), f.Damage)
			continue
		}
		for i, r := range f.Records {
			orig := max(int(packets[i].OrigLen), len(packets[i].Data))
			if !bytes.Equal(r.Data, packets[i].Data) || r.Time != packets[i].Time || int(r.OrigLen) != orig || r.LinkType != testcap.Ethernet {
				t.Errorf("%s: record %d is %d bytes of %d, time %d, link type %d", name, i, len(r.Data), r.OrigLen, r.Time, r.LinkType)
			}
		}
	}
	packed, plain := testcap.Bzip2()
	if f := twin.Packets(packed); !bytes.Equal(f.Plain, plain) || len(f.Records) != 4 || f.Damage != "" {
		t.Errorf("bzip2: %d records, damage %q", len(f.Records), f.Damage)
	}
}

// TestDamage cuts and breaks files at known places.
func TestDamage(t *testing.T) {
	p := ethernet(v4, tcp, testcap.Payload("one"))
	whole := testcap.Pcap{LinkType: testcap.Ethernet}.File(p, p)
	second := int64(24 + 16 + len(p.Data))
	huge := bytes.Clone(whole)
	huge[second+11] = 0x20 // captured length 512 MiB
	var ng testcap.NG
	ng.Section()
	ng.Interface(testcap.Interface{LinkType: testcap.Ethernet, SnapLen: 40})
	ng.Simple(p.Snap(40))
	at := int64(len(ng.Bytes()))
	ng.Enhanced(1, p)
	unknown := bytes.Clone(ng.Bytes())
	ng = testcap.NG{}
	ng.Section()
	ng.Interface(testcap.Interface{LinkType: testcap.Ethernet})
	ng.Section() // knows no interface
	next := int64(len(ng.Bytes()))
	ng.Enhanced(0, p)
	forgotten := bytes.Clone(ng.Bytes())
	odd := append(bytes.Clone(unknown[:at]), 6, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	broken := testcap.Gzip(whole)
	broken[len(broken)-8] ^= 1 // the checksum
	for _, c := range []struct {
		name    string
		raw     []byte
		damage  string
		offset  int64
		records int
	}{
		{"whole", whole, "", 0, 2},
		{"magic only", whole[:4], "truncated", 0, 0},
		{"file header cut", whole[:23], "truncated", 0, 0},
		{"record header cut", whole[:second+15], "truncated", second, 1},
		{"record cut", whole[:len(whole)-1], "truncated", second, 1},
		{"huge record", huge, "malformed", second, 1},
		{"gzip cut", testcap.Gzip(whole)[:60], "truncated", -1, -1},
		{"gzip checksum wrong", broken, "malformed", int64(len(whole)), 2},
		{"unknown interface", unknown, "malformed", at, 1},
		{"interface of the section before", forgotten, "malformed", next, 0},
		{"block length 14", odd, "malformed", at, 1},
		{"block of 2 GiB", append(bytes.Clone(unknown[:at]), 6, 0, 0, 0, 0xfc, 0xff, 0xff, 0x7f), "truncated", at, 1},
		{"block cut", unknown[:len(unknown)-1], "truncated", at, 1},
		{"bad byte-order magic", append([]byte{0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4}, make([]byte, 16)...), "malformed", 0, 0},
	} {
		f := twin.Packets(c.raw)
		if f.NotCapture || f.Damage != c.damage || (c.offset >= 0 && f.DamageOffset != c.offset) || (c.records >= 0 && len(f.Records) != c.records) {
			t.Errorf("%s: %q at %d after %d records, want %q at %d after %d", c.name, f.Damage, f.DamageOffset, len(f.Records), c.damage, c.offset, c.records)
		}
	}
	for _, raw := range [][]byte{nil, []byte("abc"), []byte("not a capture at all"), testcap.Gzip([]byte("text"))} {
		if f := twin.Packets(raw); !f.NotCapture {
			t.Errorf("%q is taken for %q", raw, f.Format)
		}
	}
}
