package mill_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// udp is a packet from port sport of 192.0.2.1 to port 9 of 192.0.2.2, at so many seconds.
func udp(at int64, sport uint16, text string) testcap.Packet {
	return testcap.Packet{Time: at * 1e9, LinkType: testcap.Raw, Data: testcap.Build(
		testcap.IPv4{Src: addr(1), Dst: addr(2)}, testcap.UDP{SrcPort: sport, DstPort: 9}, testcap.Payload(text))}
}

// flowTable reads rows of the form "port,start,duration,class", of flows from 192.0.2.2:9 to 192.0.2.1.
func flowTable(t *testing.T, rows ...string) *flows.Index {
	t.Helper()
	o := flows.Options{Times: "unix"}
	if err := o.SetColumns("src_ip=sa,src_port=sp,dst_ip=da,dst_port=dp,proto=pr,start=at,duration_s=d,label=class"); err != nil {
		t.Fatal(err)
	}
	text := "sa,sp,da,pr,dp,at,d,class\n"
	for _, r := range rows {
		text += "192.0.2.2,9,192.0.2.1,17," + r + "\n"
	}
	x, err := flows.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Read(strings.NewReader(text), "flows.csv", o); err != nil {
		t.Fatal(err)
	}
	return x
}

func labelsOf(t *testing.T, dir string) string {
	t.Helper()
	labels, err := idx.OpenLabels(filepath.Join(dir, idx.LabelsName))
	if err != nil {
		t.Fatal(err)
	}
	defer labels.Close()
	all, err := labels.All()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(all)
}

// TestLabelsFromTable: sessions of one capture get labels of their own, by endpoints and time; what no row matches is unknown,
// equal sessions under two labels are a conflict and under one a duplicate, A then B is AB.
func TestLabelsFromTable(t *testing.T) {
	dir := t.TempDir()
	paths := write(t, dir, []file{
		{name: "a", raw: testcap.Pcap{LinkType: testcap.Raw}.File(
			udp(100, 1, "x"), udp(100, 2, "x"), udp(100, 3, "y"), udp(200, 4, "x"), udp(100, 5, "z"), udp(100, 6, "w"))},
		{name: "b", raw: testcap.Pcap{LinkType: testcap.Raw}.File(udp(300, 1, "x"), udp(300, 7, "v"))},
	})
	rows := []string{"1,100,5,Web", "2,99,5,Attack", "3,90,5,Attack", "4,200,1,Web", "5,100,1,Attack", "1,300,1,Web", "7,300,1,Other"}
	options := func() mill.Options {
		o := defaultChoice().options()
		o.Drop = 0
		o.Labels, o.LabelFrom, o.Flows = nil, mill.FromTable, flowTable(t, rows...)
		return o
	}
	out := filepath.Join(dir, "out")
	r := convert(t, paths, out, options())
	// Classes by name: Attack 0, Other 1, Web 2. The fourth session and the first of b are the first again.
	if got, want := labelsOf(t, out), "[2 0 255 0 255 1]"; got != want {
		t.Errorf("labels %s, want %s", got, want)
	}
	m := r.Manifest
	a := m.Captures[0]
	if a.Class != "by session" || fmt.Sprint(a.Labels) != "[{0 2} {2 1} {255 2}]" || a.LabelTable == "" || a.Duplicates != 1 || a.Conflicts != 1 {
		t.Errorf("%+v", a)
	}
	var classes []string
	for _, c := range m.Classes {
		classes = append(classes, fmt.Sprint(c.Label, c.Name, c.Samples))
	}
	if got := strings.Join(classes, " "); got != "0Attack2 1Other1 2Web1 255unknown2" || m.Settings.Get("label_from") != "table" {
		t.Errorf("classes %s, settings %+v", got, m.Settings)
	}
	if _, err := verify.Verify(out); err != nil {
		t.Error(err)
	}
	twice := filepath.Join(dir, "twice")
	convert(t, paths[:1], twice, options())
	convert(t, paths[1:], twice, options())
	same(t, "in two runs", dataset(t, twice), dataset(t, out))

	// A label that is another one is found by verify, even if the counts stay.
	labels := filepath.Join(out, idx.LabelsName)
	b, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	b[8] = 0
	if err := os.WriteFile(labels, b, 0o666); err != nil {
		t.Fatal(err)
	}
	var broken *verify.BrokenError
	if _, err := verify.Verify(out); !errors.As(err, &broken) {
		t.Errorf("another label: error %v", err)
	}

	o := options()
	o.Unknown = mill.SkipUnknown
	skipped := filepath.Join(dir, "skipped")
	r = convert(t, paths, skipped, o)
	if got := labelsOf(t, skipped); got != "[2 0 0 1]" || r.Added.SessionsLeftOut["unknown-label"] != 2 {
		t.Errorf("labels %s, left out %v", got, r.Added.SessionsLeftOut)
	}
	if _, err := verify.Verify(skipped); err != nil {
		t.Error(err)
	}

	// A class table may put classes together; what is in none of them is unknown.
	o = options()
	if o.Labels, err = label.Parse("mine", []byte("Good: [web, other]\nBad: []\n")); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "mine")
	convert(t, paths, mine, o)
	if got := labelsOf(t, mine); got != "[0 255 255 255 255 0]" {
		t.Errorf("labels %s", got)
	}
}

// TestTableFailures: a session with two classes, or with none where that is refused, ends the run, and the dataset is as it was.
func TestTableFailures(t *testing.T) {
	dir := t.TempDir()
	paths := write(t, dir, []file{{name: "a", raw: testcap.Pcap{LinkType: testcap.Raw}.File(udp(100, 1, "x"), udp(109, 1, "y"), udp(100, 2, "z"))}})
	o := defaultChoice().options()
	o.Labels, o.LabelFrom, o.Flows = nil, mill.FromTable, flowTable(t, "1,100,2,Web", "1,105,2,Attack", "2,100,1,Web")
	out := filepath.Join(dir, "out")
	p, err := mill.Prepare(paths, out, o)
	if err != nil {
		t.Fatal(err)
	}
	var conflict *flows.ConflictError
	_, err = mill.Run(t.Context(), p, mill.Events{}, nil)
	if !errors.As(err, &conflict) || !strings.Contains(err.Error(), "a: session 0, from packet 1 on: the table has two classes for it: Web in flows.csv:2, Attack in flows.csv:3") ||
		strings.Contains(err.Error(), "192.0.2") {
		t.Errorf("two classes: error %v", err)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was left behind: %v", err)
	}
	o.Flows, o.Unknown = flowTable(t, "1,100,20,Web"), mill.RefuseUnknown
	if p, err = mill.Prepare(paths, out, o); err != nil {
		t.Fatal(err)
	}
	if _, err = mill.Run(t.Context(), p, mill.Events{}, nil); err == nil || !strings.Contains(err.Error(), "a: session 1, from packet 3 on: no row of the table") {
		t.Errorf("no class: error %v", err)
	}
	o.Flows = nil
	if _, err := mill.Prepare(paths, out, o); err == nil {
		t.Error("labels from no table were planned")
	}
}

// TestLabelsFromDirectories: the directory below the one that was named, or the one that a capture stands in.
func TestLabelsFromDirectories(t *testing.T) {
	dir := t.TempDir()
	raw := testcap.Pcap{LinkType: testcap.Raw}.File(udp(1, 1, "x"))
	for _, name := range []string{"root/web/a.pcap", "root/web/deep/chat.pcap", "root/Chat/b.pcap", "root/c.pcap", "root/unknown/d.pcap"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, raw, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	plan := func(labels *label.Table, paths ...string) string {
		o := defaultChoice().options()
		o.Labels, o.LabelFrom = labels, mill.FromDir
		for i := range paths {
			paths[i] = filepath.Join(dir, paths[i])
		}
		p, err := mill.Prepare(paths, "out", o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range p.Captures {
			got = append(got, fmt.Sprintf("%s=%d %s", c.Name, c.Label, c.Class))
		}
		return strings.Join(got, ", ")
	}
	if got, want := plan(nil, "root"), "Chat/b.pcap=0 Chat, c.pcap=1 root, unknown/d.pcap=255 unknown, web/a.pcap=2 web, web/deep/chat.pcap=2 web"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := plan(nil, "root/web", "root/Chat/b.pcap"), "a.pcap=2 web, deep/chat.pcap=1 deep, b.pcap=0 Chat"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	table, err := label.Parse("mine", []byte("Talk: [CHAT]\nroot: []\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plan(table, "root"), "Chat/b.pcap=0 Talk, c.pcap=1 root, unknown/d.pcap=255 unknown, web/a.pcap=255 unknown, web/deep/chat.pcap=255 unknown"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestLeastSessions: sessions below the limits are left out by reason, and nothing else changes.
func TestLeastSessions(t *testing.T) {
	dir := t.TempDir()
	files := randomFiles(random(11), 5, testcap.Options{Sessions: 30})
	paths := write(t, dir, files)
	c := defaultChoice()
	c.dedup = sample.DedupNone
	all := convert(t, paths, filepath.Join(dir, "all"), c.options())
	o := c.options()
	o.MinPackets, o.MinBytes = 2, 400
	some := filepath.Join(dir, "some")
	r := convert(t, paths, some, o)
	if _, err := verify.Verify(some); err != nil {
		t.Error(err)
	}
	left := r.Added.SessionsLeftOut
	if left["min-packets"] == 0 || left["min-bytes"] == 0 || r.Added.Samples == 0 ||
		r.Added.Samples+left["min-packets"]+left["min-bytes"] != all.Added.Samples || r.Added.Sessions != all.Added.Sessions {
		t.Errorf("%d samples of %d, left out %v", r.Added.Samples, all.Added.Samples, left)
	}
	// The samples are those of the larger dataset with enough packets and bytes, in order.
	have, want := rowsOf(t, some, r.Added.Samples), rowsOf(t, filepath.Join(dir, "all"), all.Added.Samples)
	want = slices.DeleteFunc(want, func(r row) bool { return r.packets < 2 || r.bytes < 400 })
	if !slices.Equal(have, want) {
		t.Errorf("have %d rows\n%v\nwant %d\n%v", len(have), have, len(want), want)
	}
	var settings *store.SettingsError
	o.MinBytes = 0
	p, err := mill.Prepare(paths, some, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mill.Run(t.Context(), p, mill.Events{}, nil); !errors.As(err, &settings) || !strings.Contains(err.Error(), "--min-bytes: the dataset has 400, this run asks for 0") {
		t.Errorf("other limits: error %v", err)
	}
}
