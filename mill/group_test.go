package mill_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/verify"
)

// pieces deals the packets of random traffic out to captures: one behind the other, one beside the other, or anyhow; in order,
// or not; with many equal times.
func pieces(r *rand.Rand) (files []file) {
	traffic := testcap.Random(r, testcap.Options{Sessions: 1 + r.IntN(12), Packets: 12}).Packets
	step := []int64{0, 1, 30_000_000}[r.IntN(3)] // ns
	at := int64(1_000_000_000_000)
	parts := make([][]testcap.Packet, 1+r.IntN(5))
	how := r.IntN(3)
	for i, p := range traffic {
		at += r.Int64N(step + 1)
		p.Time = at / 1000 * 1000 // a file may have microseconds
		k := r.IntN(len(parts))
		if how == 0 {
			k = i * len(parts) / len(traffic)
		}
		parts[k] = append(parts[k], p)
	}
	for i, part := range parts {
		if how == 2 {
			r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		}
		f := file{name: fmt.Sprintf("%d_class%d.cap", i, r.IntN(4))}
		f.label = uint16(f.name[len(f.name)-5] - '0')
		f.raw = testcap.NGFile(r.IntN(2) == 0, part...)
		files = append(files, f)
	}
	if r.IntN(5) == 0 { // the same content twice
		f := files[r.IntN(len(files))]
		f.name = "again_" + f.name
		files = append(files, f)
	}
	return files
}

// TestGroupsAgainstTwin compares groups of captures, cut anywhere, with the twin, which sorts all packets in memory.
func TestGroupsAgainstTwin(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		r := random(draw.Seed().Draw(rt, "seed"))
		c := randomChoice(r)
		c.group = true
		dir, remove := tempDir(t)
		defer remove()
		compareFiles(rt, dir, c, pieces(r), 0, []int{1, 2, 7}[r.IntN(3)])
	})
}

// TestGroupsSpill compares runs that put tables, packets and sessions on disk with those that need not, for any number of workers.
func TestGroupsSpill(t *testing.T) {
	r := random(5)
	for i := range 6 {
		dir := t.TempDir()
		var files []file
		for k := range 4 {
			traffic := testcap.Random(r, testcap.Options{Sessions: 300, Packets: 12, Payload: 900}).Packets
			for n := range traffic {
				traffic[n].Time = int64(1e15) + int64(k%2)*1_000_000 + int64(n/3)*1_000_000
			}
			files = append(files, file{name: fmt.Sprintf("t_%d.cap", k), raw: testcap.NGFile(false, traffic...)})
		}
		paths := write(t, dir, files)
		c := defaultChoice()
		c.group = true
		if i%2 == 1 {
			c.breaks = session.Breaks{Of: session.Flows, MaxPackets: 2}
		}
		if i%3 == 2 {
			c.form = "matrix:packets=3"
		}
		o := c.options()
		convert(t, paths, filepath.Join(dir, "whole"), o)
		o.SmallTables(1 << 15)
		o.Workers = []int{1, 2, 7}[i%3]
		convert(t, paths, filepath.Join(dir, "spilled"), o)
		same(t, "a run that spills", dataset(t, filepath.Join(dir, "spilled")), dataset(t, filepath.Join(dir, "whole")))
	}
}

// TestCutCaptures: captures that a recorder rotated give exactly the samples of one that it did not.
func TestCutCaptures(t *testing.T) {
	for _, breaks := range []session.Breaks{{}, {Idle: 1e9}, {Active: 2e9}, {Of: session.Packets}, {Of: session.Flows, MaxPackets: 3, Window: 5e8}} {
		for _, name := range []string{"aim_chat1.pcap", "email1a.pcap"} {
			raw, err := os.ReadFile(filepath.Join("..", "examples", "captures", name))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			c := defaultChoice()
			c.breaks = breaks
			o := c.options()
			whole := convert(t, write(t, dir, []file{{name: "class1.pcap", raw: raw}}), filepath.Join(dir, "whole"), o)
			var files []file
			for i, part := range cutInto(t, raw, 5) {
				files = append(files, file{name: fmt.Sprintf("class1_%d.pcap", i), raw: part})
			}
			o.Group = "class1_{n}.pcap"
			cut := convert(t, write(t, dir, files), filepath.Join(dir, "cut"), o)
			if n := cut.Manifest.Samples; n != whole.Manifest.Samples || n == 0 {
				t.Errorf("%s, %+v: %d samples, need %d", name, breaks, n, whole.Manifest.Samples)
			}
			a, b := dataset(t, filepath.Join(dir, "whole")), dataset(t, filepath.Join(dir, "cut"))
			for _, name := range []string{"session_output.idx3", "label_output.idx1"} {
				if a[name] != b[name] || a[name] == "" {
					t.Errorf("%+v: %s differs", breaks, name)
				}
			}
			if have, need := cut.Manifest.Totals, whole.Manifest.Totals; have.Sessions != need.Sessions || have.Units != need.Units || have.Used != need.Used {
				t.Errorf("%+v: %+v, need %+v", breaks, have, need)
			}
			if _, err := verify.Verify(filepath.Join(dir, "cut")); err != nil {
				t.Errorf("%+v: %v", breaks, err)
			}
		}
	}
}

// cutInto cuts a pcap file into n.
func cutInto(t *testing.T, raw []byte, n int) (parts [][]byte) {
	t.Helper()
	r, err := capture.NewReader(bytes.NewReader(raw), "cut")
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	var p capture.Packet
	at := int64(24)
	for r.Next(&p) == nil {
		at += 16 + int64(len(p.Data))
		ends = append(ends, at)
	}
	from := int64(24)
	for i := range n {
		to := ends[(i+1)*len(ends)/n-1]
		parts = append(parts, slices.Concat(raw[:24], raw[from:to]))
		from = to
	}
	return parts
}

// TestGroupsAreAddedWhole: a group is in a dataset as a whole or not at all, and never grows.
func TestGroupsAreAddedWhole(t *testing.T) {
	dir, r := t.TempDir(), random(9)
	var files []file
	for i := range 3 {
		raw, _ := testcap.Random(r, testcap.Options{Sessions: 5}).Capture(r)
		files = append(files, file{name: fmt.Sprintf("t_%d.cap", i), raw: raw})
	}
	paths := write(t, dir, files)
	c := defaultChoice()
	c.group = true
	out := filepath.Join(dir, "out")
	convert(t, paths[:2], out, c.options())
	before := dataset(t, out)
	p, err := mill.Prepare(paths, out, c.options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = mill.Run(context.Background(), p, mill.Events{}, nil); err == nil || !strings.Contains(err.Error(), "of the same group is not") {
		t.Errorf("adding to a group: %v", err)
	}
	same(t, "a refused run", dataset(t, out), before)
	again := convert(t, paths[:2], out, c.options())
	for _, o := range again.Outcomes {
		if !o.Known {
			t.Errorf("%s was added again", o.Input.Path)
		}
	}
}

// TestGroupPatterns: which captures are one group.
func TestGroupPatterns(t *testing.T) {
	names := []string{"a/t_1.pcap", "a/t_02.pcap", "a/t_.pcap", "a/t_x.pcap", "b/t_3.pcap", "a/u_1.pcap", "a/u_2.pcap", "a/alone.0_7"}
	for group, need := range map[string]string{
		"dir":          "[[0 1 2 3 5 6 7] [4]]",
		"all":          "[[0 1 2 3 4 5 6 7]]",
		"t_{n}.pcap":   "[[0 1 2] [3] [4] [5] [6] [7]]",
		"*_{n}.pcap":   "[[0 1 2] [3] [4] [5 6] [7]]",
		"{n}.pcap":     "[[0] [1] [2] [3] [4] [5] [6] [7]]",
		"*.*_{n}":      "[[0] [1] [2] [3] [4] [5] [6] [7]]",
		"*{n}.pcap{n}": "[[0] [1] [2] [3] [4] [5] [6] [7]]",
	} {
		p := &mill.Plan{Options: mill.Default()}
		p.Group = group
		for _, n := range names {
			p.Captures = append(p.Captures, mill.Input{Path: filepath.FromSlash(n)})
		}
		if have, err := mill.Groups(p); err != nil || fmt.Sprint(have) != need {
			t.Errorf("%s: %v, %v; need %s", group, have, err, need)
		}
	}
	abs, err := filepath.Abs("a")
	if err != nil {
		t.Fatal(err)
	}
	p := &mill.Plan{Options: mill.Default()}
	p.Group = mill.GroupByDir
	for _, path := range []string{"a/1.pcap", "./a/2.pcap", "b/../a/3.pcap", abs + "/4.pcap", "s3://b/a/5.pcap", "s3://b/6.pcap", "s3:/b/7.pcap", "s3://b/a/8.pcap"} {
		p.Captures = append(p.Captures, mill.Input{Path: path})
	}
	if have, err := mill.Groups(p); err != nil || fmt.Sprint(have) != "[[0 1 2 3] [4 7] [5] [6]]" {
		t.Errorf("a directory by several names: %v, %v", have, err)
	}
	for _, group := range []string{"trace", "a/{n}.pcap", "", `a\\{n}`} {
		if mill.CheckGroup(group) == nil {
			t.Errorf("%q is a group", group)
		}
	}
}

// TestGroupsInterrupted: a run that is interrupted within a group stores all of it, and nothing of the next.
func TestGroupsInterrupted(t *testing.T) {
	dir, r := t.TempDir(), random(11)
	captures := map[string][]byte{}
	for _, name := range []string{"in/a/1.cap", "in/a/2.cap", "in/a/3.cap", "in/b/1.cap", "in/b/2.cap"} {
		captures[name], _ = testcap.Random(r, testcap.Options{Sessions: 5}).Capture(r)
	}
	lay(t, dir, captures)
	c := defaultChoice()
	o := c.options()
	o.Group = mill.GroupByDir
	out := filepath.Join(dir, "out")
	p, err := mill.Prepare([]string{filepath.Join(dir, "in")}, out, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	result, err := mill.Run(ctx, p, mill.Events{Done: func(int, *mill.Outcome) { stop() }}, nil)
	if err != nil || !result.Interrupted || len(result.Outcomes) != 3 || len(result.Manifest.Captures) != 3 {
		t.Fatalf("%+v, %v; need the three captures of the first group", result, err)
	}
	run(t, p)
	whole := filepath.Join(dir, "whole")
	convert(t, []string{filepath.Join(dir, "in")}, whole, o)
	same(t, "a run that was interrupted and repeated", dataset(t, out), dataset(t, whole))
}
