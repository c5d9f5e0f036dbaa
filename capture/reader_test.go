package capture_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestVariants reads the same packets from every way to write a pcap.
func TestVariants(t *testing.T) {
	for name, f := range map[string]testcap.Pcap{
		"little endian": {}, "big endian": {BigEndian: true}, "ns": {Nano: true}, "ns big endian": {Nano: true, BigEndian: true},
		"modified": {Modified: true}, "modified big endian": {Modified: true, BigEndian: true},
		"1.9": {Version: [2]int{1, 9}}, "2.2": {Version: [2]int{2, 2}}, "2.3": {Version: [2]int{2, 3}}, "2.3 swapped": {Version: [2]int{2, 3}, Swap: true},
		"snaplen 0": {ZeroSnap: true}, "small snaplen": {SnapLen: 1}, "high bits": {LinkType: 0xf4000000},
	} {
		f.LinkType |= testcap.Ethernet
		raw := f.File(packets()...)
		got := readAll(t, bytes.NewReader(raw))
		if d := differ(got, twin.Packets(raw)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for i, p := range packets() {
			if r := got.Records[i]; !bytes.Equal(r.Data, p.Data) || r.Time != p.Time || r.OrigLen != max(p.OrigLen, uint32(len(p.Data))) || r.LinkType != 1 {
				t.Errorf("%s: packet %d is %+v", name, i+1, r)
			}
		}
	}
}

// TestCutEverywhere cuts a capture at every length: the packets before the cut,
// the kind and the place of the damage are those of the twin.
func TestCutEverywhere(t *testing.T) {
	for name, raw := range map[string][]byte{
		"pcap": pcapFile(), "modified": testcap.Pcap{Modified: true, BigEndian: true}.File(packets()...), "pcapng": ngFile(),
	} {
		for n := range raw {
			got := readSmall(t, bytes.NewReader(raw[:n]))
			if d := differ(got, twin.Packets(raw[:n])); d != "" {
				t.Errorf("%s cut at %d: %s", name, n, d)
			}
			if n >= 4 && got.NotCapture || got.Damage != "" && got.Damage != "truncated" {
				t.Errorf("%s cut at %d: %v", name, n, got.Err)
			}
		}
	}
}

// TestFlippedEverywhere changes every byte of a capture, several ways.
func TestFlippedEverywhere(t *testing.T) {
	for name, raw := range map[string][]byte{"pcap": pcapFile(), "pcapng": ngFile()} {
		for n := range raw {
			for _, with := range []byte{1, 0x10, 0x80, 0xff} {
				bad := bytes.Clone(raw)
				bad[n] ^= with
				if d := differ(readSmall(t, bytes.NewReader(bad)), twin.Packets(bad)); d != "" {
					t.Errorf("%s byte %d ^ %#x: %s", name, n, with, d)
				}
			}
		}
	}
}

// TestReadSizes: how much the system gives at a time changes nothing.
func TestReadSizes(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "error with the data": iotest.DataErrReader,
		"nothing now and then": func(r io.Reader) io.Reader { return &stutter{r: r} },
	}
	damaged := bytes.Clone(ngFile())
	damaged[len(damaged)-7] = 0xff // the captured bytes of the last packet do not fit
	files := map[string][]byte{"pcap": pcapFile(), "pcapng": ngFile(), "damaged": damaged, "cut": damaged[:len(damaged)-9]}
	for name, f := range compressed() {
		files[name] = f.raw
	}
	// A block that runs past the end and lies about its packet: the first counts.
	lie := bytes.Clone(testcap.NGFile(false, packets()[0]))
	at := bytes.LastIndex(lie, []byte{6, 0, 0, 0})
	lie[at+5], lie[at+23] = 0x10, 0x10
	files["lie"] = lie
	// Behind the last block stand eight bytes, of which the last four are no length.
	files["tail"] = append(ngFile(), 6, 0, 0, 0, 10, 0, 0, 0)
	for file, raw := range files {
		for name, slow := range readers {
			if d := differ(readAll(t, slow(bytes.NewReader(raw))), twin.Packets(raw)); d != "" {
				t.Errorf("%s, %s: %s", file, name, d)
			}
			if d := differ(readSmall(t, slow(bytes.NewReader(raw))), twin.Packets(raw)); d != "" {
				t.Errorf("%s, %s, small buffer: %s", file, name, d)
			}
		}
	}
}

// stutter gives no bytes and no error every other time, as a Reader may.
type stutter struct {
	r     io.Reader
	calls int
}

func (s *stutter) Read(b []byte) (int, error) {
	if s.calls++; s.calls%2 == 0 {
		return 0, nil
	}
	return s.r.Read(b[:min(len(b), 7)])
}

// TestUnreadable has the disk fail after every number of bytes.
func TestUnreadable(t *testing.T) {
	broken := errors.New("input/output error")
	for name, raw := range map[string][]byte{"pcap": pcapFile(), "pcapng": ngFile(), "gzip": testcap.Gzip(pcapFile()), "xz": testcap.XZ(pcapFile())} {
		plain := twin.Packets(raw)
		for n := range len(raw) + 1 {
			got := readSmall(t, io.MultiReader(bytes.NewReader(raw[:n]), iotest.ErrReader(broken)))
			if !errors.Is(got.Err, broken) || got.NotCapture || got.Damage != "error" && got.Damage != "unreadable" {
				t.Fatalf("%s failing at %d: %v", name, n, got.Err)
			}
			if n == len(raw) && len(got.Records) != len(plain.Records) {
				t.Errorf("%s failing at the end: %d packets of %d", name, len(got.Records), len(plain.Records))
			}
		}
	}
	got := readAll(t, iotest.TimeoutReader(iotest.HalfReader(bytes.NewReader(pcapFile()))))
	if !errors.Is(got.Err, iotest.ErrTimeout) {
		t.Errorf("time out: %v", got.Err)
	}
	got = readAll(t, io.MultiReader(bytes.NewReader(pcapFile()), nothing{}))
	if len(got.Records) != 5 || got.Damage == "" || !errors.Is(got.Err, io.ErrNoProgress) {
		t.Errorf("a reader that never gets on: %d packets, %v", len(got.Records), got.Err)
	}
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestNotCapture(t *testing.T) {
	for _, c := range []struct{ raw, message string }{
		{"", "x: not a capture: it is empty"},
		{"\xd4", "x: not a capture: it begins with bytes d4, need the magic number of pcap or pcapng"},
		{"\x0a\x0d\x0d", "x: not a capture: it begins with bytes 0a 0d 0d, need the magic number of pcap or pcapng"},
		{"this is a text\n", "x: not a capture: it begins with bytes 74 68 69 73 20 69 73 20, need the magic number of pcap or pcapng"},
		{"\x1f\x8b\x08", "x: not a capture: the gzip stream is damaged at its beginning: unexpected EOF"},
		{string(testcap.Gzip(nil)), "x: not a capture: it is empty inside gzip"},
		{string(testcap.LZ4([]byte("text"))), "x: not a capture: it begins with bytes 74 65 78 74 inside lz4, need the magic number of pcap or pcapng"},
	} {
		_, err := capture.NewReader(strings.NewReader(c.raw), "x")
		var not *capture.NotCaptureError
		if !errors.As(err, &not) || err.Error() != c.message {
			t.Errorf("%q: %v\nwant %s", c.raw, err, c.message)
		}
	}
}

// TestDamageMessages: what a person reads, and what a program can ask for.
func TestDamageMessages(t *testing.T) {
	file := pcapFile()
	huge := bytes.Clone(file)
	huge[24+11] = 0x20
	for _, c := range []struct {
		raw     []byte
		kind    error
		message string
	}{
		{file[:4], capture.ErrTruncated, "test: packet 1 at byte 0: truncated: the file header is cut off: have 4 bytes, need 24"},
		{file[:30], capture.ErrTruncated, "test: packet 1 at byte 24: truncated: the record is cut off: have 6 bytes, need 16"},
		{file[:50], capture.ErrTruncated, "test: packet 1 at byte 24: truncated: the record is cut off: have 26 bytes, need 70"},
		{huge, capture.ErrMalformed, "test: packet 1 at byte 24: malformed: captured length 536870966 is above the limit of 268435456 bytes"},
		{ngFile()[:len(ngFile())-4], capture.ErrTruncated, "test: packet 6 at byte 696: truncated: the block is cut off: have 72 bytes, need 76"},
		{append(ngFile(), 6, 0, 0, 0, 0, 0, 0, 10), capture.ErrMalformed, "test: packet 7 at byte 772: malformed: block length 10, need a multiple of 4 of at least 12"},
		{append(ngFile(), 6, 0, 0, 0, 0, 0, 0), capture.ErrTruncated, "test: packet 7 at byte 772: truncated: the block is cut off: have 7 bytes, need 8"},
		{testcap.Gzip(file)[:170], capture.ErrTruncated, "the gzip stream is cut off after 170 bytes of the file"},
		{append(testcap.Gzip(file), "no gzip at all"...), capture.ErrMalformed, "test: packet 6 at byte 398: malformed: the gzip stream is damaged: bytes behind the end that are neither a gzip member nor zeros"},
	} {
		got := readAll(t, bytes.NewReader(c.raw))
		if !errors.Is(got.Err, c.kind) || !strings.HasSuffix(got.Err.Error(), c.message) {
			t.Errorf("%v\nwant %s", got.Err, c.message)
		}
		var d *capture.Damage
		if errors.As(got.Err, &d) && d.Hint() == "" {
			t.Errorf("%v: no hint", d)
		}
	}
}

// TestFiles opens files: one, none, and a folder.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "named like a text.txt")
	if err := os.WriteFile(path, testcap.Gzip(ngFile()), 0o600); err != nil {
		t.Fatal(err)
	}
	format, err := capture.Sniff(path)
	if err != nil || format.String() != "pcapng in gzip" {
		t.Errorf("Sniff: %v, %v", format, err)
	}
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(drain(t, r), twin.Packets(ngFile())); d != "" {
		t.Error(d)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	for _, open := range []func(string) error{
		func(p string) error { _, err := capture.Open(p); return err },
		func(p string) error { _, err := capture.Sniff(p); return err },
	} {
		if err := open(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("absent: %v", err)
		}
		if err := open(dir); err == nil || errors.As(err, new(*capture.NotCaptureError)) {
			t.Errorf("folder: %v, want the system's error", err)
		}
	}
}

// TestLinkTypes: in the order of appearance, each once, also without packets.
func TestLinkTypes(t *testing.T) {
	var f testcap.NG
	f.Section()
	for _, n := range []uint16{113, 1, 113, 0, 65535} {
		f.Interface(testcap.Interface{LinkType: n})
	}
	f.Section()
	f.Interface(testcap.Interface{LinkType: 7})
	r, err := capture.NewReader(bytes.NewReader(f.Bytes()), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res := drain(t, r); res.Err != nil || !slices.Equal(r.LinkTypes(), []header.LinkType{113, 1, 0, 65535, 7}) {
		t.Errorf("link types %v, %v", r.LinkTypes(), res.Err)
	}
	for n, want := range map[header.LinkType]string{1: "Ethernet", 10: "FDDI", 101: "raw IP", 147: "link type 147", 276: "Linux cooked v2"} {
		if n.String() != want {
			t.Errorf("link type %d is called %q, want %q", uint16(n), n, want)
		}
	}
}
