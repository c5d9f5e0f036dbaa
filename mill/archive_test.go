package mill_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/mill"
)

// packed are the ways in which a tree may be packed.
var packed = map[string]func(members []testcap.Member) []byte{
	"zip":     func(m []testcap.Member) []byte { return testcap.Zip(true, m...) },
	"stored":  func(m []testcap.Member) []byte { return testcap.Zip(false, m...) },
	"tar":     func(m []testcap.Member) []byte { return testcap.Tar(m...) },
	"tar.gz":  func(m []testcap.Member) []byte { return testcap.Gzip(testcap.Tar(m...)) },
	"tar.xz":  func(m []testcap.Member) []byte { return testcap.XZ(testcap.Tar(m...)) },
	"7z":      func(m []testcap.Member) []byte { return testcap.SevenZip(m...) },
	"tar.zst": func(m []testcap.Member) []byte { return testcap.Zstd(testcap.Tar(m...)) },
}

var archives = flag.Int("archives", 8, "trees that TestArchiveIsItsTree and TestArchiveTwin pack each")

// TestArchiveIsItsTree: an archive makes the dataset that the unpacked tree makes, byte for byte but for the names: any options,
// workers, block length, order of the members, and with a plan that goes through JSON.
//
//	go test ./mill -run TestArchive -archives 200
func TestArchiveIsItsTree(t *testing.T) {
	for seed := range uint64(*archives) {
		r := random(seed)
		dir, remove := tempDir(t)
		c := randomChoice(r)
		o := c.options()
		o.InputSHA256 = r.IntN(2) == 0
		o.Workers, o.BlockLength, o.Resync = 1+r.IntN(3), 64+4*r.IntN(2000), r.IntN(4) == 0
		var members []testcap.Member
		for i, f := range randomFiles(r, 1+r.IntN(6), testcap.Options{Sessions: 4}) {
			switch r.IntN(6) {
			case 0:
				f.raw = testcap.Gzip(f.raw)
			case 1:
				f.raw = f.raw[:len(f.raw)-1-r.IntN(20)]
			}
			m := testcap.Member{Name: f.name, Data: f.raw}
			if r.IntN(2) == 0 {
				m.Name = fmt.Sprintf("d%d/%s", i%3, f.name)
			}
			members = append(members, m)
			lay(t, filepath.Join(dir, "in"), map[string][]byte{m.Name: m.Data})
		}
		r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		kind := slices.Sorted(maps.Keys(packed))[seed%uint64(len(packed))]
		what := fmt.Sprintf("seed %d: %s", seed, kind)
		lay(t, dir, map[string][]byte{kind: packed[kind](members)})
		unpacked, nothing := mill.Prepare([]string{filepath.Join(dir, "in")}, filepath.Join(dir, "want"), o)
		p, err := mill.Prepare([]string{filepath.Join(dir, kind)}, filepath.Join(dir, "have"), o)
		if (nothing == nil) != (err == nil) || len(p.Problems) != len(unpacked.Problems) {
			t.Fatalf("%s: %v, and of the tree %v", what, err, nothing)
		}
		if nothing != nil { // all were cut at their beginning
			remove()
			continue
		}
		run(t, unpacked)
		want := dataset(t, unpacked.Out)
		text := encoded(t, p)
		again := decoded(t, text)
		if second := encoded(t, again); !bytes.Equal(second, text) {
			t.Fatalf("%s: written again it is\n%s\nwant\n%s", what, second, text)
		}
		again.Out, again.Key, again.Workers = filepath.Join(dir, "again"), c.key, o.Workers
		for _, p := range []*mill.Plan{p, again} {
			run(t, p)
			have := dataset(t, p.Out)
			have["manifest.json"] = strings.ReplaceAll(have["manifest.json"], `"name":"`+kind+"/", `"name":"`)
			same(t, what, have, want)
		}
		remove()
	}
}

// TestArchiveDirectories: with labels from directories, an archive counts as unpacked where it stands.
func TestArchiveDirectories(t *testing.T) {
	dir := t.TempDir()
	in := testcap.Zip(true, testcap.Member{Name: "Chat/a.pcap", Data: tiny(1)}, testcap.Member{Name: "Mail/b/a.pcap", Data: tiny(2)}, testcap.Member{Name: "c.pcap", Data: tiny(3)})
	lay(t, dir, map[string][]byte{"top/all.zip": in, "web/part.zip": in})
	classes := func(paths ...string) (list []string) {
		o := mill.Default()
		o.LabelFrom, o.Labels = mill.FromDir, nil
		p, err := mill.Prepare(paths, "", o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Captures {
			list = append(list, c.Name+" "+c.Class)
		}
		return list
	}
	if have, want := classes(filepath.Join(dir, "top", "all.zip")), []string{"all.zip/Chat/a.pcap Chat", "all.zip/Mail/b/a.pcap Mail", "all.zip/c.pcap top"}; !slices.Equal(have, want) {
		t.Errorf("%q, want %q", have, want)
	}
	want := []string{
		"top/all.zip/Chat/a.pcap top", "top/all.zip/Mail/b/a.pcap top", "top/all.zip/c.pcap top",
		"web/part.zip/Chat/a.pcap web", "web/part.zip/Mail/b/a.pcap web", "web/part.zip/c.pcap web",
	}
	if have := classes(dir); !slices.Equal(have, want) {
		t.Errorf("%q, want %q", have, want)
	}
	if have, want := classes(filepath.Join(dir, "top")), []string{"all.zip/Chat/a.pcap Chat", "all.zip/Mail/b/a.pcap Mail", "all.zip/c.pcap top"}; !slices.Equal(have, want) {
		t.Errorf("%q, want %q", have, want)
	}
}

// outcomes are the errors of a run, by base name.
func outcomes(r *mill.Result) map[string]error {
	errs := map[string]error{}
	for i := range r.Outcomes {
		o := &r.Outcomes[i]
		errs[filepath.Base(o.Input.Name)] = errors.Join(o.Err, o.Damage)
	}
	return errs
}

// TestDamagedMembers: damage in a member is that capture's, with what was read before it; the system's errors stay the system's.
func TestDamagedMembers(t *testing.T) {
	var big []testcap.Packet
	for i := range 1000 {
		big = append(big, testcap.Packet{LinkType: testcap.Raw, Data: testcap.Build(testcap.IPv4{Src: addr(1), Dst: addr(2)},
			testcap.TCP{SrcPort: uint16(1024 + i), DstPort: 443}, testcap.Payload(fmt.Sprintf("%d%0150x", i, i*i)))})
	}
	raw := testcap.Pcap{LinkType: testcap.Raw}.File(big...)
	members := []testcap.Member{{Name: "a_email.pcap", Data: raw}, {Name: "b_email.pcap", Data: tiny(1)}}
	for _, resync := range []bool{false, true} {
		o := mill.Default()
		o.Resync = resync
		o.InputSHA256 = true
		for what, c := range map[string]struct {
			deflated bool
			change   func(z []byte)
			want     string
		}{
			"stored bit":   {false, func(z []byte) { z[len(raw)-3] ^= 1 }, "the member of the ZIP archive is damaged: its checksum is "},
			"deflated bit": {true, func(z []byte) { clear(z[9000:9100]) }, ": malformed: "},
			"cut short": {true, func(z []byte) {
				at := bytes.Index(z, []byte("PK\x01\x02"))
				z[at+21]-- // 256 bytes of the packed
			}, "the member of the ZIP archive is cut off after "},
			"longer": {false, func(z []byte) {
				at := bytes.Index(z, []byte("PK\x01\x02"))
				z[at+24]-- // of the content
			}, "the member of the ZIP archive is damaged: its content is longer than the "},
		} {
			dir := t.TempDir()
			z := testcap.Zip(c.deflated, members...)
			c.change(z)
			lay(t, dir, map[string][]byte{"x.zip": z})
			r := convert(t, []string{dir}, filepath.Join(dir, "out"), o)
			errs := outcomes(r)
			var d *capture.Damage
			if err := errs["a_email.pcap"]; !errors.As(err, &d) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(d.Path, filepath.Join(dir, "x.zip")+"/a_email") {
				t.Errorf("%s: %v, want %s", what, errs["a_email.pcap"], c.want)
			}
			if errs["b_email.pcap"] != nil || r.Added.Samples < 100 || !r.Damaged() {
				t.Errorf("%s: %v, %d samples", what, errs, r.Added.Samples)
			}
		}
	}
}

// TestBombs: a member that expands beyond the limit ends there, also as gzip inside.
func TestBombs(t *testing.T) {
	zeros := testcap.Pcap{LinkType: testcap.Raw}.File(slices.Repeat([]testcap.Packet{{LinkType: testcap.Raw, Data: make([]byte, 65000)}}, 1200)...)
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"x.zip": testcap.Zip(true, testcap.Member{Name: "a.pcap", Data: zeros}, testcap.Member{Name: "b.pcap.gz", Data: testcap.Gzip(zeros)})})
	o := mill.Default()
	o.MaxExpansion = 100
	r := convert(t, []string{dir}, filepath.Join(dir, "out"), o)
	for name, err := range outcomes(r) {
		if !errors.As(err, new(*capture.ExpansionError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.MaxExpansion = 0
	r = convert(t, []string{dir}, filepath.Join(dir, "out0"), o)
	for name, err := range outcomes(r) {
		if errors.As(err, new(*capture.ExpansionError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMemberSHA256 is that of the content of a member.
func TestMemberSHA256(t *testing.T) {
	dir := t.TempDir()
	zipped := testcap.Gzip(tiny(2))
	lay(t, dir, map[string][]byte{"x.zip": testcap.Zip(true, testcap.Member{Name: "a_email.gz", Data: zipped})})
	o := mill.Default()
	o.InputSHA256 = true
	convert(t, []string{dir}, filepath.Join(dir, "out"), o)
	m, err := storetest.Load(filepath.Join(dir, "out"))
	sum := sha256.Sum256(zipped)
	if err != nil || len(m.Captures) != 1 || m.Captures[0].SHA256 != hex.EncodeToString(sum[:]) || m.Captures[0].Size != int64(len(zipped)) {
		t.Errorf("%v: %+v", err, m.Captures)
	}
}

// TestArchiveThatChanges: a plan holds for the archive that it was made for.
func TestArchiveThatChanges(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "x.zip")
	lay(t, dir, map[string][]byte{"x.zip": testcap.Zip(true, testcap.Member{Name: "a.pcap", Data: tiny(1)}, testcap.Member{Name: "b.pcap", Data: tiny(2)})})
	plan, err := mill.Prepare([]string{p}, "", mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	again := decoded(t, encoded(t, plan))
	again.Out = filepath.Join(dir, "out")
	if err := os.Chtimes(p, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	_, err = mill.Run(context.Background(), again, mill.Events{}, nil)
	var changed *mill.PlanError
	if !errors.As(err, &changed) || len(changed.Lines) != 1 || !strings.HasPrefix(changed.Lines[0], p+" was changed") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	plan.Out = again.Out
	if _, err := mill.Run(context.Background(), plan, mill.Events{}, nil); err == nil {
		t.Error("an archive that is gone makes a dataset")
	}
	if _, err := os.Stat(again.Out); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestArchiveTwin: the twin unpacks in its own way, and makes the same of what it finds.
func TestArchiveTwin(t *testing.T) {
	for seed := range uint64(*archives) {
		r := random(seed)
		c := randomChoice(r)
		members := []testcap.Member{{Name: "inner_class0.zip", Data: testcap.Zip(false, testcap.Member{Name: "0_class0.cap", Data: tiny(1)})}}
		for i, f := range randomFiles(r, 1+r.IntN(5), testcap.Options{Sessions: 3}) {
			members = append(members, testcap.Member{Name: []string{"", "./", "a/", "a//b/", "/"}[i%5] + f.name, Data: f.raw})
		}
		r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		kind := slices.Sorted(maps.Keys(packed))[seed%uint64(len(packed))]
		dir, remove := tempDir(t)
		raw := packed[kind](members)
		lay(t, dir, map[string][]byte{kind: raw})
		p, err := mill.Prepare([]string{filepath.Join(dir, kind)}, filepath.Join(dir, "out"), c.options())
		if err != nil {
			t.Fatal(seed, kind, err)
		}
		list, ok := twin.Members(raw)
		if !ok && kind == "7z" { // the twin reads none: ItsTree does, and clients/check_archives.py
			continue
		}
		if !ok {
			t.Fatal(seed, kind)
		}
		var raws [][]byte
		var labels []uint16
		for _, m := range list {
			if twin.Packets(m.Data).NotCapture {
				continue
			}
			name := filepath.Base(m.Name)
			raws, labels = append(raws, m.Data), append(labels, c.first()+uint16(name[len(name)-5]-'0'))
			if n := len(raws) - 1; n >= len(p.Captures) || p.Captures[n].Name != kind+"/"+m.Name {
				t.Fatalf("seed %d: %s: capture %d is not %s: %v", seed, kind, n, m.Name, names(p))
			}
		}
		compare(t, c, p, raws, labels)
		remove()
	}
}

// TestCompressedArchiveBomb: a compressed archive that expands beyond the limit is listed up to there.
func TestCompressedArchiveBomb(t *testing.T) {
	dir := t.TempDir()
	raw := testcap.Gzip(testcap.Tar(testcap.Member{Name: "a_email.pcap", Data: tiny(1)}, testcap.Member{Name: "b.bin", Data: make([]byte, 90<<20)}, testcap.Member{Name: "c_email.pcap", Data: tiny(2)}))
	lay(t, dir, map[string][]byte{"x.tgz": raw})
	o := mill.Default()
	o.MaxExpansion = 100
	p, err := mill.Prepare([]string{dir}, filepath.Join(dir, "out"), o)
	if err != nil || len(p.Captures) != 1 || len(p.Problems) != 1 || !errors.As(p.Problems[0], new(*capture.ExpansionError)) {
		t.Errorf("%v, %v, %v", err, names(p), p.Problems)
	}
	o.MaxExpansion = 0
	p, err = mill.Prepare([]string{dir}, filepath.Join(dir, "out"), o)
	if err != nil || len(p.Captures) != 2 || len(p.Problems) != 0 {
		t.Errorf("%v, %v, %v", err, names(p), p.Problems)
	}
}

// TestArchiveInterrupted: a run that is interrupted in an archive, and done again, makes what one run makes.
func TestArchiveInterrupted(t *testing.T) {
	var members []testcap.Member
	for i := range 12 {
		members = append(members, testcap.Member{Name: fmt.Sprintf("%02d_email.pcap", 11-i), Data: tiny(byte(i))})
	}
	for _, kind := range []string{"zip", "tar.gz", "7z"} {
		pack, dir := packed[kind], t.TempDir()
		p := filepath.Join(dir, "in")
		lay(t, dir, map[string][]byte{"in": pack(members)})
		o := mill.Default()
		o.Workers, o.InputSHA256 = 2, true
		convert(t, []string{p}, filepath.Join(dir, "want"), o)
		ctx, stop := context.WithCancel(context.Background())
		plan, err := mill.Prepare([]string{p}, filepath.Join(dir, "have"), o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := mill.Run(ctx, plan, mill.Events{Done: func(i int, _ *mill.Outcome) {
			if i == 4 {
				stop()
			}
		}}, nil)
		if err != nil || len(r.Outcomes) < 5 {
			t.Fatal(err, len(r.Outcomes))
		}
		convert(t, []string{p}, filepath.Join(dir, "have"), o)
		same(t, kind, dataset(t, filepath.Join(dir, "have")), dataset(t, filepath.Join(dir, "want")))
		stop()
	}
}

// TestCompressedArchiveMemory: what an archive's decoder takes counts, and a run with the least memory ends.
func TestCompressedArchiveMemory(t *testing.T) {
	var members []testcap.Member
	for i := range 8 {
		members = append(members, testcap.Member{Name: fmt.Sprintf("%d_email.pcap", 7-i), Data: append(tiny(byte(i)), make([]byte, 1<<20)...)})
	}
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"a.txz": testcap.XZ(testcap.Tar(members...)), "b.tzst": testcap.Zstd(testcap.Tar(members...)), "c_email.zst": testcap.Zstd(tiny(1))})
	o := mill.Default()
	o.Workers, o.Memory = 3, mill.MinMemory
	if r := convert(t, []string{dir}, filepath.Join(dir, "out"), o); len(r.Outcomes) != 17 || r.Added.Samples != 8 {
		t.Errorf("%d outcomes, %d samples", len(r.Outcomes), r.Added.Samples)
	}
}

// TestEachPacketInArchives: the packets of members, in order, twice over, and out of order, are those of the files.
func TestEachPacketInArchives(t *testing.T) {
	var members []testcap.Member
	for i := range 5 {
		members = append(members, testcap.Member{Name: fmt.Sprintf("%d.pcap", (i*3)%5), Data: tiny(byte(i))})
	}
	for kind, pack := range packed {
		dir := t.TempDir()
		lay(t, dir, map[string][]byte{"x": pack(members)})
		p, err := mill.Prepare([]string{dir}, "", mill.Default())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1, 2, 3, 4, 0, 1, 4, 3, 2} {
			n := 0
			_, err := p.EachPacket(context.Background(), i, func(k *mill.Kept) error {
				n++
				if have, want := k.Packet.Data[len(k.Packet.Data)-1], byte(i*2%5); have != want {
					t.Errorf("%s: capture %d has the payload %d, want %d", kind, i, have, want)
				}
				return nil
			})
			if err != nil || n != 1 {
				t.Errorf("%s: capture %d: %v, %d packets", kind, i, err, n)
			}
		}
	}
}
