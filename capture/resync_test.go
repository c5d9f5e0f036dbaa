package capture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// resynced reads a capture with Resync and checks what it says about itself.
func resynced(t testing.TB, stream io.Reader, bufferLen int) (result, []capture.Gap) {
	t.Helper()
	r, err := capture.NewReaderLen(stream, "test", bufferLen)
	if err != nil {
		return result{NotCapture: true, Err: err}, nil
	}
	defer r.Close()
	r.Resync()
	got := drain(t, r)
	end := int64(0)
	for i, g := range r.Gaps() {
		if g.Offset < end || g.Bytes < 1 || g.Packet < 1 || g.Packet > uint64(len(got.Records))+1 || g.Detail == "" || i >= 256 {
			t.Fatalf("gap %d: %+v behind byte %d", i, g, end)
		}
		end = g.Offset + g.Bytes
		if g.Packet <= uint64(len(got.Records)) && g.More == 0 && got.Records[g.Packet-1].Offset < g.Offset {
			t.Fatalf("packet %d stands before its gap %+v", g.Packet, g)
		}
	}
	return got, r.Gaps()
}

// repairable is n packets in a dialect, with where each record or block begins.
type repairable struct {
	raw    []byte
	starts []int
	breaks func(b []byte) // makes the record at the start of b impossible
}

func repairables(n int) map[string]repairable {
	r := rand.New(rand.NewPCG(21, uint64(n)))
	list := make([]testcap.Packet, n)
	for i := range list {
		b := make([]byte, 20+r.IntN(900))
		for j := range b {
			b[j] = byte(r.Uint32())
		}
		list[i] = testcap.Packet{LinkType: 1, Time: 1_700_000_000_000_000_000 + int64(i)*1e9, Data: b}
	}
	all := map[string]repairable{}
	for _, f := range []testcap.Pcap{
		{}, {BigEndian: true}, {Nano: true}, {Modified: true}, {Version: [2]int{2, 2}}, {Version: [2]int{2, 3}, Swap: true},
	} {
		f.LinkType = 1
		c := repairable{raw: f.Header(), breaks: func(b []byte) { copy(b[8:], "\xff\xff\xff\xff\xff\xff\xff\xff") }}
		for _, p := range list {
			c.starts = append(c.starts, len(c.raw))
			c.raw = append(c.raw, f.Record(p)...)
		}
		all[fmt.Sprintf("%+v", f)] = c
	}
	for _, big := range []bool{false, true} {
		f := testcap.NG{BigEndian: big}
		f.Section()
		f.Interface(testcap.Interface{LinkType: 1, Resol: testcap.U8(9)})
		c := repairable{breaks: func(b []byte) { copy(b[4:], "\xff\xff\xff\xff") }}
		for _, p := range list {
			c.starts = append(c.starts, len(f.Bytes()))
			f.Enhanced(0, p)
		}
		c.raw = bytes.Clone(f.Bytes())
		all[fmt.Sprintf("pcapng big=%v", big)] = c
	}
	return all
}

// TestResync breaks one record, each in turn: all others are read, and the gap
// is that record. If fewer than two stand behind it, the capture ends there.
func TestResync(t *testing.T) {
	for name, c := range repairables(14) {
		whole := twin.Packets(c.raw).Records
		for k, at := range c.starts {
			raw := bytes.Clone(c.raw)
			c.breaks(raw[at:])
			plain := readAll(t, bytes.NewReader(raw))
			if plain.Damage != "malformed" || len(plain.Records) != k {
				t.Fatalf("%s, record %d: without resync %d packets, %v", name, k, len(plain.Records), plain.Err)
			}
			got, gaps := resynced(t, bytes.NewReader(raw), 40)
			if k >= len(c.starts)-2 {
				if got.Damage != "malformed" || got.Offset != int64(at) || len(gaps) != 0 {
					t.Errorf("%s, record %d: %v, gaps %v", name, k, got.Err, gaps)
				}
				continue
			}
			want := append(append([]twin.Record{}, whole[:k]...), whole[k+1:]...)
			if d := differ(got, twin.File{Records: want}); d != "" {
				t.Errorf("%s, record %d: %s", name, k, d)
			}
			if len(gaps) != 1 || gaps[0].Offset != int64(at) || gaps[0].Bytes != int64(c.starts[k+1]-at) ||
				gaps[0].Packet != uint64(k+1) || !strings.Contains(plain.Err.Error(), gaps[0].Detail) {
				t.Errorf("%s, record %d: gaps %+v, %v", name, k, gaps, plain.Err)
			}
			if again, g := resynced(t, iotest.HalfReader(bytes.NewReader(raw)), 4096); differ(again, twin.File{Records: want}) != "" || !reflect.DeepEqual(g, gaps) {
				t.Errorf("%s, record %d: read in halves %v", name, k, g)
			}
		}
	}
}

// TestResyncMany breaks every twelfth of many records: there are more gaps than are
// listed, and every byte of the file is a packet, a header or in a gap. The buffer
// is moved for half a buffer at a time and not for every gap: the stream is asked
// for few pieces, however many gaps there are.
func TestResyncMany(t *testing.T) {
	for name, c := range repairables(6000) {
		raw := bytes.Clone(c.raw)
		lost, broken := 0, 0
		for k := 12; k < len(c.starts)-12; k += 12 {
			c.breaks(raw[c.starts[k]:])
			lost += c.starts[k+1] - c.starts[k]
			broken++
		}
		reads := &counting{r: bytes.NewReader(raw)}
		got, gaps := resynced(t, reads, 256<<10)
		sum, places := 0, 0
		for _, g := range gaps {
			sum += int(g.Bytes)
			places += 1 + g.More
		}
		if len(got.Records) != len(c.starts)-broken || got.Damage != "" || sum != lost || places != broken || len(gaps) != 256 {
			t.Errorf("%s: %d packets, %v, %d bytes in %d gaps (%d), want %d, %d in %d", name, len(got.Records), got.Err, sum, places, len(gaps),
				len(c.starts)-broken, lost, broken)
		}
		if limit := 8 + len(raw)/(64<<10); reads.calls > limit {
			t.Errorf("%s: %d reads for %d bytes, limit %d", name, reads.calls, len(raw), limit)
		}
	}
}

type counting struct {
	r     io.Reader
	calls int
}

func (c *counting) Read(b []byte) (int, error) { c.calls++; return c.r.Read(b) }

// TestResyncNothing: behind the damage stands nothing plausible, or what is nearly so
// at every place. The damage is what it was, the memory is the buffer, and the
// stream is read once.
func TestResyncNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	const behind = 2<<20 + 12345
	random := make([]byte, behind)
	r := rand.New(rand.NewPCG(5, 5))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	head := testcap.Pcap{}.Record(testcap.Packet{Time: 1_700_000_000_000_000_000, OrigLen: 100})
	var block testcap.NG
	block.Simple(testcap.Packet{OrigLen: 4})
	// One short of what is believed, again and again. With four bytes
	// between them the period of the blocks would be 52, which divides 1,040: blocks read as records of 1,024 bytes would
	// follow each other to the end, which is as plausible as records can be.
	sevens := func(one []byte, n int) []byte {
		return bytes.Repeat(append(bytes.Repeat(one, n), bytes.Repeat([]byte{0xff}, 7)...), behind/(n*len(one)+7))
	}
	for what, rest := range map[string][]byte{
		"random": random, "zeros": make([]byte, behind), "ones": bytes.Repeat([]byte{0xff}, behind),
		"records": sevens(head, 7), "blocks": sevens(block.Bytes(), 3),
	} {
		for name, c := range repairables(3) {
			if len(c.raw) == 0 || what == "records" && !strings.Contains(name, "BigEndian:false Nano:false Modified:false Version:[0 0]") {
				continue
			}
			raw := append(append(bytes.Clone(c.raw), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"...), rest...)
			raw = append(raw, make([]byte, 1<<20)...) // so that the end of the capture helps nobody
			stream := &counting{r: bytes.NewReader(raw)}
			var got result
			var gaps []capture.Gap
			used := allocated(func() { got, gaps = resynced(t, stream, 256<<10) })
			if got.Damage != "malformed" || got.Offset != int64(len(c.raw)) || len(gaps) != 0 || len(got.Records) != 3 {
				t.Errorf("%s, %s: %v, gaps %v", name, what, got.Err, gaps)
			}
			if used > 4<<20 || stream.calls > 8+len(raw)/(256<<10) {
				t.Errorf("%s, %s: %d bytes of memory, %d reads for %d bytes", name, what, used, stream.calls, len(raw))
			}
		}
	}
}

// TestResyncInterfaces: behind a gap nobody knows which interface has which
// number. What was described before counts, until the next section; where the
// section itself is lost nothing counts.
func TestResyncInterfaces(t *testing.T) {
	p := testcap.Packet{Time: 5e9, Data: []byte("some bytes, an even number of them..")}
	var f testcap.NG
	mark := func() int { return len(f.Bytes()) }
	section := func(first, second uint16) (at, ifc int) {
		at = mark()
		f.Section()
		f.Interface(testcap.Interface{LinkType: first})
		ifc = mark()
		f.Interface(testcap.Interface{LinkType: second})
		for range 6 {
			f.Enhanced(0, p)
			f.Enhanced(1, p)
		}
		return at, ifc
	}
	_, ifc := section(1, 101)
	second, _ := section(113, 114)
	third, _ := section(12, 14)
	links := func(raw []byte) (n map[uint16]int, gaps []capture.Gap) {
		got, gaps := resynced(t, bytes.NewReader(raw), 512)
		if got.Damage != "" {
			t.Errorf("%v", got.Err)
		}
		n = map[uint16]int{}
		for _, r := range got.Records {
			n[r.LinkType]++
		}
		return n, gaps
	}
	raw := bytes.Clone(f.Bytes())
	binary.LittleEndian.PutUint32(raw[ifc+4:], 3) // the second interface of the first section
	if n, gaps := links(raw); !reflect.DeepEqual(n, map[uint16]int{1: 6, 113: 6, 114: 6, 12: 6, 14: 6}) || len(gaps) != 7 {
		t.Errorf("a lost interface: %v, gaps %+v", n, gaps)
	}
	raw = bytes.Clone(f.Bytes())
	raw[second+8] ^= 1 // the byte-order magic
	if n, gaps := links(raw); !reflect.DeepEqual(n, map[uint16]int{1: 6, 101: 6, 12: 6, 14: 6}) ||
		len(gaps) != 1 || gaps[0].Offset != int64(second) || gaps[0].Offset+gaps[0].Bytes > int64(third) {
		t.Errorf("a lost section: %v, gaps %+v", n, gaps)
	}
}

// TestResyncTooLong: a block that claims more than is believed is passed over
// where it begins, and told as before where nothing follows.
func TestResyncTooLong(t *testing.T) {
	for name, c := range repairables(12) {
		if !strings.HasPrefix(name, "pcapng") {
			continue
		}
		raw := bytes.Clone(c.raw)
		copy(raw[c.starts[4]+4:], "\x7f\xff\xff\x7f")
		raw[c.starts[4]+4], raw[c.starts[4]+7] = 0x7c, 0x7c // a multiple of four in both orders
		got, gaps := resynced(t, bytes.NewReader(raw), 40)
		if got.Damage != "" || len(got.Records) != 11 || len(gaps) != 1 || !strings.Contains(gaps[0].Detail, "above the limit") {
			t.Errorf("%s: %d packets, %v, gaps %v", name, len(got.Records), got.Err, gaps)
		}
		cut := raw[:c.starts[5]]
		got, gaps = resynced(t, bytes.NewReader(cut), 40)
		if d := differ(got, twin.Packets(cut)); d != "" || got.Damage != "truncated" || gaps != nil {
			t.Errorf("%s cut: %s, gaps %v", name, d, gaps)
		}
	}
}

// TestResyncInside: a file of blocks that each claim to reach far over those behind
// them. What was read for one is not moved again for each: the stream is asked
// for few pieces.
func TestResyncInside(t *testing.T) {
	const claim, n = 4 << 20, 100_000
	var one, f testcap.NG
	for range 4 {
		one.Simple(testcap.Packet{Data: []byte("four")})
	}
	bad := make([]byte, 28) // an enhanced packet block whose packet does not fit
	binary.LittleEndian.PutUint32(bad, 6)
	binary.LittleEndian.PutUint32(bad[4:], claim)
	binary.LittleEndian.PutUint32(bad[20:], claim)
	f.Section()
	f.Interface(testcap.Interface{LinkType: 1})
	raw := append(bytes.Clone(f.Bytes()), bytes.Repeat(append(bad, one.Bytes()...), n)...)
	stream := &counting{r: bytes.NewReader(raw)}
	var got result
	var gaps []capture.Gap
	used := allocated(func() { got, gaps = resynced(t, stream, 256<<10) })
	// Near the end a claim runs past it: truncated, as without.
	if len(got.Records) < n || got.Damage != "truncated" || len(gaps) != 256 {
		t.Errorf("%d packets, %v, %d gaps", len(got.Records), got.Err, len(gaps))
	}
	if stream.calls > 40 {
		t.Errorf("%d reads for %d bytes", stream.calls, len(raw))
	}
	if used > 20<<20+600*uint64(len(got.Records)) { // what the test keeps of a packet
		t.Errorf("%d bytes of memory", used)
	}
}

func TestGapString(t *testing.T) {
	g := capture.Gap{Offset: 5, Bytes: 7, Packet: 3, Detail: "why"}
	if got, want := g.String(), "7 bytes passed over at byte 5, before packet 3: why"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	g.More = 2
	if got, want := g.String(), "7 bytes passed over at byte 5, before packet 3: why (and at 2 places behind it)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzResync: any file gives with Resync at least the packets that it gives
// without, the same however it is read, and what drain and resynced check.
func FuzzResync(f *testing.F) {
	for _, c := range repairables(20) {
		raw := bytes.Clone(c.raw)
		c.breaks(raw[c.starts[3]:])
		c.breaks(raw[c.starts[9]:])
		f.Add(raw)
	}
	f.Add(ngFile())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<16 || !plain(raw) {
			return
		}
		before := readAllLen(t, bytes.NewReader(raw), 4096)
		got, gaps := resynced(t, bytes.NewReader(raw), 4096)
		if before.NotCapture != got.NotCapture || len(got.Records) < len(before.Records) || before.Damage == "" && (gaps != nil || got.Damage != "") {
			t.Fatalf("with %d packets, gaps %v, %v; without %d, %v", len(got.Records), gaps, got.Err, len(before.Records), before.Err)
		}
		if d := differ(result{Records: got.Records[:len(before.Records)]}, twin.File{Records: before.Records}); d != "" {
			t.Fatal(d)
		}
		halves, g := resynced(t, iotest.HalfReader(bytes.NewReader(raw)), 40)
		if d := differ(halves, twin.File{NotCapture: got.NotCapture, Records: got.Records, Damage: got.Damage, DamageOffset: got.Offset}); d != "" || !reflect.DeepEqual(g, gaps) {
			t.Fatalf("read in halves: %s, gaps %v, want %v", d, g, gaps)
		}
	})
}
