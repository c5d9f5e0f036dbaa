package mill_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// TestNoAddressGetsOut looks for every address of the input in every byte of the output, for every link type and every mask
// but keep. testcap makes addresses of bytes that it puts nowhere else.
func TestNoAddressGetsOut(t *testing.T) {
	hide := []mask.Action{mask.Zero, mask.Anonymize, mask.Remove}
	for _, link := range testcap.LinkTypes() {
		t.Run(fmt.Sprint(link), func(t *testing.T) {
			r := random(uint64(link))
			for round := range 9 {
				traffic := testcap.Random(r, testcap.Options{LinkTypes: []uint16{link}, Sessions: 12})
				raw, _ := traffic.Capture(r)
				c := randomChoice(r)
				c.mask.MAC, c.mask.IP = hide[round%3], hide[round/3]
				c.shape = sample.Shape{Rows: 32, Cols: 64}
				if c.mask.Checksums == mask.Keep && c.mask.Ports == mask.Keep {
					c.mask.Checksums = mask.Zero // two ports and a checksum can form an address by chance
				}
				out := t.TempDir()
				convert(t, write(t, t.TempDir(), []file{{"class0.cap", 0, raw}}), out, c.options())
				if found := leaks(tree(t, out), traffic); found != nil {
					t.Fatalf("%v: %s", c, strings.Join(found, "\n"))
				}
			}
		})
	}
}

// TestKeptAddressIsFound is the control: the search finds what is there.
func TestKeptAddressIsFound(t *testing.T) {
	r := random(3)
	traffic := testcap.Random(r, testcap.Options{LinkTypes: []uint16{testcap.Ethernet}, Sessions: 5, Clean: true})
	c := defaultChoice()
	c.mask.MAC, c.mask.IP, c.drop = mask.Keep, mask.Keep, header.DropNone
	raw, _ := traffic.Capture(r)
	out := t.TempDir()
	convert(t, write(t, t.TempDir(), []file{{"class0.cap", 0, raw}}), out, c.options())
	if n := len(leaks(tree(t, out), traffic)); n < 10 { // two MACs or more in each of five sessions
		t.Fatalf("%d addresses found, need 10", n)
	}
}

// leaks searches for addresses in network and in the other byte order, and as text.
func leaks(files map[string]string, traffic *testcap.Traffic) (found []string) {
	var needles [][]byte
	binary := func(b []byte) {
		turned := slices.Clone(b)
		slices.Reverse(turned)
		needles = append(needles, b, turned)
	}
	for _, a := range traffic.Addrs {
		binary(a.AsSlice())
		needles = append(needles, []byte(a.String()), []byte(a.StringExpanded()), fmt.Appendf(nil, "%x", a.AsSlice()))
	}
	for _, m := range traffic.MACs {
		binary(m[:])
		needles = append(needles, []byte(net.HardwareAddr(m[:]).String()), fmt.Appendf(nil, "%x", m))
	}
	for name, text := range files {
		text := []byte(text)
		for _, n := range needles {
			if bytes.Contains(text, n) {
				found = append(found, fmt.Sprintf("%x (%q) is in %s", n, n, name))
			}
		}
	}
	return found
}

// TestHowItIsComputedChangesNothing: the bytes depend neither on the number of workers, nor on how captures are cut into
// blocks, nor on the memory; and they are those of the slow twin, which reads each capture in one loop.
func TestHowItIsComputedChangesNothing(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		seed := draw.Seed().Draw(rt, "seed")
		if seed%uint64(full.Of(4, 2, 1)) != 0 {
			return // part of the draws
		}
		r := random(seed)
		dir, remove := tempDir(t)
		defer remove()
		o := randomChoice(r).options()
		files := randomFiles(r, 2+r.IntN(5), testcap.Options{Mixed: true, Sessions: 6})
		for i := 1; i < len(files); i++ { // one stays whole, so that there is a dataset
			switch n := len(files[i].raw); r.IntN(6) {
			case 0:
				files[i].raw = files[i].raw[:30+r.IntN(n)%max(n-30, 1)]
			case 1:
				files[i].raw = append([]byte(nil), files[i].raw...)
				files[i].raw[24+r.IntN(n)%max(n-24, 1)] ^= 1 << r.IntN(8)
			}
		}
		paths := write(rt, dir, files)
		convert(rt, paths, filepath.Join(dir, "serial"), mill.Serial(o))
		want := dataset(rt, filepath.Join(dir, "serial"))
		convert(rt, paths, filepath.Join(dir, "spilled"), mill.Serial(mill.Tight(o, 1)))
		same(rt, "one loop, spilled", dataset(rt, filepath.Join(dir, "spilled")), want)
		for i, workers := range []int{1, 2, 7} {
			o.Workers, o.BlockLength = workers, []int{0, 64 + 4*r.IntN(30), 4 * (100 + r.IntN(3000))}[(i+r.IntN(3))%3]
			out := filepath.Join(dir, fmt.Sprint("out", workers))
			tight := []int64{0, 1, 100_000}[r.IntN(3)]
			convert(rt, paths, out, mill.Tight(o, tight))
			same(rt, fmt.Sprintf("%d workers, blocks of %d bytes, budget of %d bytes", workers, o.BlockLength, tight), dataset(rt, out), want)
		}
	})
}

// TestStoredInParts: a capture that is stored in parts by several goroutines, at places or appended, gives the bytes of one that
// is stored by one; its duplicates and conflicts are those of the order of the sessions.
func TestStoredInParts(t *testing.T) {
	duplicates, conflicts := int64(0), int64(0)
	stored := func(rt tester, seed uint64) {
		r := random(seed)
		dir, remove := tempDir(t)
		defer remove()
		o := randomChoice(r).options()
		paths := write(rt, dir, randomFiles(r, 2+r.IntN(3), testcap.Options{Mixed: true, Sessions: 10 + r.IntN(60)}))
		o.Workers = 1
		convert(rt, paths, filepath.Join(dir, "one"), o)
		want := dataset(rt, filepath.Join(dir, "one"))
		for _, workers := range []int{1, 2, 7} {
			o.Workers = workers
			units, out, inPlace := 1+r.IntN(9), filepath.Join(dir, fmt.Sprint("out", workers)), r.IntN(3) > 0
			p, err := mill.Prepare(paths, out, mill.Parts(o, units))
			if err != nil {
				rt.Fatal(err)
			}
			made, err := mill.RunEager(context.Background(), p, store.Backend{InPlace: inPlace})
			if err != nil {
				rt.Fatal(err)
			}
			duplicates, conflicts = duplicates+made.Added.Duplicates, conflicts+made.Added.Conflicts
			same(rt, fmt.Sprintf("%d workers, parts of %d units, in place %v", workers, units, inPlace), dataset(rt, out), want)
		}
	}
	draw.Check(t, func(rt *rapid.T) {
		if seed := draw.Seed().Draw(rt, "seed"); seed%uint64(full.Of(4, 2, 1)) == 0 { // part of the draws
			stored(rt, seed)
		}
	})
	for seed := uint64(0); !testing.Short() && (duplicates == 0 || conflicts == 0); seed++ { // what the draws did not have, these do
		if seed == 100 {
			t.Fatalf("%d duplicates and %d conflicts: the test means to have some", duplicates, conflicts)
		}
		stored(t, seed)
	}
}

// TestTwoRunsAreOne: a run over A, then one over B, give what one run over A and B gives, and the dataset keeps its promises.
func TestTwoRunsAreOne(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		seed := draw.Seed().Draw(rt, "seed")
		if seed%uint64(full.Of(4, 2, 1)) != 0 {
			return // part of the draws
		}
		r := random(seed)
		dir, remove := tempDir(t)
		defer remove()
		o := randomChoice(r).options()
		paths := write(rt, dir, randomFiles(r, 2+r.IntN(5), testcap.Options{Sessions: 6}))
		cut := 1 + r.IntN(len(paths)-1)

		one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
		convert(rt, paths, one, o)
		convert(rt, paths[:cut], two, o)
		convert(rt, paths[cut:], two, o)
		same(rt, "two runs", dataset(rt, two), dataset(rt, one))
		if r.IntN(4) == 0 {
			convert(rt, paths, two, o) // nothing new
			same(rt, "a third run", dataset(rt, two), dataset(rt, one))
		}
		if _, err := verify.Verify(two); err != nil {
			rt.Fatalf("verify: %v", err)
		}
	})
}

// TestRepeatedCapture: content that is there under the same label is skipped, whatever its name and compression, within a run
// and across runs; under another label it is not.
func TestRepeatedCapture(t *testing.T) {
	r := random(5)
	plain := testcap.Pcap{LinkType: testcap.Ethernet}.File(testcap.Random(r, testcap.Options{LinkTypes: []uint16{testcap.Ethernet}}).Packets...)
	files := []file{{"a_class1.pcap", 1, plain}, {"b_class1.pcap", 1, plain}, {"c_class2.pcap", 2, plain}}
	for _, z := range testcap.Compressions() {
		files = append(files, file{"d_class1.pcap." + z.Name, 1, z.Wrap(plain)})
	}
	paths := write(t, t.TempDir(), files)
	for _, mode := range []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone} {
		c := defaultChoice()
		c.dedup = mode
		out := t.TempDir()
		first := convert(t, paths, out, c.options())
		again := convert(t, paths[3:], out, c.options())
		for i, o := range append(first.Outcomes, again.Outcomes...) {
			if want := i != 0 && i != 2; o.Known != want || o.Err != nil {
				t.Errorf("dedup %s: %s: known %t, want %t; %v", mode, o.Input.Name, o.Known, want, o.Err)
			}
		}
		m := again.Manifest
		if len(m.Captures) != 2 || m.Captures[0].Name != "a_class1.pcap" || m.Captures[1].Conflicts != m.Captures[1].Samples || m.Samples == 0 {
			t.Errorf("dedup %s: captures %+v", mode, m.Captures)
		}
	}
}

// TestSessionDedupAcrossRuns: two sessions that differ only behind the sample's end are duplicates by sample and not by
// session, also when the first stands in the dataset of an earlier run, of which only the table is left.
func TestSessionDedupAcrossRuns(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 900)
	other := append(bytes.Clone(long[:899]), 8)
	one := func(name string, port uint16, payload []byte) file {
		return file{name, 1, testcap.Pcap{LinkType: testcap.Raw}.File(testcap.Packet{LinkType: testcap.Raw, Data: testcap.Build(
			testcap.IPv4{Src: addr(1), Dst: addr(2)}, testcap.TCP{SrcPort: port, DstPort: 443}, testcap.Payload(payload))})}
	}
	paths := write(t, t.TempDir(), []file{one("a_class1", 1000, long), one("b_class1", 1001, long), one("c_class1", 1002, other), one("d_class1", 1003, other)})
	for mode, want := range map[sample.Dedup]int64{sample.DedupSample: 1, sample.DedupSession: 2, sample.DedupNone: 4} {
		c := defaultChoice()
		c.dedup = mode
		out := t.TempDir()
		var last *mill.Result
		for _, p := range paths {
			last = convert(t, []string{p}, out, c.options())
		}
		if last.Manifest.Samples != want {
			t.Errorf("dedup %s: %d samples, want %d", mode, last.Manifest.Samples, want)
		}
		if _, err := verify.Verify(out); err != nil {
			t.Errorf("dedup %s: %v", mode, err)
		}
	}
}
