package capture_test

import (
	"bytes"
	"testing"
	"testing/iotest"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// FuzzReader feeds any file, read at once, and in halves
// into a small buffer. Nothing may crash or
// take memory on a word; what is not compressed must be read as the twin reads
// it. Of broken compressed streams decoders give what they like before the
// break, so there only what they agree on to the end is compared.
func FuzzReader(f *testing.F) {
	f.Add(pcapFile())
	f.Add(ngFile())
	f.Add(testcap.Pcap{Modified: true, BigEndian: true, LinkType: 101}.File(packets()[:2]...))
	f.Add(testcap.Pcap{Version: [2]int{2, 3}, Swap: true, LinkType: 1}.File(packets()[3:]...))
	f.Add([]byte("\x0a\x0d\x0d\x0a\xfc\xff\xff\xff\x4d\x3c\x2b\x1a"))
	f.Add(append(pcapFile(), testcap.Pcap{BigEndian: true, LinkType: 101}.File(packets()[:2]...)...))
	f.Add(append(append(ngFile(), pcapFile()...), ngFile()...))
	f.Add(append(pcapFile(), make([]byte, 100)...))
	f.Add(append(append(pcapFile(), make([]byte, 100)...), pcapFile()...))
	for _, c := range testcap.Compressions() {
		f.Add(c.Wrap(pcapFile()))
	}
	packed, _ := testcap.Bzip2()
	f.Add(packed)
	f.Add(wideXZ(pcapFile()))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<16 {
			return // the formats have nothing new to say beyond
		}
		got := readAllLen(t, bytes.NewReader(raw), 4096)
		halves := readSmall(t, iotest.HalfReader(bytes.NewReader(raw)))
		if len(got.Records) != len(halves.Records) || got.Damage != halves.Damage || got.Offset != halves.Offset {
			t.Fatalf("read in halves: %d packets, %v; at once %d, %v", len(halves.Records), halves.Err, len(got.Records), got.Err)
		}
		if !plain(raw) && (got.Damage != "" || got.NotCapture) {
			return
		}
		if d := differ(got, twin.Packets(raw)); d != "" {
			t.Fatal(d)
		}
	})
}

// plain says that nobody takes the file for compressed.
func plain(raw []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "\x04\x22\x4d\x18", "\xfd7zXZ\x00", "BZh"} {
		if bytes.HasPrefix(raw, []byte(magic)) {
			return false
		}
	}
	return true
}
