package mill_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// choice is one value of every option that decides about bytes.
type choice struct {
	mask  mask.Policy
	key   []byte
	drop  header.Drop
	with  header.Drop // kinds of packets that take their session away
	dedup sample.Dedup
	shape sample.Shape
	group bool // all captures are one group
	wide  bool // 300 classes, of which the last four have captures

	form                          string // "" is bytes of the shape
	breaks                        session.Breaks
	minPackets, minBytes, minSpan int64
}

func (c choice) String() string {
	m := c.mask
	return fmt.Sprintf("mac %s, ip %s, ports %s, checksums %s, udp-pad %t, content %s, key %q, drop %s, with %s, dedup %s, shape %s, group %t, wide %t, form %q, %+v, at least %d packets, %d bytes, %d ns",
		m.MAC, m.IP, m.Ports, m.Checksums, m.UDPPad, m.Content, c.key, c.drop, c.with, c.dedup, c.shape, c.group, c.wide, c.form, c.breaks, c.minPackets, c.minBytes, c.minSpan)
}

// options are the choice for the product; four classes, each called by its file's name.
func (c choice) options() mill.Options {
	o := mill.Default()
	o.Mask, o.Key, o.Drop, o.DropSessionWith, o.Dedup, o.Shape = c.mask, c.key, c.drop, c.with, c.dedup, c.shape
	if c.form != "" {
		var err error
		if o.Form, err = represent.Parse(c.form); err != nil {
			panic(err)
		}
		o.Shape = sample.Shape{}
	}
	o.Breaks, o.MinPackets, o.MinBytes, o.MinSpan = c.breaks, c.minPackets, c.minBytes, c.minSpan
	if c.group {
		o.Group = mill.GroupAll
	}
	o.Labels = &label.Table{Name: "test"}
	for i := range c.first() {
		o.Labels.Classes = append(o.Labels.Classes, label.Class{ID: i, Name: fmt.Sprint("none", i)})
	}
	for i := range uint16(4) {
		name := fmt.Sprintf("class%d", i)
		o.Labels.Classes = append(o.Labels.Classes, label.Class{ID: c.first() + i, Name: name, Keywords: []string{name}})
	}
	return o
}

// first is the label of the first of the four classes.
func (c choice) first() uint16 {
	if c.wide {
		return 296
	}
	return 0
}

// twin are the same choice for the twin.
func (c choice) twin() twin.Settings {
	m := c.mask
	return twin.Settings{
		MAC: m.MAC.String(), IP: m.IP.String(), Ports: m.Ports.String(), Checksums: m.Checksums.String(), UDPPad: m.UDPPad,
		Content: m.Content.String(), Drop: strings.Split(c.drop.String(), ","), With: strings.Split(c.with.String(), ","), Dedup: c.dedup.String(), Length: c.shape.Length(), Key: c.key,
		Form: c.form, Unit: c.breaks.Of.String(), Idle: c.breaks.Idle, Active: c.breaks.Active, Slice: c.breaks.Slice, Window: c.breaks.Window, Restart: c.breaks.Restart,
		MaxPackets: int(c.breaks.MaxPackets), MinPackets: int(c.minPackets), MinBytes: int(c.minBytes), MinSpan: c.minSpan,
		Mask: twinMask(m), Group: c.group,
	}
}

// twinMask are the fields of part 11 for the twin.
func twinMask(p mask.Policy) map[string]string {
	fields := map[string]string{}
	for f, a := range p.Fields {
		fields[mask.Field(f).String()] = a.String()
	}
	return fields
}

// drawFields gives about a third of the fields an action.
func drawFields(r *rand.Rand, p *mask.Policy) {
	for _, f := range mask.PacketFields() {
		if actions := f.Actions(); r.IntN(3) == 0 {
			p.Fields[f] = actions[r.IntN(len(actions))]
		}
	}
	if p.Check() != nil {
		p.Fields[mask.PayloadBytes] = mask.Ones
	}
}

func defaultChoice() choice {
	return choice{mask: mask.Default(), drop: header.DropDefault, shape: sample.Default()}
}

// randomChoice draws every option from all of its values.
func randomChoice(r *rand.Rand) choice {
	c := choice{
		mask: mask.Policy{
			MAC: mask.Action(r.IntN(4)), IP: mask.Action(r.IntN(4)), Ports: mask.Action(r.IntN(2)),
			Checksums: mask.Action(r.IntN(2)), UDPPad: r.IntN(2) == 0,
		},
		drop:  header.Drop(r.IntN(8)) | header.Drop(r.IntN(2)*r.IntN(128)<<3),
		dedup: sample.Dedup(r.IntN(3)),
		shape: sample.Shape{Rows: 1 + r.IntN(28), Cols: 1 + r.IntN(28)},
	}
	if r.IntN(4) == 0 {
		c.mask.Content = mask.Payload
	}
	if r.IntN(2) == 0 {
		drawFields(r, &c.mask)
	}
	if r.IntN(2) == 0 {
		c.key = []byte("a key")
	}
	c.wide = r.IntN(3) == 0
	if r.IntN(2) == 0 {
		drawUnits(r, &c)
	}
	if r.IntN(2) == 0 {
		drawForm(r, &c)
	}
	if r.IntN(4) == 0 {
		c.with = header.Drop(1<<r.IntN(10) | 1<<r.IntN(10)&r.IntN(1<<10))
	}
	return c
}

// forms are one or two of each, with parameters that random traffic fills and overflows.
var forms = []string{
	"ustc-all:length=300", "matrix:packets=3,header=44,payload=20", "packet-bytes:length=60", "series:packets=4",
	"series:packets=6,channels=time+signed-size+ip-size+frame-size+flags,select=all,time=ms-floor", "flowpic:size=20", "mini-flowpic:size=8,span=30ms",
	"nprint:packets=2,payload=3", "nprint:layers=eth+ipv6+udp", "segments:packets=3,width=20", "segments:part=payload,packets=2,width=9",
	"bigrams:tokens=6", "bigrams:start=ip,separator=sep,trailer=keep", "hexwords", "hexwords:trailer=keep,length=40", "tokens:gap=4ms,bursts=3,packets=2",
}

// drawForm draws a form that goes with the masks.
func drawForm(r *rand.Rand, c *choice) {
	c.form = forms[r.IntN(len(forms))]
	link := strings.HasPrefix(c.form, "ustc-all") || strings.Contains(c.form, "eth+")
	if link && (c.mask.MAC != mask.Keep || c.mask.IP != mask.Keep) {
		c.form = "" // the twin knows no address in link headers but those of Ethernet
	}
	if o := c.options(); o.Check() != nil {
		c.form = ""
	}
}

// drawUnits draws units and limits, most of them none.
func drawUnits(r *rand.Rand, c *choice) {
	few := func(n int64) int64 { return max(r.Int64N(2*n)-n, 0) }
	const gap = 20e6 // ns, about what is between two packets of a capture of testcap
	c.breaks = session.Breaks{
		Idle: few(9 * gap), Restart: r.IntN(3) == 0, Of: session.Units(r.IntN(3)), MaxPackets: uint64(few(6)),
		Active: few(9 * gap), Slice: few(9 * gap), Window: few(9 * gap),
	}
	c.minPackets, c.minBytes, c.minSpan = few(3), few(80), few(2*gap)
}

// file is a capture of a test.
type file struct {
	name  string
	label uint16 // 0 to 3
	raw   []byte
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// randomFiles makes n captures; some hold the same sessions as others but for addresses, and some are copies.
func randomFiles(r *rand.Rand, n int, o testcap.Options) []file {
	var files []file
	for i := range n {
		f := file{name: fmt.Sprintf("%d_class%d.cap", i, r.IntN(4))}
		f.label = uint16(f.name[len(f.name)-5] - '0')
		if i > 0 && r.IntN(6) == 0 {
			f.raw = files[r.IntN(i)].raw
		} else {
			again := random(uint64(r.IntN(3))) // the same few scripts in several captures
			if r.IntN(2) == 0 {
				again = r
			}
			f.raw, _ = testcap.Random(again, o).Capture(r)
		}
		files = append(files, f)
	}
	return files
}

// write puts the files into dir and returns their paths.
func write(t tester, dir string, files []file) (paths []string) {
	t.Helper()
	for _, f := range files {
		p := filepath.Join(dir, f.name)
		if err := os.WriteFile(p, f.raw, 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// tempDir is a new directory for one round of a property test.
func tempDir(t *testing.T) (dir string, remove func()) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}

// convert plans and runs; what is no capture is part of the result.
func convert(t tester, paths []string, out string, o mill.Options) *mill.Result {
	t.Helper()
	p, err := mill.Prepare(paths, out, o)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, p)
}

func run(t tester, p *mill.Plan) *mill.Result {
	t.Helper()
	r, err := mill.Run(context.Background(), p, mill.Events{}, nil)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return r
}

// tree is all that a directory holds: files by relative path, directories as "/".
func tree(t tester, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && p == dir {
			return nil
		}
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		if d.IsDir() {
			found[rel] = "/"
			return nil
		}
		b, err := os.ReadFile(p)
		found[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// dataset is tree with the seconds in the manifest blanked: the part of a dataset that is a function of its input.
func dataset(t tester, dir string) map[string]string {
	t.Helper()
	files := tree(t, dir)
	var m any
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	blank(m)
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	files["manifest.json"] = string(b)
	return files
}

func blank(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			if name == "seconds" {
				v[name] = 0
			}
			blank(v[name])
		}
	case []any:
		for i := range v {
			blank(v[i])
		}
	}
}

// same compares two trees and names the first file that differs.
func same(t tester, what string, got, want map[string]string) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	for name := range want {
		if g, ok := got[name]; !ok || g != want[name] {
			at := 0
			for at < min(len(g), len(want[name])) && g[at] == want[name][at] {
				at++
			}
			t.Fatalf("%s: %s differs from byte %d (there: %t): %.200q, want %.200q", what, name, at, ok, g[max(0, at-80):min(at+80, len(g))], want[name][max(0, at-80):min(at+80, len(want[name]))])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Fatalf("%s: there is %s, which should not be", what, name)
		}
	}
}

// shared returns the folder with other people's captures and its table, or skips.
func shared(t *testing.T) (string, []groundtruth.Row) {
	t.Helper()
	dir, rows := groundtruth.Require(t)
	return filepath.Join(dir, "captures"), rows
}

// addr is 192.0.2.n.
func addr(n byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, n}) }
