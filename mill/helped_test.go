package mill_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
)

// TestHelpedArchive: a compressed tar archive that several workers decode gives the dataset of
// one that one worker reads: whole, cut, damaged, in any order of the members, in any compression.
func TestHelpedArchive(t *testing.T) {
	raw, few := half(4000), half(400)
	of := func(raw []byte) []byte {
		return testcap.Tar(testcap.Member{Name: "b.pcap", Data: raw}, testcap.Member{Name: "a.pcap", Data: tiny(1)},
			testcap.Member{Name: "c.pcap", Data: raw[:len(raw)*2/3]}, testcap.Member{Name: "c/d.pcap", Data: tiny(2)})
	}
	z := zipped(t, of(raw), flate.BestSpeed)
	broken := bytes.Clone(z)
	broken[len(z)*2/3] ^= 0x55
	for name, b := range map[string][]byte{
		"gzip": z, "cut": z[:len(z)/2], "broken": broken, "bzip2": bzipped(of(few)), "xz": xzipped(of(few)),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			lay(t, dir, map[string][]byte{"in": b})
			o := defaultChoice().options()
			convertOf := func(o mill.Options, out string) (map[string]string, map[string]error) {
				p, err := mill.Prepare([]string{filepath.Join(dir, "in")}, filepath.Join(dir, out), o)
				if err != nil {
					t.Fatal(err)
				}
				r := run(t, p)
				return dataset(t, p.Out), outcomes(r)
			}
			o.Workers = 1
			want, harm := convertOf(o, "1")
			for _, workers := range full.Some([]int{3, 2, 7}, 2) {
				o.Workers = workers
				what := fmt.Sprint(workers, " workers")
				have, now := convertOf(mill.Divided(o, 1), fmt.Sprint(workers))
				same(t, what, have, want)
				if a, b := fmt.Sprint(now), fmt.Sprint(harm); a != b {
					t.Errorf("%s: %s\nwant %s", what, a, b)
				}
			}
		})
	}
}

// TestArchiveMemory: what those take who decode an archive is at most half of the memory for captures, counted
// for each member that is read, and given back as soon as it has been read.
func TestArchiveMemory(t *testing.T) {
	const worker = 24 << 20
	o := defaultChoice().options()
	o.Workers, o.Memory = 2, 1<<30
	most := mill.CaptureMemory(o)
	tight := o
	tight.Memory = mill.MinMemory
	for _, c := range []struct {
		name   string
		o      mill.Options
		kind   string
		size   int64
		window int64
		asked  []int64
		n      int
		got    []bool
		lent   int64
	}{
		{"large", o, "tar", 8 << 20, 0, nil, 2, nil, 0},
		{"small", o, "tar", 8<<20 - 1, 0, nil, 0, nil, 0},
		{"7z", o, "7z", 8 << 20, 0, nil, 0, nil, 0},
		{"least memory", tight, "tar", 8 << 20, 0, nil, 0, nil, 0},
		{"window", o, "tar", 8 << 20, most - 3*worker/2, nil, 0, nil, 0},
		{"more", o, "tar", 8 << 20, 1 << 20, []int64{5, 3, most / 2, 7}, 2, []bool{true, true, false, true}, 7},
		{"beside the window", o, "tar", 8 << 20, most - 2*worker - 5, []int64{5, 6}, 2, []bool{true, false}, 5},
	} {
		n, aside, got, held := mill.HelpedArchive(c.o, c.kind, c.size, c.window, c.asked)
		all := aside + c.lent + c.window
		if n != c.n || aside != int64(n)*worker || !slices.Equal(got, c.got) || held != [3]int64{all, all, c.window} {
			t.Errorf("%s: %d workers, %d aside, %v, held %d; want %d, %v, %d", c.name, n, aside, got, held, c.n, c.got, all)
		}
	}
}
