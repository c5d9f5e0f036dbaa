package shard_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/shard"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// folder makes a directory that is empty.
func folder(t tester, elem ...string) string {
	t.Helper()
	dir := filepath.Join(elem...)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t tester, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// anyCaptures writes captures of every dialect: plain, compressed, cut, with flipped bits, joined, with a capture in a payload.
func anyCaptures(t tester, r *rand.Rand, dir string) {
	for i := range 1 + r.IntN(3) {
		var raw []byte
		for range 1 + r.IntN(2)*r.IntN(2) {
			traffic := testcap.Random(r, testcap.Options{Mixed: r.IntN(3) == 0, Sessions: 3 + r.IntN(15), Packets: 1 + r.IntN(12)})
			if r.IntN(6) == 0 {
				inner := testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...)
				traffic.Packets[0].Data = append(traffic.Packets[0].Data, inner[:min(len(inner), 4000)]...)
			}
			more, _ := traffic.Capture(r)
			raw = append(raw, more...)
		}
		switch r.IntN(8) {
		case 0:
			raw = raw[:len(raw)-r.IntN(len(raw)/2)]
		case 1:
			raw = bytes.Clone(raw)
			raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
		case 2:
			raw = testcap.Gzip(raw)
		}
		write(t, filepath.Join(dir, fmt.Sprintf("vpn_chat%d.pcap", i)), raw)
	}
}

// forms are one of each.
var forms = []string{
	"ustc-all:length=300", "matrix:packets=3,header=44,payload=20", "packet-bytes:length=60", "series:packets=4,select=all", "flowpic:size=20",
	"mini-flowpic:size=8,span=30ms", "nprint:packets=2,payload=3", "segments:packets=3,width=20", "bigrams:tokens=6", "hexwords", "tokens:gap=4ms,bursts=3,packets=2",
}

// anyOptions are options of which some make chunks of whole captures.
func anyOptions(r *rand.Rand, dir string) mill.Options {
	o := mill.Default()
	o.Tmp = dir
	o.Dedup = []sample.Dedup{sample.DedupSample, sample.DedupSession, sample.DedupNone}[r.IntN(3)]
	o.MinPackets, o.InputSHA256 = int64(r.IntN(3)), r.IntN(4) == 0
	if r.IntN(3) == 0 {
		o.DropSessionWith = header.Drop(1 << r.IntN(10))
	}
	switch r.IntN(8) {
	case 0:
		o.Breaks = session.Breaks{Idle: r.Int64N(3e9), Restart: r.IntN(2) == 0, Of: session.Units(r.IntN(3)), MaxPackets: r.Uint64N(4)}
	case 1:
		o.Resync = true
	}
	if r.IntN(3) == 0 {
		o.TableTimes = mill.RelativeTimes
	}
	o.Workers = 1 + r.IntN(3)
	if r.IntN(2) == 0 {
		o.Form, _ = represent.Parse(forms[r.IntN(len(forms))])
		o.Shape, o.MinSpan = sample.Shape{}, r.Int64N(3)*1e6
	}
	if r.IntN(3) == 0 && o.Mask.Content == mask.Packet {
		o.Mask.Fields[mask.TCPSeq], o.Mask.Fields[mask.TCPTimestamps] = mask.Relative, mask.Relative
	}
	if r.IntN(3) == 0 {
		o.Variant = "first"
		for i := range 2 + r.IntN(2) {
			v := mill.Variant{Name: fmt.Sprint("v", i), Mask: o.Mask, Shape: sample.Shape{Rows: 5, Cols: 5}, Forge: forge.Fields(r.IntN(int(forge.All) + 1))}
			if form, err := represent.Parse(forms[r.IntN(len(forms))]); err == nil && r.IntN(2) == 0 {
				if _, err := form.Bind(v.Mask, sample.Shape{}); err == nil {
					v.Form, v.Shape = form, sample.Shape{}
				}
			}
			o.Variants = append(o.Variants, v)
		}
	}
	if o.Check() != nil { // payload only, in a form of headers
		o.Form, o.Shape = represent.Choice{}, sample.Default()
	}
	return o
}

// seconds are what differs from run to run.
var seconds = regexp.MustCompile(`"seconds": [0-9.e+-]+`)

// dataset is all files of a dataset, by name.
func dataset(t tester, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			for name, text := range dataset(t, filepath.Join(dir, e.Name())) {
				files[e.Name()+"/"+name] = text
			}
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = seconds.ReplaceAllString(string(text), "")
	}
	return files
}

// same reports which files of two datasets differ.
func same(t tester, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Fatalf("%s differs:\n%.3000s\nwant\n%.3000s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d files, want %d", len(got), len(want))
	}
}

// planned is a job of the captures in dir, as another process reads it.
func planned(t tester, captures, work string, o mill.Options, chunk int64, parts int) *shard.Job {
	t.Helper()
	p, err := mill.Prepare([]string{captures}, "", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Divide(chunk, parts); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(work, "plan.json")
	if _, err := shard.WritePlan(p, path); err != nil {
		t.Fatal(err)
	}
	return reread(t, path, o)
}

// reread is the job of a plan in a file, with what belongs to a machine.
func reread(t tester, path string, o mill.Options) *shard.Job {
	t.Helper()
	j, err := shard.ReadPlan(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	j.Plan.Workers, j.Plan.Memory, j.Plan.Tmp, j.Plan.Key = o.Workers, o.Memory, o.Tmp, o.Key
	return j
}

// converted is what Run makes of captures.
func converted(t tester, captures, out string, o mill.Options) (files map[string]string, ok bool) {
	t.Helper()
	p, err := mill.Prepare([]string{captures}, out, o)
	if err != nil {
		return nil, false // none of them is a capture any more
	}
	if _, err := mill.Run(context.Background(), p, mill.Events{}, nil); err != nil {
		t.Fatal(err)
	}
	return dataset(t, out), true
}

// frame is one frame of map --pipe.
type frame struct {
	part  uint32
	bytes []byte
}

func framesOf(t tester, b []byte) (list []frame) {
	for len(b) > 0 {
		n := 12 + int(binary.BigEndian.Uint64(b[4:]))
		list = append(list, frame{binary.BigEndian.Uint32(b), b[:n]})
		b = b[n:]
	}
	return list
}

// byFiles maps and reduces in shuffled order, some tasks twice, through files.
func byFiles(t tester, r *rand.Rand, j *shard.Job, dir string) {
	t.Helper()
	ctx := context.Background()
	n, m := 1+r.IntN(5), 1+r.IntN(3)
	for _, i := range append(r.Perm(n), r.IntN(n)) {
		if err := j.Map(ctx, dir, i, n, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range append(r.Perm(m), r.IntN(m)) {
		if err := j.Reduce(ctx, dir, i, m, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// byPipes maps every chunk, some twice, shuffles the frames, and reduces each part, as an engine does.
func byPipes(t tester, r *rand.Rand, j *shard.Job, dir string) {
	t.Helper()
	ctx := context.Background()
	var all []frame
	chunks := r.Perm(len(j.Plan.Chunks))
	for _, c := range append(chunks, chunks[0]) {
		var out bytes.Buffer
		if err := j.MapPipe(ctx, strings.NewReader(fmt.Sprintf("%d\n", c)), &out); err != nil {
			t.Fatal(err)
		}
		all = append(all, framesOf(t, out.Bytes())...)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for part := range uint32(j.Plan.Parts) {
		write(t, filepath.Join(dir, fmt.Sprintf("part-%05d", part)), reduced(t, j, all, part))
	}
	write(t, filepath.Join(dir, "reports"), reduced(t, j, all, math.MaxUint32))
}

func reduced(t tester, j *shard.Job, all []frame, part uint32) []byte {
	t.Helper()
	var in, out bytes.Buffer
	for _, f := range all {
		if f.part == part {
			in.Write(f.bytes)
		}
	}
	if err := j.ReducePipe(context.Background(), &in, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestAnyPartitionIsConvert: whatever the captures, the options, the lengths of chunks, the number of parts, the order and the
// repetition of tasks, through files or frames, merge makes what Run makes.
func TestAnyPartitionIsConvert(t *testing.T) {
	top := t.TempDir()
	again, chunks, formed, relative := 0, 0, 0, 0
	partition := func(t tester, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 9))
		captures, work := folder(t, top, "captures"), folder(t, top, "work")
		anyCaptures(t, r, captures)
		o := anyOptions(r, top)
		want, ok := converted(t, captures, folder(t, top, "want"), o)
		if !ok {
			return
		}
		j := planned(t, captures, work, o, []int64{500, 2000, 5000, 1 << 20}[r.IntN(4)], 1+r.IntN(5))
		chunks += len(j.Plan.Chunks)
		if len(j.Plan.Chunks) > len(j.Plan.Captures) {
			if o.Shape == (sample.Shape{}) {
				formed++
			}
			if o.Mask.Relative() {
				relative++
			}
		}
		if r.IntN(2) == 0 {
			byFiles(t, r, j, work)
		} else {
			byPipes(t, r, j, work)
		}
		j = reread(t, filepath.Join(work, "plan.json"), o)
		j.Plan.Out = folder(t, top, "have")
		_, err := j.Merge(context.Background(), work, mill.Events{Warn: func(text string) {
			if strings.Contains(text, "do not fit together") {
				again++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		same(t, dataset(t, j.Plan.Out), want)
	}
	draw.Check(t, func(t *rapid.T) { partition(t, draw.Seed().Draw(t, "seed")) })
	for seed := uint64(0); !testing.Short() && (again == 0 || formed == 0 || relative == 0); seed++ { // what the draws did not have, these do
		if seed == 200 {
			t.Error("no form, no relative number of several chunks, or no capture that merge reads again")
			break
		}
		partition(t, seed)
	}
	t.Logf("%d chunks; %d captures were read again by merge; forms and relative numbers over several chunks: %d, %d", chunks, again, formed, relative)
}

// TestPipesGiveTheFiles: reduce --pipe writes the bytes that reduce --shard leaves, and map --pipe the frames of map --shard.
func TestPipesGiveTheFiles(t *testing.T) {
	top := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	captures, files, pipes := folder(t, top, "captures"), folder(t, top, "files"), folder(t, top, "pipes")
	anyCaptures(t, r, captures)
	o := mill.Default()
	j := planned(t, captures, files, o, 1000, 3)
	byFiles(t, r, j, files)
	byPipes(t, r, j, pipes)
	for part := range 3 {
		name := fmt.Sprintf("part-%05d", part)
		if a, b := read(t, files, name), read(t, pipes, name); !bytes.Equal(a, b) {
			t.Errorf("%s: %d bytes in the file, %d through the pipe, and they differ", name, len(a), len(b))
		}
	}
	for chunk := range j.Plan.Chunks {
		var out bytes.Buffer
		if err := j.MapPipe(context.Background(), strings.NewReader(fmt.Sprint(chunk)), &out); err != nil {
			t.Fatal(err)
		}
		if have := read(t, files, fmt.Sprintf("map-%06d", chunk)); !bytes.HasSuffix(have, out.Bytes()) {
			t.Errorf("chunk %d: the file does not hold the frames of the pipe", chunk)
		}
	}
}

func read(t tester, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSpilling: with tables of a few sessions and spools of a few bytes, map and reduce leave the same files.
func TestSpilling(t *testing.T) {
	top := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	captures := folder(t, top, "captures")
	traffic := testcap.Random(r, testcap.Options{Sessions: 400, Packets: 12, Payload: 900, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	write(t, filepath.Join(captures, "a_chat.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	o := mill.Default()
	o.Tmp = folder(t, top, "tmp")
	var want map[string]string
	for _, small := range []bool{false, true} {
		work := folder(t, top, "work")
		j := planned(t, captures, work, o, 200_000, 3)
		if small {
			shard.Small(j)
		}
		byFiles(t, r, j, work)
		have := dataset(t, work)
		delete(have, "plan.json")
		if small {
			same(t, have, want)
		}
		want = have
	}
	if left, err := os.ReadDir(o.Tmp); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left (%v)", len(left), err)
	}

	// It did spill: without a directory for temporary files it cannot.
	work := filepath.Join(top, "work")
	j := reread(t, filepath.Join(work, "plan.json"), o)
	shard.Small(j)
	j.Plan.Tmp = filepath.Join(top, "none")
	for _, name := range []string{"map-000000", "part-00000"} {
		if err := os.Remove(filepath.Join(work, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Map(context.Background(), work, 0, 1, nil); err == nil || !strings.Contains(err.Error(), "temporary file") {
		t.Errorf("map: %v", err)
	}
	if err := reread(t, filepath.Join(work, "plan.json"), o).Map(context.Background(), work, 0, 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := j.Reduce(context.Background(), work, 0, 1, nil); err == nil || !strings.Contains(err.Error(), "temporary file") {
		t.Errorf("reduce: %v", err)
	}
}

// damaged changes a byte of a file.
func damaged(t *testing.T, path string, at int) {
	t.Helper()
	b := read(t, path)
	b[at] ^= 1
	write(t, path, b)
}

// TestWhatIsRefused: damage, what is missing, what is of another plan, and captures that changed, each by name; and what is there
// and whole is not made again.
func TestWhatIsRefused(t *testing.T) {
	ctx := context.Background()
	top := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	captures, work := folder(t, top, "captures"), folder(t, top, "work")
	traffic := testcap.Random(r, testcap.Options{Sessions: 40, Packets: 12, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	capture := filepath.Join(captures, "a_chat.pcap")
	write(t, capture, testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	o := mill.Default()
	j := planned(t, captures, work, o, 10_000, 2)
	j.Plan.Out = filepath.Join(top, "data")
	refused := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Fatalf("error %v, want %q in it", err, w)
			}
		}
	}
	_, err := j.Merge(ctx, work, mill.Events{})
	refused(err, "part-00000 is not there", "reduce part 0 first")
	refused(j.Reduce(ctx, work, 0, 1, nil), "map-000000 is not there", "map chunk 0 first")
	byFiles(t, r, j, work)

	// A damaged file is made again by its own task, and refused by others.
	mapped, part := filepath.Join(work, "map-000001"), filepath.Join(work, "part-00001")
	want := read(t, mapped)
	damaged(t, mapped, len(want)-30)
	_, err = j.Merge(ctx, work, mill.Events{})
	refused(err, mapped, "damaged")
	made, skipped := 0, 0
	count := func(_ int, there bool) {
		if there {
			skipped++
		} else {
			made++
		}
	}
	if err := j.Map(ctx, work, 0, 1, count); err != nil || made != 1 || skipped != len(j.Plan.Chunks)-1 || !bytes.Equal(read(t, mapped), want) {
		t.Fatalf("%d made, %d skipped (%v)", made, skipped, err)
	}
	damaged(t, part, 60)
	_, err = j.Merge(ctx, work, mill.Events{})
	refused(err, part, "damaged", "reduce part 1 again")
	made, skipped = 0, 0
	if err := j.Reduce(ctx, work, 0, 1, count); err != nil || made != 1 || skipped != 1 {
		t.Fatalf("%d made, %d skipped (%v)", made, skipped, err)
	}

	// What another plan left is no file of this one.
	other := planned(t, captures, folder(t, top, "other"), o, 9_000, 2)
	_, err = other.Merge(ctx, work, mill.Events{})
	refused(err, "it is of the plan")
	refused(other.Reduce(ctx, work, 0, 1, nil), "map-000000: it is of the plan")

	// A link in the place of a file leads nowhere.
	if err := os.Rename(part, part+".real"); err == nil && os.Symlink(part+".real", part) == nil {
		_, err = j.Merge(ctx, work, mill.Events{})
		refused(err, "is a symbolic link")
		if err := os.Rename(part+".real", part); err != nil {
			t.Fatal(err)
		}
	}

	// A capture that changed, and a text that is no plan of this version.
	if err := os.Truncate(capture, 20_000); err != nil {
		t.Fatal(err)
	}
	fresh := reread(t, filepath.Join(work, "plan.json"), o)
	refused(fresh.Map(ctx, folder(t, top, "anew"), 0, 1, nil), capture, "was changed since the plan was made", "has 20000")
	_, err = j.Merge(ctx, work, mill.Events{})
	refused(err, capture, "was changed")
	text := read(t, work, "plan.json")
	for old, words := range map[string]string{`"tool":"`: "make it again", `"parts":2`: "its id is not"} {
		path := filepath.Join(top, "odd.json")
		write(t, path, bytes.Replace(text, []byte(old), append([]byte(old), '1'), 1))
		_, err := shard.ReadPlan(ctx, path)
		refused(err, path, words)
	}
	if _, err := os.Stat(j.Plan.Out); err == nil {
		t.Error("a refused merge has made a dataset")
	}
}

// TestFramesAreRefused: reduce takes frames of one part, of each chunk one.
func TestFramesAreRefused(t *testing.T) {
	ctx := context.Background()
	top := t.TempDir()
	captures := folder(t, top, "captures")
	traffic := testcap.Random(rand.New(rand.NewPCG(7, 8)), testcap.Options{Sessions: 30, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	write(t, filepath.Join(captures, "a_chat.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	j := planned(t, captures, top, mill.Default(), 8_000, 2)
	var out bytes.Buffer
	if err := j.MapPipe(ctx, strings.NewReader("0\n1\n"), &out); err != nil {
		t.Fatal(err)
	}
	all := framesOf(t, out.Bytes())
	for name, in := range map[string][]byte{
		"parts 0 and 1":             append(bytes.Clone(all[0].bytes), all[1].bytes...),
		"no frame of chunk 1":       all[0].bytes,
		"there is no frame":         nil,
		"in the middle of a frame":  all[0].bytes[:len(all[0].bytes)-1],
		"it does not begin like":    make([]byte, 100),
		"is damaged":                flipped(all[0].bytes, len(all[0].bytes)-1),
		"it ends in the middle of ": all[0].bytes[:20],
	} {
		if err := j.ReducePipe(ctx, bytes.NewReader(in), io.Discard); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q in it", err, name)
		}
	}
	for _, line := range []string{"x", "-1", "99999"} {
		if err := j.MapPipe(ctx, strings.NewReader(line), io.Discard); err == nil || !strings.Contains(err.Error(), "is no chunk of the plan") {
			t.Errorf("%s: error %v", line, err)
		}
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

// FuzzReducePipe: foreign frames are refused or reduced, in bounded memory, and never disturb the process.
func FuzzReducePipe(f *testing.F) {
	top := f.TempDir()
	captures := folder(f, top, "captures")
	traffic := testcap.Random(rand.New(rand.NewPCG(7, 8)), testcap.Options{Sessions: 3, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	write(f, filepath.Join(captures, "a_chat.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	j := planned(f, captures, top, mill.Default(), 1<<20, 1)
	var out bytes.Buffer
	if err := j.MapPipe(context.Background(), strings.NewReader("0"), &out); err != nil {
		f.Fatal(err)
	}
	for _, one := range framesOf(f, out.Bytes()) {
		f.Add(one.bytes)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_ = j.ReducePipe(context.Background(), bytes.NewReader(in), io.Discard) // it may be refused
	})
}

// FuzzFiles: foreign files in the place of what tasks leave are refused, or are what they should be.
func FuzzFiles(f *testing.F) {
	top := f.TempDir()
	captures, work := folder(f, top, "captures"), folder(f, top, "work")
	r := rand.New(rand.NewPCG(7, 8))
	traffic := testcap.Random(r, testcap.Options{Sessions: 3, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	write(f, filepath.Join(captures, "a_chat.pcap"), testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	o := mill.Default()
	j := planned(f, captures, work, o, 1<<20, 1)
	byFiles(f, r, j, work)
	byPipes(f, r, j, work)
	names := []string{"map-000000", "part-00000", "reports"}
	whole := map[string][]byte{}
	for i, name := range names {
		whole[name] = read(f, work, name)
		f.Add(uint8(i), whole[name])
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		name := names[int(which)%len(names)]
		write(t, filepath.Join(work, name), b)
		defer write(t, filepath.Join(work, name), whole[name])
		err := shard.ReadAll(j, work)
		if err == nil && name != "map-000000" && !bytes.Equal(b, whole[name]) {
			t.Errorf("%s was changed, and nobody noticed", name)
		}
	})
}
