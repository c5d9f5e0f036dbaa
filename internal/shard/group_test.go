package shard_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/shard"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/verify"
)

// patterns are ways to group what rotated writes: of among, captures of several groups take turns.
var patterns = []string{mill.GroupByDir, mill.GroupAll, among, among, "*_{n}.pcap", "chat_{n}.pcap"}

const among = "{n}_*.pcap"

// rotated writes captures that a recorder has cut out of one, into two directories and perhaps an archive: in order, side by
// side or anyhow; some compressed, cut, damaged, or there twice.
func rotated(t tester, r *rand.Rand, dir, pattern string) {
	t.Helper()
	traffic := testcap.Random(r, testcap.Options{Sessions: 4 + r.IntN(20), Packets: 1 + r.IntN(14)}).Packets
	step := []int64{1, 1_000_000, 400_000_000}[r.IntN(3)] // ns
	parts, at, how := make([][]testcap.Packet, 2+r.IntN(6)), int64(1e15), r.IntN(3)
	for i, p := range traffic {
		at += r.Int64N(step + 1)
		p.Time = at / 1000 * 1000
		k := i * len(parts) / len(traffic)
		if how > 0 {
			k = r.IntN(len(parts))
		}
		parts[k] = append(parts[k], p)
	}
	var packed []testcap.Member
	for i, part := range parts {
		if how == 2 {
			r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		}
		raw := testcap.NGFile(r.IntN(2) == 0, part...)
		switch r.IntN(8) {
		case 0:
			raw = raw[:len(raw)-r.IntN(len(raw)/2)]
		case 1:
			raw = testcap.Gzip(raw)
		}
		names := []string{fmt.Sprintf("chat_%d.pcap", i), fmt.Sprintf("%d_email.pcap", i), fmt.Sprintf("%d_chat.pcap", i)}
		dirs := []string{"a", "b"}
		if pattern == among {
			names, dirs = names[1:], dirs[1:]
		}
		name := names[r.IntN(len(names))]
		if r.IntN(4) == 0 {
			packed = append(packed, testcap.Member{Name: "c/" + name, Data: raw})
			continue
		}
		for _, d := range dirs {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(dir, dirs[r.IntN(len(dirs))], name), raw)
		if r.IntN(8) == 0 { // the same content twice, of one group or of two
			write(t, filepath.Join(dir, dirs[r.IntN(len(dirs))], []string{"again_chat_7.pcap", "chat_77.pcap"}[r.IntN(2)]), raw)
		}
	}
	if len(packed) > 0 {
		archive := []func(...testcap.Member) []byte{
			testcap.Tar,
			func(m ...testcap.Member) []byte { return testcap.Zip(true, m...) },
			func(m ...testcap.Member) []byte { return testcap.Gzip(testcap.Tar(m...)) },
		}[r.IntN(3)]
		write(t, filepath.Join(dir, "more.bin"), archive(packed...))
	}
}

// TestAnyGroupsAreConvert: groups of captures, however they are cut and joined, through files or frames, in any order, some tasks
// twice, become what Run makes of them, or are refused with the same words.
func TestAnyGroupsAreConvert(t *testing.T) {
	top := t.TempDir()
	joined, split, known, refused, several := 0, 0, 0, 0, 0
	grouped := func(t tester, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 12))
		captures, work, out := folder(t, top, "captures"), folder(t, top, "work"), folder(t, top, "want")
		pattern := patterns[r.IntN(len(patterns))]
		rotated(t, r, captures, pattern)
		o := anyOptions(r, top)
		if r.IntN(2) == 0 {
			o.Breaks = session.Breaks{
				Idle: r.Int64N(2) * 1e9, Active: r.Int64N(2) * 2e9, Restart: r.IntN(4) == 0, Of: session.Units(r.IntN(3)), MaxPackets: r.Uint64N(4),
			}
		}
		o.Group = pattern
		p, err := mill.Prepare([]string{captures}, out, o)
		if err != nil {
			return // none of them is a capture, or the options do not go together
		}
		result, failed := mill.Run(context.Background(), p, mill.Events{}, nil)
		j := planned(t, captures, work, o, []int64{500, 1 << 20}[r.IntN(2)], 1+r.IntN(5))
		if r.IntN(3) == 0 {
			shard.Small(j)
		}
		if r.IntN(2) == 0 {
			byFiles(t, r, j, work)
		} else {
			byPipes(t, r, j, work)
		}
		for range 1 + r.IntN(2) { // merging again adds nothing
			j = reread(t, filepath.Join(work, "plan.json"), o)
			j.Plan.Out = filepath.Join(top, "have")
			_, err = j.Merge(context.Background(), work, mill.Events{})
			if failed != nil {
				refused++
				if err == nil || err.Error() != failed.Error() {
					t.Fatalf("merge says %v, and convert %v", err, failed)
				}
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, dataset(t, j.Plan.Out), dataset(t, out))
		}
		if err := os.RemoveAll(j.Plan.Out); err != nil {
			t.Fatal(err)
		}
		if failed != nil {
			return
		}
		for i := range result.Outcomes {
			if result.Outcomes[i].Known {
				known++
			}
		}
		last := -1
		for _, c := range j.Plan.Chunks {
			joined += len(c.Group) - 1
			if c.Input < last {
				split++
			}
			last = max(last, c.Group[len(c.Group)-1])
		}
		if o.Breaks.Several() {
			several++
		}
	}
	draw.Check(t, func(t *rapid.T) { grouped(t, draw.Seed().Draw(t, "seed")) })
	for seed := uint64(0); !testing.Short() && (joined == 0 || split == 0 || known == 0 || several == 0); seed++ { // what the draws did not have, these do
		if seed == 200 {
			t.Error("not every case was met")
			break
		}
		grouped(t, seed)
	}
	t.Logf("%d captures joined to others; %d groups between others; %d captures known; %d runs of several units; %d runs refused", joined, split, known, several, refused)
}

// TestCutIsWhole: the captures of a group that were cut out of one give the samples of that one, in the order of their packets.
func TestCutIsWhole(t *testing.T) {
	top := t.TempDir()
	r := rand.New(rand.NewPCG(13, 1))
	traffic := testcap.Random(r, testcap.Options{Sessions: 60, Packets: 12, Clean: true, LinkTypes: []uint16{testcap.Ethernet}}).Packets
	for i := range traffic {
		traffic[i].Time = int64(1e15) + int64(i)*1_000_000
	}
	one, many := folder(t, top, "one"), folder(t, top, "many")
	write(t, filepath.Join(one, "chat.pcap"), testcap.NGFile(false, traffic...))
	const n = 7
	for i := range n {
		part := testcap.NGFile(false, traffic[i*len(traffic)/n:(i+1)*len(traffic)/n]...)
		write(t, filepath.Join(many, fmt.Sprintf("chat_%d.pcap", i)), part)
	}
	o := mill.Default()
	o.Tmp = top
	whole, _ := converted(t, one, folder(t, top, "whole"), o)
	o.Group = "chat_{n}.pcap"
	work := folder(t, top, "work")
	j := planned(t, many, work, o, 500, 3)
	if len(j.Plan.Chunks) != 1 {
		t.Fatalf("%d chunks of one group", len(j.Plan.Chunks))
	}
	byFiles(t, r, j, work)
	j = reread(t, filepath.Join(work, "plan.json"), o)
	j.Plan.Out = filepath.Join(top, "have")
	if _, err := j.Merge(context.Background(), work, mill.Events{}); err != nil {
		t.Fatal(err)
	}
	have := dataset(t, j.Plan.Out)
	for _, name := range []string{"session_output.idx3", "label_output.idx1"} {
		if have[name] != whole[name] || have[name] == "" {
			t.Errorf("%s is not that of the capture before it was cut", name)
		}
	}
	if _, err := verify.Verify(j.Plan.Out); err != nil {
		t.Error(err)
	}
}

// TestGroupsRefused: a group with a capture that changed, or that comes to a dataset that has some of it. A map that was stopped
// leaves nothing.
func TestGroupsRefused(t *testing.T) {
	ctx := context.Background()
	top := t.TempDir()
	r := rand.New(rand.NewPCG(5, 9))
	captures, work := folder(t, top, "captures"), folder(t, top, "work")
	for i := range 3 {
		raw, _ := testcap.Random(r, testcap.Options{Sessions: 9}).Capture(r)
		write(t, filepath.Join(captures, fmt.Sprintf("chat_%d.pcap", i)), raw)
	}
	o := mill.Default()
	o.Group = mill.GroupAll
	j := planned(t, captures, work, o, 500, 2)
	refused := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Fatalf("error %v, want %q in it", err, w)
			}
		}
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if err := j.Map(stopped, folder(t, top, "stopped"), 0, 1, nil); err == nil || len(dataset(t, filepath.Join(top, "stopped"))) > 0 {
		t.Fatalf("a map that was stopped: %v", err)
	}
	byFiles(t, r, j, work)

	// Some of the group are in the dataset.
	some := mill.Default()
	some.Group = mill.GroupAll
	out := filepath.Join(top, "some")
	p, err := mill.Prepare([]string{filepath.Join(captures, "chat_1.pcap")}, out, some)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(ctx, p, mill.Events{}, nil); err != nil {
		t.Fatal(err)
	}
	before := dataset(t, out)
	j = reread(t, filepath.Join(work, "plan.json"), o)
	j.Plan.Out = out
	_, err = j.Merge(ctx, work, mill.Events{})
	refused(err, "chat_1.pcap is in the dataset already", "chat_2.pcap of the same group is not")
	same(t, dataset(t, out), before)

	// A capture that changed.
	if err := os.Truncate(filepath.Join(captures, "chat_2.pcap"), 100); err != nil {
		t.Fatal(err)
	}
	refused(j.Map(ctx, folder(t, top, "anew"), 0, 1, nil), "chat_2.pcap", "was changed since the plan was made")
	if left := dataset(t, filepath.Join(top, "anew")); len(left) > 0 {
		t.Errorf("a map that was refused has left %d files", len(left))
	}
}

// FuzzGroup: whatever stands in the frames of a group, with a digest that is right, is refused, or is the sessions of the group's
// captures, each behind the one before, and a report of each.
func FuzzGroup(f *testing.F) {
	top := f.TempDir()
	captures, work := folder(f, top, "captures"), folder(f, top, "work")
	r := rand.New(rand.NewPCG(7, 8))
	for i := range 3 {
		traffic := testcap.Random(r, testcap.Options{Sessions: 2, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
		write(f, filepath.Join(captures, fmt.Sprintf("chat_%d.pcap", i)), testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	}
	o := mill.Default()
	o.Group = mill.GroupAll
	j := planned(f, captures, work, o, 1<<20, 1)
	var out bytes.Buffer
	if err := j.MapPipe(context.Background(), strings.NewReader("0"), &out); err != nil {
		f.Fatal(err)
	}
	const head, digest = 12 + 52, 16
	var content [2][]byte
	for i, one := range framesOf(f, out.Bytes()) {
		content[i] = one.bytes[head : len(one.bytes)-digest]
		if part := []uint32{0, math.MaxUint32}[i]; !bytes.Equal(shard.Framed(j, 0, part, content[i]), one.bytes) {
			f.Fatal("the test frames other bytes than map")
		}
	}
	f.Add(content[0], content[1])
	first := bytes.IndexByte(content[1], '\n') + 1
	f.Add(content[0], content[1][:first])                                     // a report is missing
	f.Add(content[0], append(bytes.Clone(content[1]), content[1][:first]...)) // one too many
	f.Add(append(bytes.Clone(content[0]), content[0]...), content[1])         // sessions twice
	f.Fuzz(func(t *testing.T, sessions, reports []byte) {
		for name, frame := range map[string][]byte{
			"part-00000": shard.Framed(j, 0, 0, sessions), "reports": shard.Framed(j, 0, math.MaxUint32, reports),
		} {
			var out bytes.Buffer
			if err := j.ReducePipe(context.Background(), bytes.NewReader(frame), &out); err != nil {
				return
			}
			write(t, filepath.Join(work, name), out.Bytes())
		}
		n, err := shard.Sessions(j, work)
		have := bytes.Count(reports, []byte("\n"))
		if err == nil && have != 3 {
			t.Errorf("%d reports of 3 captures were taken", have)
		}
		if bytes.Equal(sessions, content[0]) && bytes.Equal(reports, content[1]) && (err != nil || n == 0) {
			t.Errorf("%d sessions (%v)", n, err)
		}
		again := append(bytes.Clone(content[0]), content[0]...)
		if err == nil && bytes.Equal(sessions, again) {
			t.Error("sessions that stand twice were taken")
		}
	})
}
