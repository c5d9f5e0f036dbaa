package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/split"
)

// bench is a folder with a capture, class tables, tables of flows and a key.
type bench struct {
	t   *testing.T
	dir string
}

func newBench(t *testing.T) *bench {
	b := &bench{t, t.TempDir()}
	var packets []testcap.Packet
	for i := range uint16(4) {
		packets = append(packets, testcap.Packet{Time: 1499248800e9 + int64(i)*1e9, LinkType: testcap.Raw, Data: testcap.Build(
			testcap.IPv4{Src: netip.MustParseAddr("203.0.113.177"), Dst: netip.MustParseAddr("198.51.100.201")},
			testcap.TCP{SrcPort: 1001 + i/2, DstPort: 443}, testcap.Payload("payload"))})
	}
	b.write("chat.pcap", string(testcap.Pcap{LinkType: testcap.Raw}.File(packets...)))
	b.write("mine.yaml", "Chat: [chat]\n")
	b.write("key", strings.Repeat("k", 32))
	b.write("flows.csv", "a,ap,b,bp,l4,at,took,class\n203.0.113.177,1001,198.51.100.201,443,6,2017-07-05 10:00:00,5,Chat\n")
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// run runs a command that must end with a status, and returns all it wrote.
func (b *bench) run(status int, args ...string) string {
	b.t.Helper()
	var out bytes.Buffer
	if got := run(args, &out, &out); got != status {
		b.t.Fatalf("%q: status %d, need %d\n%s", args, got, status, out.String())
	}
	return out.String()
}

func (b *bench) convert(status int, data string, args ...string) string {
	b.t.Helper()
	return b.run(status, append([]string{"convert", b.path("chat.pcap"), "-o", b.path(data), "--drop", "dns"}, args...)...)
}

// table are the arguments of a run with the table of flows.
func (b *bench) table(args ...string) []string {
	return append([]string{
		"--label-from", "table", "--table", b.path("flows.csv"), "--table-timezone", "UTC", "--table-time", "%Y-%m-%d %H:%M:%S",
		"--table-columns", "src_ip=a,src_port=ap,dst_ip=b,dst_port=bp,proto=l4,start=at,duration=took,label=class",
	}, args...)
}

// TestEverySettingIsShown: for each entry of the list of settings there is a run that has
// another value of it. The manifest has it, inspect and the card show it, the fingerprint
// differs, and adding to the dataset under the usual settings is refused with its name.
func TestEverySettingIsShown(t *testing.T) {
	b := newBench(t)
	other := map[string][]string{
		"length": {"--length", "100"}, "shape": {"--shape", "1x784"}, "content": {"--content", "payload"}, "mac": {"--mac", "keep"}, "ip": {"--ip", "keep"},
		"ports": {"--ports", "keep"}, "checksums": {"--checksums", "keep"}, "udp_pad": {"--udp-pad"}, "key": {"--key-file", b.path("key")},
		"drop": {"--drop", "none"}, "drop_session_with": {"--drop-session-with", "stun"}, "dedup": {"--dedup", "none"}, "resync": {"--resync"},
		"labels": {"--labels", b.path("mine.yaml")}, "labels_sha256": {"--labels", b.path("mine.yaml")}, "label_from": {"--label-from", "dir"},
		"min_packets": {"--min-packets", "1"}, "min_bytes": {"--min-bytes", "1"}, "idle_timeout": {"--idle-timeout", "60s"}, "tcp_restart": {"--tcp-restart"},
		"unit": {"--unit", "flow"}, "max_packets": {"--max-packets", "1"}, "active_timeout": {"--active-timeout", "5m0s"}, "slice": {"--slice", "1m0s"},
		"window": {"--window", "15s"}, "form": {"--form", "matrix:packets=3"}, "min_span": {"--min-span", "1ns"},
		"table_sha256": b.table(), "table_columns": b.table(), "table_time": b.table(), "table_timezone": b.table(),
		"mask":          {"--mask", "ip.ttl=zero,ip.id=zero"},
		"session_scope": {"--session-scope", "group"}, "group": {"--session-scope", "group", "--group", "all"},
		"forge": {"--forge", "ip.ttl"}, "forge_key": {"--forge", "ip.ttl", "--forge-key-file", b.path("key")},
		"unknown": b.table("--unknown", "skip"), "table_times": {"--table-times", "none"}, "table_preset": b.table("--table-preset", "cicids2017"), "table_offset": b.table("--table-offset", "1s"),
		"table_conflict": b.table("--table-conflict", "longest"),
	}
	b.convert(exitDone, "usual")
	usual, err := storetest.Load(b.path("usual"))
	if err != nil {
		t.Fatal(err)
	}
	print, err := usual.Settings.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range settings.Recorded() {
		args, ok := other[r.Key]
		if !ok {
			t.Errorf("%s: say here by which options a run has another value of it", r.Key)
			continue
		}
		b.convert(exitDone, "of "+r.Key, append(args, "--card")...)
		m, err := storetest.Load(b.path("of " + r.Key))
		if err != nil {
			t.Fatal(err)
		}
		value := m.Settings.Get(r.Key)
		if value == usual.Settings.Get(r.Key) || value == "" {
			t.Errorf("%s: %q in the manifest", r.Key, value)
		}
		if text := b.run(exitDone, "inspect", b.path("of "+r.Key), "-n", "0"); !strings.Contains(text, " "+r.Name+" "+value) {
			t.Errorf("inspect shows no %q %q:\n%s", r.Name, value, text)
		}
		card, err := os.ReadFile(filepath.Join(b.path("of "+r.Key), "README.md"))
		if err != nil || !regexp.MustCompile("(?m)^\\| `--"+r.Option.Name+"` \\| .*`"+regexp.QuoteMeta(value)+"` \\|$").Match(card) {
			t.Errorf("the card shows no --%s %q (%v)", r.Option.Name, value, err)
		}
		if again := regexp.MustCompile("(?m)^    pcapmill convert .*$").FindString(string(card)); !r.Fact && !strings.Contains(again, " --"+r.Option.Name+" ") && !strings.Contains(again, " --"+r.Option.Name) {
			t.Errorf("the card's command has no --%s: %s", r.Option.Name, again)
		}
		if p, err := m.Settings.Fingerprint(); err != nil || p == print {
			t.Errorf("%s: the fingerprint is the usual one (%v)", r.Key, err)
		}
		if text := b.convert(exitFailed, "of "+r.Key); !strings.Contains(text, "--"+r.Option.Name+": ") {
			t.Errorf("%s: added to, or refused without its name:\n%s", r.Key, text)
		}
	}
}

// TestListAgainstRooms: the values of an option in the list are those that the room that acts
// on it takes, and says that it has.
func TestListAgainstRooms(t *testing.T) {
	rooms := map[string]func(value string) error{
		"drop":              func(v string) (err error) { _, err = header.ParseDrop(v); return err },
		"dedup":             func(v string) (err error) { _, err = sample.ParseDedup(v); return err },
		"drop-session-with": func(v string) (err error) { _, err = header.ParseDrop(v); return err },
		"label-from":        func(v string) (err error) { _, err = mill.ParseLabelFrom(v); return err },
		"unknown":           func(v string) (err error) { _, err = mill.ParseUnknown(v); return err },
		"split-method":      func(v string) (err error) { _, err = split.ParseMethod(v); return err },
		"split-by":          func(v string) (err error) { _, err = split.ParseBy(v); return err },
		"split-fallback":    func(v string) (err error) { _, err = split.ParseFallback(v); return err },
		"table-times":       func(v string) (err error) { _, err = mill.ParseTableTimes(v); return err },
		"table-conflict":    func(v string) (err error) { _, err = mill.ParseTableConflict(v); return err },
		"table-preset":      func(v string) (err error) { _, err = flows.Preset(v); return err },
		"session-scope":     func(v string) (err error) { _, err = mill.ParseScope(v); return err },
		"unit":              func(v string) (err error) { _, err = session.ParseUnits(v); return err },
		"forge":             func(v string) (err error) { _, err = forge.Parse(v); return err },
		"profile":           func(v string) (err error) { _, err = mask.Profile(v); return err },
	}
	for _, name := range mask.Fields() {
		rooms[name] = func(v string) error { return new(mask.Policy).Set(name, v) }
	}
	if o, _ := settings.Find("mask"); true { // its words stand in the text
		for _, f := range mask.PacketFields() {
			if !strings.Contains(o.Long, " "+f.String()) {
				t.Errorf("mask: the text does not name %s", f)
			}
			for _, a := range f.Actions() {
				if !strings.Contains(o.Long, " "+a.String()) {
					t.Errorf("mask: the text does not name %s", a)
				}
			}
		}
	}
	for _, o := range settings.Options() {
		values := o.Values
		switch room := rooms[o.Name]; {
		case room == nil && values != nil && o.Group != "Output": // formats have a test of their own
			t.Errorf("%s: say here which room acts on it", o.Name)
		case room == nil:
		default:
			if o.Kind == settings.Switch {
				values = []string{"off", "on"}
			}
			if o.Name == "table-preset" {
				_, names, _ := strings.Cut(o.Long, "these have: ")
				names, _, _ = strings.Cut(names, ". ")
				values = strings.Split(names, ", ")
			}
			_, list, _ := strings.Cut(room("no such value").Error(), "have ")
			var have []string
			for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(", ()", r) }) {
				if word != "or" && word != "comma-separated" {
					have = append(have, word)
				}
			}
			if want := slices.Sorted(slices.Values(values)); !slices.Equal(slices.Sorted(slices.Values(have)), want) {
				t.Errorf("%s: the list has %q, its room %q", o.Name, want, have)
			}
			for _, value := range values {
				if err := room(value); err != nil {
					t.Errorf("%s %s: %v", o.Name, value, err)
				}
			}
		}
	}
}

// TestClassTableByContent: the path of a class table is nowhere in the dataset, its name and
// digest are; another spelling of the path is the same fingerprint, and the same classes
// under another name are added to.
func TestClassTableByContent(t *testing.T) {
	b := newBench(t)
	t.Chdir(b.dir)
	b.write("copy.yaml", "# the same\nChat:\n- chat\n")
	b.write("more.yaml", "Chat: [chat, talk]\n")
	prints := map[string]string{}
	for name, path := range map[string]string{"absolute": b.path("mine.yaml"), "relative": "./mine.yaml", "plain": "mine.yaml"} {
		b.convert(exitDone, name, "--labels", path, "--card")
		m, err := storetest.Load(b.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if prints[name], err = m.Settings.Fingerprint(); err != nil || m.Settings.Get("labels") != "mine.yaml" || len(m.Settings.Get("labels_sha256")) != 64 {
			t.Errorf("%s: %q %q, %v", name, m.Settings.Get("labels"), m.Settings.Get("labels_sha256"), err)
		}
		for _, file := range []string{manifest.Name, "README.md", "croissant.json", "SHA256SUMS"} {
			text, err := os.ReadFile(filepath.Join(b.path(name), file))
			if err != nil || bytes.Contains(text, []byte(b.dir)) || bytes.Contains(text, []byte("./mine.yaml")) {
				t.Errorf("%s of %s has the path (%v)", file, name, err)
			}
		}
	}
	if prints["absolute"] != prints["relative"] || prints["plain"] != prints["relative"] {
		t.Errorf("fingerprints %v", prints)
	}
	b.convert(exitDone, "plain", "--labels", "copy.yaml")
	if text := b.convert(exitFailed, "plain", "--labels", "more.yaml"); !strings.Contains(text, "--labels: class Chat has the keywords") {
		t.Error(text)
	}
	// A dataset of version 0.1.0: the path as it was given, and no digest.
	edit(t, filepath.Join(b.path("plain"), manifest.Name), func(s map[string]any) {
		s["labels"] = b.path("mine.yaml")
		delete(s, "labels_sha256")
	})
	b.convert(exitDone, "plain", "--labels", "mine.yaml")
	b.run(exitDone, "card", b.path("plain"))
	for _, text := range []string{b.read("plain/README.md"), b.run(exitDone, "inspect", b.path("plain"), "-n", "0")} {
		if !strings.Contains(text, "mine.yaml") || strings.Contains(text, b.path("mine.yaml")) {
			t.Errorf("shown as\n%s", text)
		}
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// edit changes the settings in a manifest, which keeps the order of nothing but is one.
func edit(t *testing.T, path string, change func(settings map[string]any)) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	change(m["settings"].(map[string]any))
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestOtherReadingIsRefused: a dataset labelled by a table is not added to under another
// reading of the table, or another table; the difference is shown. That holds for datasets
// of version 0.1.0, too, which recorded only one digest of both.
func TestOtherReadingIsRefused(t *testing.T) {
	b := newBench(t)
	b.write("other.csv", b.read("flows.csv")+"\n")
	check := func(have string) {
		t.Helper()
		for want, args := range map[string][]string{
			"--table-timezone: the dataset has " + have + ", this run asks for America/Halifax": b.table("--table-timezone", "America/Halifax"),
			"--table-offset: the dataset has none, this run asks for 1h0m0s":                    b.table("--table-offset", "3600s"),
			"--table: the dataset": b.table("--table", b.path("other.csv")),
			"--label-from: the dataset has table, this run asks for dir": {"--label-from", "dir"},
		} {
			if text := b.convert(exitFailed, "data", args...); !strings.Contains(text, want) {
				t.Errorf("no %q:\n%s", want, text)
			}
		}
		if text := b.convert(exitDone, "data", b.table("--table-offset", "0s")...); !strings.Contains(text, "already in the dataset") {
			t.Errorf("the same reading:\n%s", text)
		}
	}
	b.convert(exitDone, "data", b.table()...)
	check("UTC")
	edit(t, b.path("data/"+manifest.Name), func(s map[string]any) {
		for key := range s {
			if strings.HasPrefix(key, "table_") {
				delete(s, key)
			}
		}
	})
	check("none")
	if text := b.convert(exitFailed, "data", b.table("--table-offset", "1h")...); !strings.Contains(text, "before the table and its reading were recorded") {
		t.Errorf("a dataset of version 0.1.0:\n%s", text)
	}
}

// TestMakeItAgain: the command on the card makes the dataset again, for every source of
// labels.
func TestMakeItAgain(t *testing.T) {
	b := newBench(t)
	t.Chdir(b.dir)
	for _, args := range [][]string{
		nil,
		{"--labels", b.path("mine.yaml")},
		{"--label-from", "dir"},
		{"--label-from", "dir", "--labels", "mine.yaml"},
		b.table(), b.table("--labels", "mine.yaml"),
		{"--udp-pad", "--ip", "anonymize", "--key-file", "key", "--idle-timeout", "90s"},
		b.table("--unknown", "skip"), b.table("--table-time", "%Y-%m-%d %H:%M:%S|%d/%m/%Y %H:%M"),
		{"--input-sha256"},
		{"--mask", "payload=zero", "--ip", "zero"},
		{"--profile", "payload"},
		{"--unit", "flow", "--max-packets", "3", "--window", "5s"},
		b.table("--table-conflict", "longest"),
		{"--split", "50/50", "--split-by", "session", "--split-fallback", "session", "--split-salt", "a  salt $HOME", "--dedup", "none", "--format", "npz,csv"},
	} {
		for _, name := range []string{"once", "again"} {
			if err := os.RemoveAll(b.path(name)); err != nil {
				t.Fatal(err)
			}
		}
		b.convert(exitDone, "once", args...)
		b.run(exitDone, "export", "once", "--format", "wds", "--unknown", "skip", "--shards", "2")
		b.run(exitDone, "card", "once")
		lines := regexp.MustCompile("(?m)^    pcapmill .*$").FindAllString(b.read("once/README.md"), -1)
		for _, line := range lines {
			line = strings.NewReplacer("CAPTURES", b.path("chat.pcap"), "DIR", "again", " KEY", " key", " TABLE", " flows.csv").Replace(strings.TrimSpace(line))
			b.run(exitDone, words(line)...)
		}
		once, again := b.read("once/manifest.json"), b.read("again/manifest.json")
		seconds := regexp.MustCompile(`"seconds": [0-9.e-]+`)
		if seconds.ReplaceAllString(once, "") != seconds.ReplaceAllString(again, "") {
			t.Errorf("%s\nonce\n%s\nagain\n%s", lines, once, again)
		}
		for _, name := range []string{"splits.json", "csv/samples.csv", "wds/__pcapmill/classes.json", "wds/all-000001.tar"} {
			if _, err := os.Stat(b.path("once/" + name)); err == nil && b.read("once/"+name) != b.read("again/"+name) {
				t.Errorf("%s: other %s", lines, name)
			}
		}
	}
}

// words are those of a command line but the first, without their quotes.
func words(line string) (list []string) {
	for _, m := range regexp.MustCompile(`(?:[^\s']|'[^']*')+`).FindAllString(line, -1)[1:] {
		list = append(list, strings.ReplaceAll(m, "'", ""))
	}
	return list
}

// TestBlanksAtTheEndsOfPaths: CIC-IDS2017 comes in a folder called "TrafficLabelling ".
func TestBlanksAtTheEndsOfPaths(t *testing.T) {
	b := newBench(t)
	if err := os.Mkdir(b.path("TrafficLabelling "), 0o777); err != nil {
		t.Fatal(err)
	}
	b.write("TrafficLabelling /flows.csv", b.read("flows.csv"))
	b.write(" key ", strings.Repeat("k", 32))
	b.write("pcapmill.yaml", "table: '"+b.path("TrafficLabelling ")+"'\nkey-file: '"+b.path(" key ")+"'\n")
	if err := os.Remove(b.path("key")); err != nil {
		t.Fatal(err)
	}
	b.convert(exitDone, "out ", append([]string{"--config", b.path("pcapmill.yaml"), "--label-from", "table"}, b.table()[4:]...)...)
	b.convert(exitDone, "out ", b.table("--table", b.path("TrafficLabelling "), "--key-file", b.path(" key "))...)
	t.Setenv("PCAPMILL_OUT", b.path(" out"))
	b.run(exitDone, "convert", b.path("chat.pcap"))
	for _, name := range []string{"out ", " out"} {
		if _, err := storetest.Load(b.path(name)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := os.Stat(b.path("out")); err == nil {
		t.Error("a dataset without the blank was made")
	}
}

// TestTableTimes: what the table of samples and its exports tell of times under each choice,
// and that all else is the same.
func TestTableTimes(t *testing.T) {
	b := newBench(t)
	rowsOf := func(name string) (start, duration []int64, rest string) {
		text := []byte(b.read(name + "/sample_table.bin"))
		for at := 0; at < len(text); at += 96 {
			start = append(start, int64(binary.LittleEndian.Uint64(text[at+8:])))
			duration = append(duration, int64(binary.LittleEndian.Uint64(text[at+16:])))
			clear(text[at+8 : at+24])
		}
		return start, duration, string(text)
	}
	usual := map[string]string{}
	for _, choice := range []string{"keep", "relative", "none"} {
		args := []string{"--table-times", choice, "--format", "csv,parquet,table,wds,npz", "--dedup", "none", "--card"}
		b.convert(exitDone, choice, args...)
		b.convert(exitDone, choice, args...)
		b.run(exitDone, "verify", b.path(choice), "--against", b.path("chat.pcap"))
		start, duration, rest := rowsOf(choice)
		for name, text := range map[string]string{"images": b.read(choice + "/session_output.idx3"), "labels": b.read(choice + "/label_output.idx1"), "rows": rest} {
			if choice == "keep" {
				usual[name] = text
			} else if text != usual[name] {
				t.Errorf("%s: other %s", choice, name)
			}
		}
		const none, first = math.MinInt64, 1499248800e9
		want := map[string][2][]int64{
			"keep": {{first, first + 2e9}, {1e9, 1e9}}, "relative": {{0, 2e9}, {1e9, 1e9}}, "none": {{none, none}, {none, none}},
		}[choice]
		if !slices.Equal(start, want[0]) || !slices.Equal(duration, want[1]) {
			t.Errorf("%s: start %v, duration %v, want %v", choice, start, duration, want)
		}
		csv := b.read(choice + "/csv/samples.csv")
		if cell := map[string]string{"keep": ",2017-07-05T10:00:02.000000000Z,1000000000,", "relative": ",1970-01-01T00:00:02.000000000Z,1000000000,", "none": ",1,,,2,"}[choice]; !strings.Contains(csv, cell) {
			t.Errorf("%s: no %s in\n%s", choice, cell, csv)
		}
		if err := filepath.WalkDir(b.path(choice), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || choice == "keep" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, secret := range []string{"2017-07-05", "14992488", string(binary.LittleEndian.AppendUint64(nil, first)), string(binary.LittleEndian.AppendUint64(nil, first+2e9))} {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("%s: %s tells the time as %q", choice, path, secret)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, way := range [][]string{{"--split-by", "time"}, {"--split-by", "session", "--split-fallback", "time"}} {
			status := map[bool]int{true: exitUsage, false: exitDone}[choice != "keep"]
			text := b.convert(status, choice+" "+way[1], append([]string{"--dedup", "none", "--table-times", choice, "--split", "50/50"}, way...)...)
			if status == exitUsage && !strings.Contains(text, "time: with --table-times "+choice) {
				t.Errorf("%s %v: %s", choice, way, text)
			}
			status = map[bool]int{true: exitFailed, false: exitDone}[choice != "keep"]
			if text := b.run(status, append([]string{"split", b.path(choice), "--split", "50/50"}, way...)...); status == exitFailed && !strings.Contains(text, "time: with --table-times "+choice) {
				t.Errorf("%s %v: %s", choice, way, text)
			}
		}
	}
	edit(t, b.path("keep/"+manifest.Name), func(s map[string]any) { s["table_times"] = "none" })
	if text := b.run(exitFailed, "verify", b.path("keep")); !strings.Contains(text, "tells a time") {
		t.Error(text)
	}
}

// TestManifestWithoutVariantDigests: a manifest that was changed by hand is refused, by its path.
func TestManifestWithoutVariantDigests(t *testing.T) {
	b := newBench(t)
	b.write("variants.yaml", "[{name: a}, {name: b, ports: keep}, {name: c, ip: keep}]")
	b.convert(exitDone, "data", "--variants", b.path("variants.yaml"))
	text := b.read("data/" + manifest.Name)
	digests := regexp.MustCompile(`(?s)"variants_digests": \[.*?\]`)
	if !digests.MatchString(text) {
		t.Fatal(text)
	}
	b.write("data/"+manifest.Name, digests.ReplaceAllString(text, `"variants_digests": [null]`))
	for _, args := range [][]string{{"inspect"}, {"inspect", "--variant", "c"}, {"verify"}, {"card"}, {"audit", "--variant", "c"}} {
		if text := b.run(exitFailed, append(args, b.path("data"))...); !strings.Contains(text, "digests of 1 variants, need 2") {
			t.Errorf("%s: %s", args, text)
		}
	}
}
