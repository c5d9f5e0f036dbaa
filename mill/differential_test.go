package mill_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/capture"
	product "github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/lines"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
)

// TestSharedAgainstTwin converts every capture there is into one dataset, with labels that do not follow the folders so that
// equal sessions meet under equal and under different ones, and compares files and counts with the twin's: by default under
// three choices of selection that differ most.
func TestSharedAgainstTwin(t *testing.T) {
	dir, rows := shared(t)
	var plan mill.Plan
	var raws [][]byte
	var labels []uint16
	for _, r := range rows {
		path := filepath.Join(dir, filepath.FromSlash(r.Path))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(r.Path))
		l := uint16(h.Sum32() % 4)
		plan.Captures = append(plan.Captures, mill.Input{Path: path, Name: r.Path, Label: l, Class: fmt.Sprintf("class%d", l)})
		raws, labels = append(raws, raw), append(labels, l)
	}
	met := map[string]int64{} // what the corpus must contain for this test to mean something
	for i, c := range selection() {
		if !full.Asked() && i != 0 && i != 5 && i != 8 {
			continue
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			nth := 1
			if i != 0 && i != 5 && i != 8 {
				nth = full.Of(1, 4, 1)
			}
			p, raws, labels := everyNth(plan, raws, labels, i, nth)
			p.Options, p.Out = c.options(), filepath.Join(t.TempDir(), "out")
			p.BlockLength = []int{0, 4096, 100}[i%3]
			_, r := compare(t, c, &p, raws, labels)
			for _, o := range r.Outcomes {
				met["duplicates"] += o.Capture.Duplicates
				met["conflicts"] += o.Capture.Conflicts
				met["empty"] += o.Capture.Empty
				if o.Known {
					met["repeated captures"]++
				}
				if o.Damage != nil {
					met["damaged captures"]++
				}
			}
		})
	}
	for i, form := range forms {
		if !full.Asked() || strings.HasPrefix(form, "ustc-all") || strings.Contains(form, "eth+") || strings.Contains(form, "frame+") {
			continue // the twin knows no address in link headers but those of Ethernet
		}
		t.Run(form, func(t *testing.T) {
			c := defaultChoice()
			c.form, c.drop = form, header.DropNone
			p, raws, labels := everyNth(plan, raws, labels, i, full.Of(1, 4, 1))
			p.Options, p.Out = c.options(), filepath.Join(t.TempDir(), "out")
			p.BlockLength = []int{0, 4096, 100}[i%3]
			compare(t, c, &p, raws, labels)
		})
	}
	for _, name := range []string{"duplicates", "conflicts", "empty", "repeated captures", "damaged captures"} {
		if met[name] == 0 {
			t.Errorf("no %s in the corpus", name)
		}
	}
	t.Log(met)
}

// TestSharedMasksAgainstTwin converts the captures there are under each profile, and under each field with each action alone, and
// compares every sample with the twin's. By default it takes the small captures, and the profiles; with most, every eighth capture under
// each, another eighth under the next.
func TestSharedMasksAgainstTwin(t *testing.T) {
	dir, rows := shared(t)
	var policies []mask.Policy
	for _, name := range mask.Profiles() {
		p, err := mask.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, p)
	}
	if full.Asked() {
		for _, f := range mask.PacketFields() {
			for _, a := range f.Actions()[1:] {
				p := mask.Policy{MAC: mask.Remove}
				p.Fields[f] = a
				policies = append(policies, p)
			}
		}
	}
	var plan mill.Plan
	var raws [][]byte
	var labels []uint16
	for _, r := range rows {
		path := filepath.Join(dir, filepath.FromSlash(r.Path))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !full.Asked() && len(raw) > 30_000 {
			continue
		}
		plan.Captures = append(plan.Captures, mill.Input{Path: path, Name: r.Path, Label: 1, Class: "class1"})
		raws, labels = append(raws, raw), append(labels, 1)
	}
	for i, p := range policies {
		t.Run(fmt.Sprint(p.Profile(), i), func(t *testing.T) {
			c := defaultChoice()
			c.mask, c.drop, c.dedup = p, header.DropNone, sample.Dedup(i%3)
			one, raws, labels := everyNth(plan, raws, labels, i, full.Of(1, 8, 1))
			one.Options, one.Out, one.Workers = c.options(), filepath.Join(t.TempDir(), "out"), []int{1, 2, 7}[i%3]
			one.BlockLength = []int{0, 4096}[i%2]
			if n, _ := compare(t, c, &one, raws, labels); n < 100 {
				t.Errorf("only %d samples compared", n)
			}
		})
	}
}

// everyNth takes every nth capture of a plan, beginning with the first of them: another part with another first.
func everyNth(p mill.Plan, raws [][]byte, labels []uint16, first, nth int) (mill.Plan, [][]byte, []uint16) {
	part := p
	part.Captures = nil
	var partRaws [][]byte
	var partLabels []uint16
	for i := first % nth; i < len(raws); i += nth {
		part.Captures, partRaws, partLabels = append(part.Captures, p.Captures[i]), append(partRaws, raws[i]), append(partLabels, labels[i])
	}
	return part, partRaws, partLabels
}

// selection has every value of every option; TestAllMasksAgainstTwin has every combination of the masks.
func selection() []choice {
	all := []choice{defaultChoice()}
	for i := range 8 {
		c := choice{
			mask: mask.Policy{
				MAC: mask.Action(i % 4), IP: mask.Action((i + i/4) % 4), Ports: mask.Action(i / 2 % 2),
				Checksums: mask.Action(i / 3 % 2), UDPPad: i%3 == 0,
			},
			drop:  header.Drop(i % 8),
			dedup: sample.Dedup(i % 3),
			shape: []sample.Shape{{Rows: 28, Cols: 28}, {Rows: 1, Cols: 64}, {Rows: 16, Cols: 16}, {Rows: 1, Cols: 1500}}[(i+i/4)%4],
		}
		if i%5 == 4 {
			c.mask.Content = mask.Payload
		}
		if i > 0 {
			drawFields(random(uint64(i)), &c.mask)
		}
		if i%2 == 1 {
			c.key = []byte("a key of 19 letters")
		}
		switch i {
		case 4:
			c.breaks = session.Breaks{Of: session.Packets}
		case 7:
			c.breaks = session.Breaks{Of: session.Flows, Slice: 5e9, Window: 2e9, MaxPackets: 20, Active: 4e9, Idle: 60e9, Restart: true}
			c.minPackets, c.minSpan = 2, 1e6
		}
		all = append(all, c)
	}
	return all
}

// TestRandomAgainstTwin does the same with captures of our own making: every link type and encapsulation, damaged headers,
// fragments, flipped bits, damaged files, and every option drawn anew.
func TestRandomAgainstTwin(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		r := random(draw.Seed().Draw(rt, "seed"))
		c := randomChoice(r)
		o := testcap.Options{Mixed: r.IntN(2) == 0, Flips: r.IntN(2) == 0, Clean: r.IntN(4) == 0}
		dir, remove := tempDir(t)
		defer remove()
		files := randomFiles(r, 1+r.IntN(4), o)
		for i := range files {
			switch r.IntN(10) {
			case 0: // end it anywhere
				files[i].raw = files[i].raw[:r.IntN(len(files[i].raw)+1)]
			case 1: // or break a bit. Not both: a lying length in a cut block is truncated as much as malformed
				files[i].raw = append([]byte(nil), files[i].raw...)
				files[i].raw[r.IntN(len(files[i].raw))] ^= 1 << r.IntN(8)
			}
		}
		compareFiles(rt, dir, c, files, []int{0, 64 + 4*r.IntN(20), 64 + 4*r.IntN(2000)}[r.IntN(3)], 1+r.IntN(3))
	})
}

// TestAllMasksAgainstTwin walks all 128 ways to mask headers, and the payload, over the same captures.
func TestAllMasksAgainstTwin(t *testing.T) {
	r := random(2)
	files := randomFiles(r, 3, testcap.Options{Mixed: true, Sessions: 40})
	n := 0
	for bits := range 129 {
		if bits%full.Of(4, 2, 1) != 0 && bits < 124 {
			continue
		}
		c := choice{
			mask: mask.Policy{
				MAC: mask.Action(bits & 3), IP: mask.Action(bits >> 2 & 3), Ports: mask.Action(bits >> 4 & 1),
				Checksums: mask.Action(bits >> 5 & 1), UDPPad: bits>>6&1 == 1, Content: mask.Content(bits >> 7),
			},
			drop: header.Drop(bits % 8), dedup: sample.Dedup(bits % 3), shape: sample.Shape{Rows: 10 + bits%7, Cols: 9},
		}
		if bits%5 > 1 {
			c.key = []byte{0, 1, 0xff}
		}
		dir, remove := tempDir(t)
		n += compareFiles(t, dir, c, files, 0, 1)
		remove()
	}
	if n < 33*40 {
		t.Errorf("only %d samples compared", n)
	}
}

func compareFiles(t tester, dir string, c choice, files []file, blockLength, workers int) int {
	t.Helper()
	p := &mill.Plan{Options: c.options(), Out: filepath.Join(dir, "out")}
	p.BlockLength, p.Workers = blockLength, workers
	var raws [][]byte
	var labels []uint16
	for i, path := range write(t, dir, files) {
		f := files[i]
		p.Captures = append(p.Captures, mill.Input{Path: path, Name: f.name, Label: c.first() + f.label, Class: fmt.Sprintf("class%d", f.label)})
		raws, labels = append(raws, f.raw), append(labels, c.first()+f.label)
	}
	n, _ := compare(t, c, p, raws, labels)
	return n
}

// compare runs the product and the twin and returns the number of samples and what the product says.
func compare(t tester, c choice, p *mill.Plan, raws [][]byte, labels []uint16) (int, *mill.Result) {
	t.Helper()
	want, err := twin.Convert(raws, labels, c.twin())
	if err != nil {
		t.Fatal(err)
	}
	readable := false
	for i := range want.Captures {
		readable = readable || !want.Captures[i].NotCapture
	}
	if !readable { // then Run refuses
		return 0, nil
	}
	r := run(t, p)
	if len(r.Outcomes) != len(want.Captures) {
		t.Fatalf("%v: %d outcomes, twin has %d", c, len(r.Outcomes), len(want.Captures))
	}
	conflicts := 0
	for i := range r.Outcomes {
		if have, need := counts(t, &r.Outcomes[i]), twinCounts(&want.Captures[i]); have != need {
			t.Errorf("%v\n%s:\nhave %s\ntwin %s", c, r.Outcomes[i].Input.Path, have, need)
		}
		conflicts += want.Captures[i].Conflicts
	}
	if n := r.Manifest.Totals.Conflicts; n != int64(conflicts) {
		t.Errorf("%v: %d conflicts in all, twin has %d", c, n, conflicts)
	}
	compareData(t, c, p.Out, want)
	compareRows(t, c, r.Manifest, p.Out, want)
	return len(want.Samples), r
}

// compareData compares the two IDX files byte for byte with what they must be.
func compareData(t tester, c choice, out string, want *twin.Result) {
	t.Helper()
	o := c.options()
	spec, name := o.Spec(), idx.ImagesName
	var images []byte
	if spec.Type == product.Text {
		name = lines.Name
		for _, s := range want.Samples {
			images = append(append(images, s...), '\n')
		}
	} else {
		images = idx.Header{Type: idx.TypeOf(spec.Type), Dims: []uint32{uint32(len(want.Samples)), uint32(spec.Rows), uint32(spec.Cols)}}.Append(nil)
		for _, s := range want.Samples {
			images = append(images, s...)
		}
	}
	labels := binary.BigEndian.AppendUint32(nil, 0x801)
	if c.wide {
		labels[2] = 0xc
	}
	labels = binary.BigEndian.AppendUint32(labels, uint32(len(want.Labels)))
	for _, l := range want.Labels {
		if c.wide {
			labels = binary.BigEndian.AppendUint32(labels, uint32(l))
		} else {
			labels = append(labels, byte(l))
		}
	}
	files := map[string][]byte{name: images, idx.LabelsName: labels}
	if c.mask.HidesLengths() && o.Form.String() == "" {
		files[store.LayoutName] = want.Layouts
	} else if _, err := os.Stat(filepath.Join(out, store.LayoutName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v\n%s is there (%v)", c, store.LayoutName, err)
	}
	for name, need := range files {
		have, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(have) == string(need) {
			continue
		}
		at := 0
		for at < min(len(have), len(need)) && have[at] == need[at] {
			at++
		}
		t.Errorf("%v\n%s: %d bytes, twin has %d; they differ from byte %d on (sample %d)", c, name, len(have), len(need), at, (at-16)/max(spec.Size(), 1))
	}
}

// compareRows compares what the table of samples says about units and times.
func compareRows(t tester, c choice, m *manifest.Manifest, out string, want *twin.Result) {
	t.Helper()
	if len(want.Units) == 0 {
		return
	}
	table, err := rows.Format{Wide: m.Settings.Wide()}.NewReader(out, m.Samples)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	for i, u := range want.Units {
		var row product.Row
		if err := table.Next(&row); err != nil {
			t.Fatal(err)
		}
		need := product.Row{Session: uint64(u.Session), Unit: uint64(u.Place), Start: u.Packets[0].Record.Time}
		if !c.breaks.Several() {
			need.Unit = 0
		}
		for k, p := range u.Packets {
			need.Duration = max(need.Duration, p.Record.Time-need.Start)
			way := 0
			if !u.Forward(k) {
				way = 1
			}
			need.Packets[way]++
			need.Bytes[way] += uint64(p.Headers.End - p.Headers.IP)
		}
		if c.form != "" {
			shown := twin.Show(c.form, seen(&u), c.twin())
			need.Counted, need.Fit = uint64(shown.Counted), map[string]uint8{"padded": 1, "exact": 2, "truncated": 3}[shown.Fit]
		}
		have := product.Row{Counted: row.Counted, Fit: row.Fit, Session: row.Session, Unit: row.Unit, Start: row.Start, Duration: row.Duration, Packets: row.Packets, Bytes: row.Bytes}
		if have != need {
			t.Fatalf("%v\nrow %d is %+v, twin has %+v", c, i, have, need)
		}
	}
}

// seen are the packets of a unit as a form of the twin sees them.
func seen(u *twin.Unit) (packets []twin.Seen) {
	for i, p := range u.Packets {
		packets = append(packets, twin.Seen{Record: p.Record, Headers: p.Headers, Forward: u.Forward(i)})
	}
	return packets
}

// counts is an outcome in a form that can be compared and read.
func counts(t tester, o *mill.Outcome) string {
	t.Helper()
	var not *capture.NotCaptureError
	switch {
	case errors.As(o.Err, &not):
		return "not a capture"
	case o.Err != nil:
		t.Fatalf("%s: %v", o.Input.Path, o.Err)
	case o.Known:
		return "skipped"
	}
	c := &o.Capture
	if err := c.Check(); err != nil {
		t.Errorf("%s: %v", o.Input.Path, err)
	}
	background := int64(0)
	for _, b := range c.Background {
		background += b.Samples
	}
	damage := "whole"
	var d *capture.Damage
	if errors.As(o.Damage, &d) {
		damage = fmt.Sprintf("%v at %d", d.Kind, d.Offset)
	}
	return fmt.Sprintf("%d packets, %d used, %d snapped, %d names cut, left %v, %d sessions, %d units, left %v, %d samples (%d background), %d duplicates, %d empty, %d conflicts, %d/%d/%d truncated/padded/exact, %d bytes, %s",
		c.Packets, c.Used, c.Snapped, c.NamesCut, c.LeftOut, c.Sessions, max(c.Units, c.Sessions), c.SessionsLeftOut, c.Samples, background, c.Duplicates, c.Empty, c.Conflicts, c.Truncated, c.Padded, c.Exact, c.OriginalBytes, damage)
}

func twinCounts(c *twin.CaptureResult) string {
	switch {
	case c.NotCapture:
		return "not a capture"
	case c.Skipped:
		return "skipped"
	}
	damage := "whole"
	if c.Damage != "" {
		damage = fmt.Sprintf("%s at %d", c.Damage, c.DamageOffset)
	}
	left := maps.Clone(c.Left)
	return fmt.Sprintf("%d packets, %d used, %d snapped, %d names cut, left %v, %d sessions, %d units, left %v, %d samples (%d background), %d duplicates, %d empty, %d conflicts, %d/%d/%d truncated/padded/exact, %d bytes, %s",
		c.Packets, c.Used, c.Snapped, c.NamesCut, left, c.Sessions, c.Units, c.LeftUnits, c.Samples, c.Background, c.Duplicates, c.Empty, c.Conflicts, c.Truncated, c.Padded, c.Exact, c.OriginalBytes, damage)
}
