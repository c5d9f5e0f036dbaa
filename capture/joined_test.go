package capture_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestJoined: captures of any dialects joined by cat, with zeros between and behind them, cut anywhere, give what the twin
// says, however the stream is read; and if nothing is damaged, the same with Resync.
func TestJoined(t *testing.T) {
	several, tails := 0, 0
	draw.Until(t, func() bool { return tails > 0 }, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 9))
		raw := joinedCaptures(r)
		if r.IntN(3) == 0 {
			raw = raw[:r.IntN(len(raw)+1)]
		}
		want := twin.Packets(raw)
		for _, bufferLen := range []int{40, 100 + r.IntN(1000), 1 << 20} {
			got := readAllLen(&testing.T{}, bytes.NewReader(raw), bufferLen)
			if d := differ(got, want); d != "" {
				t.Fatalf("buffer of %d bytes: %s", bufferLen, d)
			}
			if got.Err != nil && strings.Contains(got.Err.Error(), "only zeros") {
				tails++
			}
		}
		if want.Damage == "" {
			if got, gaps := resynced(&testing.T{}, bytes.NewReader(raw), 64); differ(got, want) != "" || gaps != nil {
				t.Fatalf("with Resync: %s, gaps %v", differ(got, want), gaps)
			}
		}
		several++
	})
	if tails == 0 || several < 10 {
		t.Errorf("of %d captures %d ended in zeros: the test tries nothing", several, tails)
	}
}

// TestJoint writes down what the joint of two captures is, byte by byte.
func TestJoint(t *testing.T) {
	one := testcap.Packet{LinkType: 1, Time: 1_500_000_000e9, Data: []byte("one")}
	first := testcap.Pcap{LinkType: 1}
	pcapng := func(big bool) []byte { return testcap.NGFile(big, one) }
	header2055 := bytes.Clone(first.Header()) // 16 bytes of it are a record without data, of 2055
	for name, c := range map[string]struct {
		behind  []byte
		packets int // behind the first
		link    uint16
		damage  string
		offset  int // from the joint
	}{
		"the same":            {first.File(one, one), 2, 1, "", 0},
		"without packets":     {first.Header(), 0, 0, "", 0},
		"another byte order":  {testcap.Pcap{LinkType: 1, BigEndian: true}.File(one), 1, 1, "", 0},
		"another link type":   {testcap.Pcap{LinkType: 101}.File(one), 1, 101, "", 0},
		"nanoseconds":         {testcap.Pcap{LinkType: 1, Nano: true}.File(one), 1, 1, "", 0},
		"modified":            {testcap.Pcap{LinkType: 1, Modified: true}.File(one), 1, 1, "", 0},
		"version 2.2":         {testcap.Pcap{LinkType: 1, Version: [2]int{2, 2}}.File(one), 1, 1, "", 0},
		"pcapng":              {pcapng(false), 1, 1, "", 0},
		"pcapng, big endian":  {pcapng(true), 1, 1, "", 0},
		"pcapng and pcap":     {append(pcapng(true), testcap.Pcap{LinkType: 101, BigEndian: true}.File(one)...), 2, 101, "", 0},
		"a header cut short":  {header2055[:23], 0, 0, "truncated", 0},
		"a header in a half":  {header2055[:12], 0, 0, "truncated", 0},
		"another version":     {append([]byte("\xd4\xc3\xb2\xa1\x03\x00\x04\x00"), make([]byte, 9)...), 1, 1, "truncated", 16},
		"a record of 2055":    {append([]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x01\x00\x00\x00\x01\x00\x00\x00"), 'x'), 1, 1, "", 0},
		"a zero":              {make([]byte, 1), 0, 0, "truncated", 0},
		"zeros":               {make([]byte, 4096), 0, 0, "truncated", 0},
		"zeros, then a byte":  {append(make([]byte, 40), 1), 2, 1, "truncated", 32},
		"zeros, then another": {append(make([]byte, 32), first.File(one)...), 3, 1, "", 0},
	} {
		raw := append(first.File(one), c.behind...)
		joint := len(raw) - len(c.behind)
		got := readAllLen(t, bytes.NewReader(raw), 40)
		if d := differ(got, twin.Packets(raw)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if len(got.Records) != 1+c.packets || got.Damage != c.damage || c.damage != "" && got.Offset != int64(joint+c.offset) {
			t.Errorf("%s: %d packets, %v", name, len(got.Records), got.Err)
			continue
		}
		if last := got.Records[len(got.Records)-1]; c.packets > 0 && last.LinkType != c.link {
			t.Errorf("%s: link type %d, want %d", name, last.LinkType, c.link)
		}
	}
	// In a pcapng a pcap in either byte order, and zeros.
	for name, c := range map[string]struct {
		behind  []byte
		packets int
		damage  string
	}{
		"pcap":               {first.File(one), 1, ""},
		"pcap, big endian":   {testcap.Pcap{LinkType: 1, BigEndian: true}.File(one), 1, ""},
		"zeros":              {make([]byte, 100), 0, "truncated"},
		"zeros, then a byte": {append(make([]byte, 99), 1), 0, "malformed"},
	} {
		for _, big := range []bool{false, true} {
			raw := append(pcapng(big), c.behind...)
			for what, got := range map[string]result{"as it is": readSmall(t, bytes.NewReader(raw)), "with Resync": first2(resynced(t, bytes.NewReader(raw), 40))} {
				if d := differ(got, twin.Packets(raw)); d != "" || len(got.Records) != 1+c.packets || got.Damage != c.damage {
					t.Errorf("pcapng and %s, %s: %d packets, %v, %s", name, what, len(got.Records), got.Err, d)
				}
			}
		}
	}
}

func first2[A, B any](a A, _ B) A { return a }

// TestZeroTail: gigabytes of zeros take no memory.
func TestZeroTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sparse.pcap")
	for name, raw := range map[string][]byte{"pcap": pcapFile(), "pcapng": ngFile()} {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 64<<20); err != nil {
			t.Fatal(err)
		}
		used := allocated(func() {
			r, err := capture.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var p capture.Packet
			for err == nil {
				err = r.Next(&p)
			}
			var d *capture.Damage
			if !errors.As(err, &d) || d.Kind != capture.ErrTruncated || d.Offset != int64(len(raw)) || r.Packets() != uint64(len(twin.Packets(raw).Records)) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if used > 2<<20 {
			t.Errorf("%s: %d bytes of memory", name, used)
		}
	}
}

// TestResyncCases reads the inputs of ../shared/cases/05: one wild time before damage, and captures joined, hide no packet.
func TestResyncCases(t *testing.T) {
	shared, err := groundtruth.Shared()
	if err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]int{
		"05-resync-poisoned-by-one-time/damage-only.pcap":            120,
		"05-resync-poisoned-by-one-time/rogue-time-then-damage.pcap": 121,
		"05-resync-poisoned-by-one-time/cat60-60.pcap":               120,
		"05-resync-poisoned-by-one-time/cat-2055.pcap":               120,
	} {
		raw, err := os.ReadFile(filepath.Join(shared, "cases", path))
		if errors.Is(err, os.ErrNotExist) {
			t.Skip("../shared/cases is not here")
		}
		if err != nil {
			t.Fatal(err)
		}
		got, _ := resynced(t, bytes.NewReader(raw), 4096)
		if len(got.Records) != want || got.Err != nil {
			t.Errorf("%s: %d packets, want %d; %v", path, len(got.Records), want, got.Err)
		}
	}
}

// TestResyncWildTimes breaks a record of a capture in which some packets have wild times: the first, those around the damage,
// any others, and in which later packets are years apart from earlier ones. All packets are found but the broken one, and wild
// ones right behind it.
func TestResyncWildTimes(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(draw.Seed().Draw(t, "seed"), 5))
		f := testcap.Pcap{LinkType: 1, BigEndian: r.IntN(2) == 0, Nano: r.IntN(2) == 0}
		const n = 120
		broken := 1 + r.IntN(n-20)
		wild := [2]int{r.IntN(8), r.IntN(8)} // two of eight in a row
		isWild := func(i int) bool { return i%8 == wild[0] || i%8 == wild[1] || i == 0 || i == broken-1 }
		behind := 0
		for isWild(broken + 1 + behind) {
			behind++
		}
		raw, times := f.Header(), int64(1_500_000_000e9)
		for i := range n {
			p := testcap.Packet{Data: make([]byte, 20+r.IntN(200)), Time: times + int64(i)*1e9}
			for j := range p.Data {
				p.Data[j] = byte(r.Uint32())
			}
			if isWild(i) {
				p.Time = int64(r.Uint32()) * 1e9
			}
			if i == n/2 {
				times -= 5 * 365 * 24 * 3600 * 1e9
			}
			b := f.Record(p)
			if i == broken {
				copy(b[8:], "\xff\xff\xff\xff\xff\xff\xff\xff")
			}
			if i == n/3 {
				raw = append(raw, f.Header()...)
			}
			raw = append(raw, b...)
		}
		got, gaps := resynced(&testing.T{}, bytes.NewReader(raw), 4096)
		lost := n - 1 - len(got.Records) - behind
		across := broken > n/2-9 && broken <= n/2+1 // a row across the years agrees in nothing
		if got.Err != nil || len(gaps) != 1 || lost > 0 && !across || lost > 6 {
			t.Fatalf("record %d is broken: %d packets of %d, %v, gaps %v", broken, len(got.Records), n-1, got.Err, gaps)
		}
	})
}
