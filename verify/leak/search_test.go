package leak_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify/leak"
)

var key = []byte("0123456789abcdef0123456789ABCDEF")

// convert makes a dataset of captures.
func convert(t *testing.T, o mill.Options, captures ...string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	p, err := mill.Prepare(captures, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func search(t *testing.T, dir string, o leak.Options, captures ...string) *leak.Report {
	t.Helper()
	if o.Places == 0 {
		o.Places = 100
	}
	r, err := leak.Search(context.Background(), dir, captures, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// policies are all kinds of masks.
var policies = []mask.Policy{
	mask.Default(),
	{MAC: mask.Zero, IP: mask.Remove, Ports: mask.Keep, Checksums: mask.Keep, UDPPad: true},
	{MAC: mask.Anonymize, IP: mask.Anonymize, Ports: mask.Zero, Checksums: mask.Keep},
	{MAC: mask.Zero, IP: mask.Prefix, Ports: mask.Keep, Checksums: mask.Zero, UDPPad: true},
	{MAC: mask.Keep, IP: mask.Keep},
	{MAC: mask.Keep, IP: mask.Remove, UDPPad: true},
	{Content: mask.Payload},
	mask.Strict(),
	anyFields(1), anyFields(2), anyFields(3), anyFields(4),
}

// anyFields draws a policy with actions for half of the fields.
func anyFields(seed uint64) mask.Policy {
	r := rand.New(rand.NewPCG(seed, 0))
	p := policies0[r.IntN(len(policies0))]
	for _, f := range mask.PacketFields() {
		if actions := f.Actions(); r.IntN(2) == 0 {
			p.Fields[f] = actions[r.IntN(len(actions))]
		}
	}
	return p
}

var policies0 = []mask.Policy{mask.Default(), {}, {MAC: mask.Anonymize, IP: mask.Anonymize}, {MAC: mask.Remove, IP: mask.Remove, UDPPad: true}}

// TestMasksHold: random traffic of every link type under every mask: each sample is placed, no promise is broken, and addresses
// are found only where they were kept. (Random puts its addresses into headers only.)
func TestMasksHold(t *testing.T) {
	var fields, kept int64
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		traffic := testcap.Random(r, testcap.Options{Mixed: seed%3 == 0, Sessions: 12})
		raw, kind := traffic.Capture(r)
		if seed%5 == 4 {
			raw = raw[:len(raw)-len(raw)/10]
		}
		path := write(t, filepath.Join(t.TempDir(), "email1.pcap"), raw)
		o := mill.Default()
		o.Mask, o.Key = policies[seed%uint64(len(policies))], key
		o.Shape = []sample.Shape{{Rows: 28, Cols: 28}, {Rows: 1, Cols: 37}}[seed%2]
		o.Dedup = []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone}[seed%3]
		o.Drop = []header.Drop{header.DropNone, header.DropDefault}[seed/7%2]
		if seed%4 == 1 {
			o.Breaks.Restart, o.Breaks.Idle = true, int64(seed)*1000
			o.Breaks.Of, o.Breaks.MaxPackets = session.Units(seed%3), seed%5
			o.Breaks.Active, o.Breaks.Slice, o.Breaks.Window = int64(seed)*4e5, int64(seed%2)*8e6, int64(seed%4)*9e6
		}
		if seed%4 == 3 {
			o.Resync = true
			for range 3 {
				raw[24+r.IntN(len(raw)-24)] ^= 0xff
			}
			write(t, path, raw)
		}
		if _, err := capture.NewReader(bytes.NewReader(raw), path); err != nil {
			continue // cut within its first bytes
		}
		dir := convert(t, o, path)
		m, err := storetest.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		report := search(t, dir, leak.Options{Names: true}, path)
		if report.Broken() != 0 || report.Samples.Placed != m.Samples {
			t.Errorf("seed %d (%s): %d of %d samples placed, %+v", seed, kind, report.Samples.Placed, m.Samples, report.Groups)
		}
		for i, n := range report.Samples.Fields {
			fields += n
			if report.Samples.Bad[i] != 0 {
				t.Errorf("seed %d: %d bad fields of %s", seed, report.Samples.Bad[i], leak.Kind(i))
			}
		}
		for _, g := range report.Groups {
			if g.Verdict == leak.Kept {
				kept += g.Hits
			} else if g.Kind != leak.IPv4 || g.Form == leak.Text { // no chance
				t.Errorf("seed %d (%s): %+v", seed, kind, g)
			}
		}
	}
	if fields < 1000 || kept < 100 {
		t.Errorf("%d fields were looked at, %d kept addresses found: too few to mean anything", fields, kept)
	}
}

// The addresses of one packet that a broken mask could let through, all of distinct bytes.
var (
	srcMAC, dstMAC = [6]byte{0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5}, [6]byte{0x06, 0xf1, 0xe2, 0xd3, 0xc4, 0xb5}
	src4, dst4     = addr("198.51.100.23"), addr("203.0.113.77")
	src6, dst6     = addr("2001:db8:1:2::a7"), addr("2001:db8:9::42:b1")
)

// simple makes a dataset of a session of each IP version with payloads, and returns their capture.
func simple(t *testing.T, policy mask.Policy, payload string) (dir, path string) {
	t.Helper()
	eth := testcap.Eth{Src: srcMAC, Dst: dstMAC}
	frame := func(l ...testcap.Layer) testcap.Packet {
		return testcap.Packet{LinkType: testcap.Ethernet, Data: testcap.Build(append([]testcap.Layer{eth}, l...)...)}
	}
	raw := testcap.Pcap{LinkType: testcap.Ethernet}.File(
		frame(testcap.IPv4{Src: src4, Dst: dst4}, testcap.UDP{SrcPort: 4000, DstPort: 4001}, testcap.Payload(payload)),
		frame(testcap.IPv6{Src: src6, Dst: dst6}, testcap.TCP{SrcPort: 5000, DstPort: 5001}, testcap.Payload(payload)),
	)
	path = write(t, filepath.Join(t.TempDir(), "email1.pcap"), raw)
	o := mill.Default()
	o.Mask, o.Key = policy, key
	return convert(t, o, path), path
}

const images = "session_output.idx3"

// TestBrokenMasksAreFound writes into the samples what a broken mask would have left, one field at a time.
func TestBrokenMasksAreFound(t *testing.T) {
	const first, second = 16, 16 + 784 // the samples: IPv4 and UDP, IPv6 and TCP, both from the IP header on
	whole := mask.Default()
	whole.MAC = mask.Zero // 14 bytes more before the IP header
	anonymous := mask.Policy{MAC: mask.Anonymize, IP: mask.Anonymize, Ports: mask.Zero, Checksums: mask.Zero}
	strict, ones := mask.Strict(), mask.Default()
	strict.Fields[mask.TCPFlags], strict.Fields[mask.UDPLength], ones.Fields[mask.PayloadBytes] = mask.Zero, mask.Zero, mask.Ones
	for _, c := range []struct {
		name   string
		policy mask.Policy
		at     int
		bytes  []byte
		kind   leak.Kind
	}{
		{"IPv4 source", mask.Default(), first + 12, src4.AsSlice(), leak.IPv4},
		{"IPv4 destination", mask.Default(), first + 16, dst4.AsSlice(), leak.IPv4},
		{"one bit of it", mask.Default(), first + 19, []byte{1}, leak.IPv4},
		{"IPv6 source", mask.Default(), second + 8, src6.AsSlice(), leak.IPv6},
		{"IPv6 destination", mask.Default(), second + 24, dst6.AsSlice(), leak.IPv6},
		{"IPv4 checksum", mask.Default(), first + 10, []byte{7}, leak.Checksum},
		{"UDP checksum", mask.Default(), first + 26, []byte{7}, leak.Checksum},
		{"TCP checksum", mask.Default(), second + 57, []byte{7}, leak.Checksum},
		{"UDP ports", mask.Default(), first + 21, []byte{7}, leak.Ports},
		{"TCP ports", mask.Default(), second + 43, []byte{7}, leak.Ports},
		{"MAC", whole, first + 6, srcMAC[:], leak.MAC},
		{"pseudonym of IPv4", anonymous, first + 14 + 12, src4.AsSlice(), leak.IPv4},
		{"pseudonym of IPv6", anonymous, second + 14 + 24, dst6.AsSlice(), leak.IPv6},
		{"pseudonym of MAC", anonymous, second, dstMAC[:], leak.MAC},
		{"pseudonym of MAC is the other one", anonymous, second, srcMAC[:], leak.MAC},
		{"time to live", strict, first + 8, []byte{64}, leak.Masked},
		{"identification", strict, first + 5, []byte{1}, leak.Masked},
		{"traffic class, upper half", strict, second, []byte{0x6f}, leak.Masked},
		{"traffic class, lower half", strict, second + 1, []byte{0x10}, leak.Masked},
		{"flow label", strict, second + 3, []byte{1}, leak.Masked},
		{"flow label, first bits", strict, second + 1, []byte{1}, leak.Masked},
		{"hop limit", strict, second + 7, []byte{64}, leak.Masked},
		{"sequence number", strict, second + 46, []byte{1}, leak.Masked},
		{"flags", strict, second + 53, []byte{0x18}, leak.Masked},
		{"acknowledgement number", strict, second + 50, []byte{1}, leak.Masked},
		{"window", strict, second + 54, []byte{1}, leak.Masked},
		{"UDP length", strict, first + 25, []byte{1}, leak.Masked},
		{"payload", ones, first + 28, []byte{0}, leak.Masked},
		{"host name", strict, second + 60 + 22, []byte{'x'}, leak.Masked},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, path := simple(t, c.policy, "GET / HTTP/1.1\r\nHost: www.example\r\n\r\n")
			if n := search(t, dir, leak.Options{}, path).Broken(); n != 0 {
				t.Fatalf("%d broken promises before", n)
			}
			file := filepath.Join(dir, images)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			copy(b[c.at:], c.bytes)
			write(t, file, b)
			r := search(t, dir, leak.Options{Addresses: true}, path)
			if r.Broken() != 1 || r.Groups[0].Verdict != leak.Field || r.Groups[0].Kind != c.kind || r.Samples.Placed != 2 {
				t.Fatalf("%d broken, %+v", r.Broken(), r.Groups)
			}
			p := r.Groups[0].Places[0]
			if at := int64(c.at); p.Offset > at || p.Offset < at-4 || p.Sample != (at-16)/784 || p.Capture != "email1.pcap" || p.Class != "Email" {
				t.Errorf("found at %+v, stands at %d", p, at)
			}
		})
	}
}

// TestSamplesOfOtherSettings: a dataset that says it has a mask and has another one.
func TestSamplesOfOtherSettings(t *testing.T) {
	kept := mask.Default()
	kept.IP = mask.Keep
	dir, path := simple(t, kept, "payload")
	change := func(f func(*manifest.Settings)) *leak.Report {
		m, err := storetest.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		f(&m.Settings)
		if err := storetest.Write(dir, m); err != nil {
			t.Fatal(err)
		}
		return search(t, dir, leak.Options{}, path)
	}
	if r := search(t, dir, leak.Options{}, path); r.Broken() != 0 || r.Groups[0].Verdict != leak.Kept || r.Groups[0].Hits != 2 {
		t.Errorf("as it is: %+v", r.Groups)
	}
	if r := change(func(s *manifest.Settings) { *s = s.With("ip", "zero") }); r.Broken() != 4 || r.Samples.Bad[leak.IPv4] != 2 || r.Samples.Bad[leak.IPv6] != 2 {
		t.Errorf("as if it were zeroed: %+v", r.Samples)
	}
	if r := change(func(s *manifest.Settings) { *s = s.With("ip", "remove") }); r.Samples.Strange != 2 || r.Broken() != 2 {
		t.Errorf("as if they were cut out: %+v", r.Samples)
	}
	m, err := storetest.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Settings = m.Settings.With("ip", "hidden")
	if err := storetest.Write(dir, m); err != nil {
		t.Fatal(err)
	}
	if _, err := leak.Search(context.Background(), dir, []string{path}, leak.Options{}); err == nil || !strings.Contains(err.Error(), "settings that this program does not know") {
		t.Errorf("unknown settings: %v", err)
	}
}

// TestPayloadIsNotBroken: what stands in payload is found in every form, and is no broken promise.
func TestPayloadIsNotBroken(t *testing.T) {
	for form, payload := range map[leak.Form]string{
		leak.Bytes:    string(src4.AsSlice()) + "." + string(src6.AsSlice()) + "." + string(srcMAC[:]),
		leak.Reversed: string(reversed(src4.AsSlice())) + "." + string(reversed(src6.AsSlice())) + "." + string(reversed(srcMAC[:])),
		leak.Text:     "PORT 198.51.100.23, [2001:DB8:1:2::a7]; 02-A1-B2-C3-D4-E5",
	} {
		dir, path := simple(t, mask.Default(), payload)
		r := search(t, dir, leak.Options{}, path)
		if r.Broken() != 0 || len(r.Groups) != 3 {
			t.Fatalf("%s: %+v", form, r.Groups)
		}
		for i, g := range r.Groups {
			if g.Verdict != leak.Payload || g.Kind != leak.Kind(i) || g.Form != form || g.Hits != 2 || g.Different != 1 {
				t.Errorf("%s: %+v", form, g)
			}
			if (g.Chance >= 0) != (g.Kind == leak.IPv4 && form != leak.Text) || g.Chance > 0.01 || g.Likely() {
				t.Errorf("%s: %v by chance", form, g.Chance)
			}
		}
	}
}

func reversed(b []byte) []byte {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return b
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOtherFiles puts a file into the dataset that holds something, or nothing.
func TestOtherFiles(t *testing.T) {
	noise := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB: as much as is searched at a time
	none := leak.Verdict(99)
	dir, path := simple(t, mask.Default(), "payload")
	for name, c := range map[string]struct {
		content string
		verdict leak.Verdict
		kind    leak.Kind
		offset  int
	}{
		"dotted quad":                     {"{\"peer\": \"198.51.100.23\"}", leak.Outside, leak.IPv4, 10},
		"with a port":                     {"203.0.113.77:4001", leak.Outside, leak.IPv4, 0},
		"longer number":                   {"198.51.100.231 1198.51.100.23 198.51.100.23.4 7.198.51.100.23", none, 0, 0},
		"another address":                 {"198.51.100.24", none, 0, 0},
		"RFC 5952":                        {"host 2001:db8:1:2::a7 up", leak.Outside, leak.IPv6, 5},
		"in full, in capitals":            {"2001:0DB8:0001:0002:0000:0000:0000:00A7", leak.Outside, leak.IPv6, 0},
		"part of another IPv6 address":    {"2001:db8:1:2::a70 12001:db8:1:2::a7", none, 0, 0},
		"MAC with colons":                 {"at 02:A1:b2:C3:d4:E5!", leak.Outside, leak.MAC, 3},
		"MAC with dashes":                 {"06-f1-e2-d3-c4-b5", leak.Outside, leak.MAC, 0},
		"MAC with dots":                   {"06f1.e2d3.c4b5", leak.Outside, leak.MAC, 0},
		"MAC in a dump":                   {"000006f1e2d3c4b50000", leak.Outside, leak.MAC, 4},
		"MAC with a byte too many":        {"06-f1-e2-d3-c4-b5-00", none, 0, 0},
		"MAC as bytes":                    {"xx" + string(srcMAC[:]), leak.Outside, leak.MAC, 2},
		"MAC as bytes, reversed":          {string(reversed(srcMAC[:])), leak.Outside, leak.MAC, 0},
		"IPv6 as bytes":                   {string(dst6.AsSlice()), leak.Outside, leak.IPv6, 0},
		"IPv4 as bytes":                   {"---" + string(dst4.AsSlice()), leak.Elsewhere, leak.IPv4, 3},
		"before the seam of chunks":       {noise[:1<<20-200] + strings.Repeat("-", 180) + "198.51.100.23-" + noise, leak.Outside, leak.IPv4, 1<<20 - 20},
		"across the seam of chunks":       {noise[:1<<20-6] + "-198.51.100.23-" + noise, leak.Outside, leak.IPv4, 1<<20 - 5},
		"behind the seam of chunks":       {noise + "-198.51.100.23", leak.Outside, leak.IPv4, 1<<20 + 1},
		"where the margin of one begins":  {noise[:1<<20-48] + "-198.51.100.23-" + noise, leak.Outside, leak.IPv4, 1<<20 - 47},
		"inside gzip":                     {string(zipped(t, "peer 198.51.100.23")), leak.Outside, leak.IPv4, 5},
		"inside gzip that is cut off":     {string(zipped(t, "peer 198.51.100.23 "+noise)[:900]), leak.Outside, leak.IPv4, 5},
		"IPv4 as hexadecimal (not asked)": {hex.EncodeToString(dst4.AsSlice()), none, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, filepath.Join(dir, "notes"), []byte(c.content))
			r := search(t, dir, leak.Options{}, path)
			if c.verdict == none {
				if len(r.Groups) != 0 {
					t.Errorf("found %+v", r.Groups)
				}
				return
			}
			if len(r.Groups) != 1 {
				t.Fatalf("found %+v", r.Groups)
			}
			g := r.Groups[0]
			if g.Verdict != c.verdict || g.Kind != c.kind || g.File != "notes" || g.Hits != 1 || g.Places[0].Offset != int64(c.offset) || g.Places[0].Sample != -1 {
				t.Errorf("found %+v", g)
			}
			if p := g.Places[0]; p.Packed != strings.Contains(name, "gzip") || p.Secret != "" {
				t.Errorf("at %+v", p)
			}
			if r.Broken() > 0 != c.verdict.Broken() {
				t.Errorf("%d broken", r.Broken())
			}
		})
	}
}

// TestNamesOfFiles: a file's name is an output, too; so is a capture's, which the manifest holds.
func TestNamesOfFiles(t *testing.T) {
	dir, path := simple(t, mask.Default(), "payload")
	if err := os.Mkdir(filepath.Join(dir, "of-198.51.100.23"), 0o777); err != nil {
		t.Fatal(err)
	}
	r := search(t, dir, leak.Options{Addresses: true}, path)
	if len(r.Groups) != 1 || r.Groups[0].Verdict != leak.Outside || !r.Groups[0].Places[0].Named || r.Groups[0].Places[0].Secret != "198.51.100.23" {
		t.Errorf("%+v", r.Groups)
	}
	named := filepath.Join(filepath.Dir(path), "email_203.0.113.77.pcap")
	if err := os.Rename(path, named); err != nil {
		t.Fatal(err)
	}
	dir = convert(t, mill.Default(), named)
	r = search(t, dir, leak.Options{}, named)
	if len(r.Groups) != 1 || r.Groups[0].Verdict != leak.Outside || r.Groups[0].File != "manifest.json" {
		t.Errorf("%+v", r.Groups)
	}
}

// TestCopiesOfSamples: the same bytes in another format are what they are in the samples.
func TestCopiesOfSamples(t *testing.T) {
	dir, path := simple(t, mask.Default(), "see 198.51.100.23 and 2001:db8:1:2::a7")
	b, err := os.ReadFile(filepath.Join(dir, images))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "rows.bin"), append([]byte("another header"), b[16:]...))
	r := search(t, dir, leak.Options{}, path)
	copies := 0
	for _, g := range r.Groups {
		if g.Verdict == leak.Copy {
			copies += int(g.Hits)
		}
	}
	if r.Broken() != 0 || copies != 4 {
		t.Errorf("%d copies, %+v", copies, r.Groups)
	}
	write(t, filepath.Join(dir, "rows.bin"), []byte("they say: 198.51.100.23, and more"))
	if r := search(t, dir, leak.Options{}, path); r.Broken() != 1 {
		t.Errorf("other bytes around it: %+v", r.Groups)
	}
	write(t, filepath.Join(dir, "rows.bin"), []byte("PAR1 a piece of a literal 198.51.100.23 and what follows in it"))
	if r := search(t, dir, leak.Options{}, path); r.Broken() != 0 {
		t.Errorf("in a format that compresses: %+v", r.Groups)
	}
	write(t, filepath.Join(dir, "rows.bin"), []byte("PAR1 but that stands in no sample: 203.0.113.77"))
	if r := search(t, dir, leak.Options{}, path); r.Broken() != 1 {
		t.Errorf("what is in no sample, in a format that compresses: %+v", r.Groups)
	}
}

// TestCapturesThatAreNotNamed: their samples are not judged, and it is said.
func TestCapturesThatAreNotNamed(t *testing.T) {
	dir, path := simple(t, mask.Default(), "to 198.51.100.23")
	other := filepath.Join(t.TempDir(), "other.pcap")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, other, append(raw, raw[24:]...)) // the same addresses, but not this capture
	gone := filepath.Join(t.TempDir(), "gone.pcap")
	r := search(t, dir, leak.Options{}, gone, other)
	if r.Samples.Unplaced != 2 || !slices.Equal(r.Samples.Missing, []string{"email1.pcap"}) || r.Captures[0].Known || len(r.Problems) != 1 {
		t.Errorf("%+v, problems %v", r.Samples, r.Problems)
	}
	if len(r.Groups) != 1 || r.Groups[0].Verdict != leak.Unplaced || r.Broken() != 0 {
		t.Errorf("%+v", r.Groups)
	}
	if _, err := leak.Search(context.Background(), dir, []string{gone}, leak.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no capture can be read: %v", err)
	}
	if _, err := leak.Search(context.Background(), t.TempDir(), []string{path}, leak.Options{}); !errors.Is(err, store.ErrNone) {
		t.Errorf("no dataset: %v", err)
	}
	var many *leak.TooManyError
	if _, err := leak.Search(context.Background(), dir, []string{path}, leak.Options{Secrets: 5}); !errors.As(err, &many) || many.Path != path {
		t.Errorf("more than five addresses: %v", err)
	}
	search(t, dir, leak.Options{Secrets: 6}, path)
	done, stop := context.WithCancel(context.Background())
	stop()
	if _, err := leak.Search(done, dir, []string{path}, leak.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// TestReportsAreTheSame: twice the same, whatever the order of maps.
func TestReportsAreTheSame(t *testing.T) {
	dir, path := simple(t, mask.Policy{}, "198.51.100.23 203.0.113.77 2001:db8:1:2::a7")
	one := fmt.Sprintf("%+v", search(t, dir, leak.Options{}, path))
	for range 5 {
		if two := fmt.Sprintf("%+v", search(t, dir, leak.Options{}, path)); one != two {
			t.Fatalf("%s\n%s", one, two)
		}
	}
}

// TestSessionsThatEndEarly: with --tcp-restart and --idle-timeout one five-tuple has several samples, and each is placed.
func TestSessionsThatEndEarly(t *testing.T) {
	frame := func(at int64, flags uint8, payload string) testcap.Packet {
		return testcap.Packet{LinkType: testcap.Ethernet, Time: at * 1e9, Data: testcap.Build(testcap.Eth{},
			testcap.IPv4{Src: src4, Dst: dst4}, testcap.TCP{SrcPort: 5000, DstPort: 5001, Flags: flags}, testcap.Payload(payload))}
	}
	const fin, syn, push, ack = 1, 2, 8, 16
	path := write(t, filepath.Join(t.TempDir(), "email1.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(
		frame(1, push|ack, "one"), frame(2, fin|ack, ""), frame(3, syn|ack, ""), frame(4, push|ack, "still one"),
		frame(5, syn, ""), frame(6, push|ack, "two"), frame(7, syn, ""), frame(8, push|ack, "still two"),
		frame(100, push|ack, "three"),
	))
	for _, c := range []struct {
		breaks session.Breaks
		drop   header.Drop
		want   int64
	}{
		{session.Breaks{}, header.DropDefault, 1},
		{session.Breaks{Restart: true}, header.DropDefault, 2},
		{session.Breaks{Restart: true}, header.DropNone, 2},
		{session.Breaks{Idle: 50e9}, header.DropDefault, 2},
		{session.Breaks{Restart: true, Idle: 50e9}, header.DropDefault, 3},
	} {
		o := mill.Default()
		o.Breaks, o.Drop, o.Dedup = c.breaks, c.drop, sample.DedupNone
		r := search(t, convert(t, o, path), leak.Options{}, path)
		if r.Samples.Placed != c.want || r.Broken() != 0 {
			t.Errorf("%+v: %d samples placed, want %d; %+v", c.breaks, r.Samples.Placed, c.want, r.Groups)
		}
	}
}
