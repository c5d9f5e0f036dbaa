package capture_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

var (
	hostileRounds = flag.Int("hostile", 2, "changed copies of each capture that TestHostile tries")
	hostileStep   = flag.Int("step", 97, "TestHostileCut cuts at every step-th length up to 4 KiB; 1 is all")
)

// corpus is every capture of shared/captures/malformed and links, and one of our
// own in every dialect.
func corpus(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for name, c := range repairables(12) {
		all["own "+name] = c.raw
	}
	all["own blocks"] = ngFile()
	dir, err := groundtruth.Shared()
	if err != nil {
		t.Logf("without the shared captures: %v", err)
		return all
	}
	for _, part := range []string{"malformed", "links"} {
		err := filepath.WalkDir(filepath.Join(dir, "captures", part), func(p string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(p)
			all[p] = raw
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// hostile holds a Reader to its promises on any input: no panic; memory within a
// fixed bound; each byte of the stream read once, in pieces not much smaller than
// the buffer; every packet, the damage and its place as the twin has them; and
// every packet decoded as the twin decodes it. With Resync the same promises,
// and the same packets up to the first gap.
type hostile struct {
	packets, damaged, gaps int
	bytes                  int64
	counter                []metrics.Sample
}

// fixed is the memory in bytes that reading a capture of less than a MiB may take,
// all that is given back included: the buffer, grown to the largest record or, with
// Resync, to 1 MiB. With gzip, where there is the decoder's too, it is twice that.
const fixed = 4 << 20

func (h *hostile) allocated() uint64 {
	if h.counter == nil {
		h.counter = []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	}
	metrics.Read(h.counter)
	return h.counter[0].Value.Uint64()
}

func (h *hostile) check(raw []byte, decode bool) string {
	h.bytes += int64(len(raw))
	exact := plain(raw)
	var want twin.File
	if exact {
		want = twin.Packets(raw)
	}
	if d := h.read(raw, want, exact, false, false); d != "" {
		return d
	}
	if d := h.read(raw, want, exact, true, false); d != "" {
		return "with resync: " + d
	}
	if decode { // on its own, because the twin takes memory
		return h.read(raw, want, exact, false, true)
	}
	return ""
}

func (h *hostile) read(raw []byte, want twin.File, exact, resync, decode bool) string {
	stream := &counting{r: bytes.NewReader(raw)}
	limit := uint64(fixed)
	if !exact {
		limit *= 2
	}
	before := h.allocated()
	r, err := capture.NewReaderLen(stream, "x", 4096)
	if err != nil {
		if exact && !want.NotCapture {
			return fmt.Sprintf("%v, but the twin reads it", err)
		}
		return ""
	}
	if exact && want.NotCapture {
		return "it is read, but the twin says it is no capture"
	}
	defer r.Close()
	if resync {
		r.Resync()
	}
	var p capture.Packet
	n := 0
	for ; ; n++ {
		if err = r.Next(&p); err != nil {
			break
		}
		if exact && len(r.Gaps()) == 0 {
			if n >= len(want.Records) {
				return fmt.Sprintf("packet %d at %d, but the twin has %d", n+1, p.At.Offset, len(want.Records))
			}
			w := want.Records[n]
			if p.Time != w.Time || uint16(p.LinkType) != w.LinkType || p.OrigLen != w.OrigLen || p.At.Offset != w.Offset || !bytes.Equal(p.Data, w.Data) {
				return fmt.Sprintf("packet %d: %+v, the twin says %+v", n+1, p, w)
			}
		}
		if decode {
			if d := decoded(&p); d != "" {
				return fmt.Sprintf("packet %d: %s", n+1, d)
			}
		}
	}
	if used := h.allocated() - before; !decode && used > limit {
		return fmt.Sprintf("%d bytes of memory", used)
	}
	if limit := 32 + len(raw)/256; stream.calls > limit {
		return fmt.Sprintf("%d reads for %d bytes", stream.calls, len(raw))
	}
	if n > len(raw)/12 && exact {
		return fmt.Sprintf("%d packets from %d bytes", n, len(raw))
	}
	h.packets += n
	h.gaps += len(r.Gaps())
	return h.end(r, err, n, want, exact, resync)
}

// end compares how reading ended.
func (h *hostile) end(r *capture.Reader, err error, n int, want twin.File, exact, resync bool) string {
	d, _ := err.(*capture.Damage)
	if d == nil && err != io.EOF {
		return fmt.Sprintf("error %v of type %T", err, err)
	}
	kind, offset := "", int64(0)
	if d != nil {
		h.damaged++
		kind, offset = d.Kind.Error(), d.Offset
		if d.Packet != uint64(n+1) || d.Detail == "" || d.Hint() == "" {
			return fmt.Sprintf("damage %+v after %d packets", d, n)
		}
	}
	if resync && (want.Damage == "malformed" || strings.Contains(fmt.Sprint(r.Gaps(), err), "above the limit")) {
		return "" // what is found behind is not the twin's
	}
	if exact && (n != len(want.Records) || kind != want.Damage || offset != want.DamageOffset) {
		return fmt.Sprintf("%d packets, then %v; the twin says %d, %q at %d", n, err, len(want.Records), want.Damage, want.DamageOffset)
	}
	return ""
}

// decoded compares where the headers of a packet are with what the twin says.
func decoded(p *capture.Packet) string {
	var s header.Stack
	header.Decode(p.LinkType, p.Data, p.OrigLen, &s)
	want := twin.Decode(uint16(p.LinkType), p.Data, int(p.OrigLen))
	reason := s.Reason.String()
	if s.Reason == header.OK {
		reason = ""
	}
	if reason != want.Reason || reason == "" && (s.Network != want.IP || s.Transport != want.Transport || s.Payload != want.Payload ||
		s.End != want.End || s.Payload+s.PayloadLen != want.AnnEnd || s.SrcPort != want.SrcPort || s.DstPort != want.DstPort) {
		return fmt.Sprintf("%+v, the twin says %+v", s, want)
	}
	return ""
}

// TestHostile tries changed copies of every capture: fields at the edges of what
// they may be, bytes flipped, parts removed, repeated and put in.
//
//	go test ./capture -run 'TestHostile$' -hostile 500
func TestHostile(t *testing.T) {
	h := &hostile{}
	tried := 0
	for name, raw := range corpus(t) {
		r := rand.New(rand.NewPCG(uint64(len(raw)), uint64(*hostileRounds)))
		fields := testcap.Fields(raw)
		for round := range *hostileRounds + 1 {
			changed, what := raw, "as it is"
			if round > 0 {
				changed, what = testcap.Mutate(r, raw, fields)
			}
			tried++
			if d := h.check(changed, true); d != "" {
				t.Errorf("%s, %s: %s", name, what, d)
				keep(t, changed)
			}
		}
	}
	t.Logf("%d captures, %d bytes, %d packets, %d times damaged, %d gaps", tried, h.bytes, h.packets, h.damaged, h.gaps)
	if h.damaged < tried/20 || h.packets < tried {
		t.Errorf("of %d captures %d were damaged: the changes do not change enough", tried, h.damaged)
	}
}

// TestHostileCut cuts every capture at lengths up to 4 KiB, and at some beyond.
//
//	go test ./capture -run TestHostileCut -step 1
func TestHostileCut(t *testing.T) {
	h := &hostile{}
	tried := 0
	for name, raw := range corpus(t) {
		r := rand.New(rand.NewPCG(uint64(len(raw)), 7))
		try := func(n int) {
			tried++
			if d := h.check(raw[:n], false); d != "" {
				t.Errorf("%s, cut at %d: %s", name, n, d)
			}
		}
		for n := len(raw) % *hostileStep; n <= min(len(raw), 4096); n += *hostileStep {
			try(n)
		}
		for range min(len(raw)/4096, 400 / *hostileStep) {
			try(4096 + r.IntN(len(raw)-4096))
		}
	}
	t.Logf("%d captures, %d bytes, %d packets, %d times damaged, %d gaps", tried, h.bytes, h.packets, h.damaged, h.gaps)
	if h.damaged < tried/3 {
		t.Errorf("of %d captures %d were damaged", tried, h.damaged)
	}
}

// keep writes a capture that was read wrongly where it can be looked at.
func keep(t *testing.T, raw []byte) {
	t.Helper()
	f, err := os.CreateTemp("", "hostile-*.cap")
	if err != nil {
		t.Log(err)
		return
	}
	defer f.Close()
	if _, err := f.Write(raw); err != nil {
		t.Log(err)
	}
	t.Logf("kept as %s", f.Name())
}
