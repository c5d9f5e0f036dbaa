package mill_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
)

var hostileBatches = flag.Int("hostile", 2, "datasets of 60 changed captures each that TestHostile makes")

// TestHostile makes datasets of changed copies of the malformed and odd captures
// there are and compares files, counts, reasons, damage and its place with the twin's:
// any option, any block length, one worker or several.
//
//	go test ./mill -run TestHostile -hostile 200
func TestHostile(t *testing.T) {
	dir, rows := shared(t)
	r := random(uint64(*hostileBatches))
	var small [][]byte
	for _, row := range rows {
		if !strings.HasPrefix(row.Path, "malformed/") && !strings.HasPrefix(row.Path, "links/") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(row.Path)))
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) < 32<<10 && !bytes.HasPrefix(raw, []byte("\x1f\x8b")) { // decoders give what they like before a break
			small = append(small, raw)
		}
	}
	if len(small) < 300 {
		t.Fatalf("only %d captures", len(small))
	}
	samples := 0
	for batch := range *hostileBatches {
		var files []file
		for i := range 60 {
			raw := small[r.IntN(len(small))]
			changed, _ := testcap.Mutate(r, raw, testcap.Fields(raw))
			f := file{name: fmt.Sprintf("%d_class%d.cap", i, r.IntN(4)), raw: changed}
			f.label = uint16(f.name[len(f.name)-5] - '0')
			files = append(files, f)
		}
		out, remove := tempDir(t)
		samples += compareFiles(t, out, randomChoice(r), files, []int{0, 64 + 4*r.IntN(20), 64 + 4*r.IntN(2000)}[batch%3], 1+r.IntN(3))
		remove()
	}
	t.Logf("%d datasets of 60 captures, %d samples", *hostileBatches, samples)
	if samples < *hostileBatches*20 {
		t.Errorf("only %d samples", samples)
	}
}

// TestResync: what is passed over stands in the manifest, the capture counts as
// damaged, and what was read around the gaps is what a capture without the broken records
// gives. Neither workers nor block length change a byte.
func TestResync(t *testing.T) {
	packets := testcap.Random(random(4), testcap.Options{Sessions: 60, LinkTypes: []uint16{testcap.Ethernet}}).Packets
	whole, broken := testcap.Pcap{LinkType: 1}.Header(), testcap.Pcap{LinkType: 1}.Header()
	var want []manifest.Gap
	for i, p := range packets {
		record := testcap.Pcap{}.Record(p)
		if i%40 == 20 && i < len(packets)-10 {
			want = append(want, manifest.Gap{Offset: int64(len(broken)), Bytes: int64(len(record)), Packet: uint64(i - len(want) + 1)})
			broken = append(broken, record[:8]...)
			broken = append(broken, "\xff\xff\xff\xff\xff\xff\xff\xff"...)
			broken = append(broken, record[16:]...)
			continue
		}
		whole, broken = append(whole, record...), append(broken, record...)
	}
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"broken": broken, "whole": whole})
	var seen []byte
	for i, workers := range []int{1, 3} {
		o := mill.Default()
		o.Resync, o.Workers, o.BlockLength = true, workers, []int{0, 128}[i]
		p, err := mill.Prepare([]string{filepath.Join(dir, "broken")}, filepath.Join(dir, fmt.Sprint("out", i)), o)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, p)
		c := r.Manifest.Captures[0]
		got := slices.Clone(c.Gaps)
		for i := range got {
			if !strings.Contains(got[i].Detail, "captured length 4294967295") {
				t.Errorf("gap %d: %s", i, got[i].Detail)
			}
			got[i].Detail = ""
		}
		if !reflect.DeepEqual(got, want) || c.Damage != nil || !r.Damaged() || !r.Manifest.Settings.On("resync") {
			t.Errorf("gaps %+v, want %+v; %+v", got, want, c.Damage)
		}
		if err := r.Manifest.Check(); err != nil {
			t.Error(err)
		}
		text := r.Outcomes[0].Damage.Error()
		if strings.Count(text, "\n") != 3 || !strings.Contains(text, fmt.Sprintf("at %d places more", len(want)-3)) {
			t.Errorf("the outcome says %s", text)
		}
		images, err := os.ReadFile(filepath.Join(p.Out, "session_output.idx3"))
		if err != nil {
			t.Fatal(err)
		}
		o.Resync = false
		q, err := mill.Prepare([]string{filepath.Join(dir, "whole")}, filepath.Join(dir, fmt.Sprint("whole", i)), o)
		if err != nil {
			t.Fatal(err)
		}
		run(t, q)
		if seen, err = os.ReadFile(filepath.Join(q.Out, "session_output.idx3")); err != nil || !bytes.Equal(images, seen) || len(images) < 10*784 {
			t.Errorf("%d workers: %d bytes of images, without the broken records %d (%v)", workers, len(images), len(seen), err)
		}
	}
}

// TestGapsErrorWrapsDamage: a capture with gaps that also ends early says both.
func TestGapsErrorWrapsDamage(t *testing.T) {
	d := &capture.Damage{Path: "a", Packet: 9, Offset: 99, Kind: capture.ErrTruncated, Detail: "cut"}
	x := &mill.Extraction{Damage: d}
	if x.Harm("a") != error(d) {
		t.Error("damage alone is something else")
	}
	x.Gaps = []capture.Gap{{Offset: 5, Bytes: 6, Packet: 7, Detail: "why", More: 2}}
	err := x.Harm("a")
	if want := "a: 6 bytes passed over at byte 5, before packet 7: why (and at 2 places behind it)\na: packet 9 at byte 99: truncated: cut"; err.Error() != want {
		t.Errorf("%s, want %s", err, want)
	}
	if (&mill.Extraction{}).Harm("a") != nil {
		t.Error("a whole capture has been harmed")
	}
}

// TestExpansion: a bomb ends at the same place whoever reads it, and its entry in
// the manifest says why; with a limit that lets it pass it is whole.
func TestExpansion(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	record := testcap.Pcap{}.Record(testcap.Packet{Data: make([]byte, 65000)})
	raw := testcap.Gzip(append(tiny(1), bytes.Repeat(record, 1200)...)) // 74 MiB
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"bomb": raw})
	var first string
	for _, c := range []struct{ workers, block, limit int }{{1, 0, 40}, {2, 0, 40}, {2, 3 << 20, 40}, {2, 0, 5000}, {1, 0, 0}} {
		o := mill.Default()
		o.Workers, o.BlockLength, o.MaxExpansion = c.workers, c.block, c.limit
		x, err := mill.Extract(t.Context(), filepath.Join(dir, "bomb"), o)
		if err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprint(x.Packets, x.Harm("bomb"))
		switch {
		case c.limit != 40:
			if x.Damage != nil || x.Packets != 1201 {
				t.Errorf("%+v: %s", c, what)
			}
		case first == "":
			first = what
			if x.Damage == nil || !strings.Contains(x.Damage.Detail, "--max-expansion") || strings.Contains(x.Damage.Detail, dir) {
				t.Errorf("%+v: %s", c, what)
			}
		case what != first:
			t.Errorf("%+v: %s, want %s", c, what, first)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// FuzzExtract reads any file in blocks of any length with two workers, and in one
// loop: packets by reason, sessions and their samples, damage and digest are the same.
func FuzzExtract(f *testing.F) {
	for seed := range uint64(12) {
		r := random(seed)
		raw, _ := testcap.Random(r, testcap.Options{Mixed: seed%2 == 0, Flips: seed%3 == 0, Sessions: 4}).Capture(r)
		f.Add(raw, uint8(seed), seed%4 == 3)
	}
	f.Fuzz(func(t *testing.T, raw []byte, block uint8, resync bool) {
		if len(raw) > 1<<15 {
			return
		}
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
		o := mill.Default()
		o.Workers, o.BlockLength, o.Resync = 2, 64+4*int(block), resync
		if got, want := extracted(t, path, o), extracted(t, path, mill.Serial(o)); got != want {
			t.Fatalf("in blocks of %d:\n%s\nin one loop:\n%s", o.BlockLength, got, want)
		}
	})
}

// extracted is everything that Extract says, as text.
func extracted(t *testing.T, path string, o mill.Options) string {
	t.Helper()
	x, err := mill.Extract(t.Context(), path, o)
	if err != nil {
		return err.Error()
	}
	defer x.Close()
	var b strings.Builder
	fmt.Fprintln(&b, x.Format, x.LinkTypes, x.Digest, x.Size, x.Packets, x.Reasons, x.Unknown, x.Harm("x"))
	if x.Packets > 0 {
		fmt.Fprintln(&b, x.First, x.Last)
	}
	err = x.Each(func(i int, s *session.Session) error {
		fmt.Fprintf(&b, "%d %v %d %+v\n", i, s.Key, s.Gen, s.Partial) // digests are made here or by who reads the list
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
