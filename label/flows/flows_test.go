package flows_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/label/flows"
)

// plain are columns by their roles' names, times in ns.
func plain() flows.Options {
	o := flows.Options{Times: "unix-ns"}
	_ = o.SetColumns("src_ip=src_ip,src_port=src_port,dst_ip=dst_ip,dst_port=dst_port,proto=proto,start=start,duration_ns=duration,label=label")
	return o
}

const head = "src_ip,src_port,dst_ip,dst_port,proto,start,duration,label\n"

func read(t *testing.T, o flows.Options, text string) (*flows.Index, error) {
	t.Helper()
	x, err := flows.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return x, x.Read(strings.NewReader(text), "flows.csv", o)
}

func ends(a, b string) (netip.AddrPort, netip.AddrPort) {
	return netip.MustParseAddrPort(a), netip.MustParseAddrPort(b)
}

// byOrder labels classes by their place in Classes, from 10.
func byOrder(x *flows.Index) {
	ids := map[string]uint16{}
	for i, c := range x.Classes() {
		ids[c] = uint16(10 + i)
	}
	x.Resolve(func(class string) uint16 { return ids[class] })
}

// TestCICFlowMeter: rows as the published files have them.
func TestCICFlowMeter(t *testing.T) {
	v3 := "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Total Fwd Packets, Label\n" +
		"x,172.16.0.1,56341,192.168.10.50,22,6,5/7/2017 8:55,120043,47,SSH-Patator\n" +
		"x,192.168.10.5,51000,192.168.10.50,443,6,5/7/2017 2:01,-1,4,BENIGN\n" +
		"x,8.6.0.1,0,8.0.6.4,0,0,5/7/2017 9:01,2000,4,BENIGN\n" +
		"x,172.16.0.1,56342,192.168.10.50,80,6,5/7/2017 9:15:02,5,1,Web Attack \x96 XSS\n" +
		",,,,,,,,,\n"
	o, err := flows.Preset("cicids2017")
	if err != nil {
		t.Fatal(err)
	}
	o.Zone = "-03:00"
	x, err := read(t, o, v3)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", x.Classes()); got != `["BENIGN" "SSH-Patator" "Web Attack – XSS"]` {
		t.Errorf("classes %s", got)
	}
	if c := x.Counts(); c != (flows.Counts{Rows: 3, Blank: 1, OtherProtocol: 1}) {
		t.Errorf("%+v", c)
	}
	byOrder(x)
	at := func(text string) int64 {
		when, err := time.Parse("15:04:05.000", text)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2017, 7, 5, when.Hour(), when.Minute(), when.Second(), when.Nanosecond(), time.UTC).UnixNano()
	}
	for _, test := range []struct {
		a, b, from, to string
		label          uint16
		line           int
	}{
		{"192.168.10.50:22", "172.16.0.1:56341", "11:55:59.900", "11:56:10.000", 11, 2}, // the other way round; a minute is coarse
		{"192.168.10.50:22", "172.16.0.1:56341", "11:56:00.120", "11:56:10.000", 11, 2}, // and the flow lasts
		{"192.168.10.50:22", "172.16.0.1:56341", "11:56:00.130", "11:56:10.000", 0, 0},
		{"192.168.10.50:22", "172.16.0.1:56341", "11:50:00.000", "11:54:59.999", 0, 0},
		{"192.168.10.5:51000", "192.168.10.50:443", "17:01:30.000", "17:01:30.000", 10, 3}, // 2 o'clock in the afternoon
		{"172.16.0.1:56342", "192.168.10.50:80", "12:15:02.500", "12:15:03.500", 12, 5},
		{"172.16.0.1:56342", "192.168.10.50:81", "12:15:02.500", "12:15:03.500", 0, 0},
	} {
		a, b := ends(test.a, test.b)
		label, line, ok, err := x.Label(a, b, 6, at(test.from), at(test.to))
		if err != nil || label != test.label || ok != (test.line > 0) || line.Line != test.line {
			t.Errorf("%+v: label %d of %v, %t, %v", test, label, line, ok, err)
		}
		if _, _, ok, _ := x.Label(a, b, 17, at(test.from), at(test.to)); ok {
			t.Errorf("%+v: matches as UDP too", test)
		}
	}
	if c := x.Counts(); c.Used != 3 {
		t.Errorf("%+v", c)
	}

	v4 := "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Label\r\nx,2001:db8::1,5000,2001:db8::2,53,17,07/03/2023 02:11:09 PM,1000000,DNS\r\n"
	if o, err = flows.Preset("cicflowmeter-v4"); err != nil {
		t.Fatal(err)
	}
	o.Zone, o.Offset = "UTC", -11*time.Second
	if x, err = read(t, o, v4); err != nil {
		t.Fatal(err)
	}
	byOrder(x)
	a, b := ends("[2001:db8::2]:53", "[2001:db8::1]:5000")
	when := time.Date(2023, 3, 7, 14, 10, 59, 0, time.UTC).UnixNano()
	if label, line, ok, err := x.Label(a, b, 17, when, when); label != 10 || !ok || err != nil || line.String() != "flows.csv:2" {
		t.Errorf("label %d of %v, %t, %v", label, line, ok, err)
	}
	if o, err = flows.Preset("cicflowmeter-v3"); err != nil {
		t.Fatal(err)
	}
	if _, err := flows.New(o); err == nil || !strings.Contains(err.Error(), "no layout for the times") {
		t.Errorf("hours without AM or PM: error %v", err)
	}
	if _, err := flows.Preset("zeek"); err == nil {
		t.Error("zeek is a preset")
	}
}

// TestConflict: two rows of different labels are an error that names both lines and no address; two of one label are none.
func TestConflict(t *testing.T) {
	x, err := read(t, plain(), head+
		"10.0.0.1,1,10.0.0.2,2,tcp,100,50,DoS Hulk\n10.0.0.2,2,10.0.0.1,1,TCP,120,50,\"BENIGN, really\"\n10.0.0.1,1,10.0.0.2,2,6,300,1,DoS\n")
	if err != nil {
		t.Fatal(err)
	}
	byOrder(x)
	a, b := ends("10.0.0.1:1", "10.0.0.2:2")
	var conflict *flows.ConflictError
	if _, _, _, err := x.Label(a, b, 6, 0, 1000); !errors.As(err, &conflict) ||
		err.Error() != "the table has two classes for it: DoS Hulk in flows.csv:2, BENIGN, really in flows.csv:3" {
		t.Errorf("error %v", err)
	}
	for _, when := range []int64{100, 119, 171, 300, 301} {
		if _, _, _, err := x.Label(a, b, 6, when, when); err != nil {
			t.Errorf("at %d: %v", when, err)
		}
	}
	x.Resolve(func(string) uint16 { return 7 })
	if label, _, ok, err := x.Label(a, b, 6, 0, 1000); label != 7 || !ok || err != nil {
		t.Errorf("one class: label %d, %t, %v", label, ok, err)
	}
}

// TestAgainstTwin compares with a search through all rows.
func TestAgainstTwin(t *testing.T) {
	type flow struct {
		a, b       netip.AddrPort
		proto      uint8
		start, end int64
		class      string
	}
	drawFlow := func(t *rapid.T) flow {
		end := func(what string) netip.AddrPort {
			ip := rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1", "2001:db8::1"}).Draw(t, what)
			return netip.AddrPortFrom(netip.MustParseAddr(ip), rapid.Uint16Range(1, 2).Draw(t, what+" port"))
		}
		f := flow{a: end("a"), b: end("b"), proto: rapid.SampledFrom([]uint8{6, 17}).Draw(t, "proto"), start: rapid.Int64Range(-20, 20).Draw(t, "start")}
		f.end = f.start + rapid.Int64Range(0, 10).Draw(t, "duration")
		f.class = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "class")
		return f
	}
	plainEnd := func(a netip.AddrPort) string { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String() }
	draw.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString(head)
		var rows []flow
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			f := drawFlow(t)
			rows = append(rows, f)
			fmt.Fprintf(&text, "%s,%d,%s,%d,%d,%d,%d,%s\n", f.a.Addr(), f.a.Port(), f.b.Addr(), f.b.Port(), f.proto, f.start, f.end-f.start, f.class)
		}
		x, err := flows.New(plain())
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Read(strings.NewReader(text.String()), "f", plain()); err != nil {
			t.Fatal(err)
		}
		x.Resolve(func(c string) uint16 { return uint16(c[0]) })
		used := map[int]bool{}
		for range 5 {
			s := drawFlow(t)
			first, classes := 0, map[string]bool{}
			for i, r := range rows {
				same := plainEnd(r.a) == plainEnd(s.a) && plainEnd(r.b) == plainEnd(s.b) || plainEnd(r.a) == plainEnd(s.b) && plainEnd(r.b) == plainEnd(s.a)
				if !same || r.proto != s.proto || r.end < s.start || s.end < r.start {
					continue
				}
				if first == 0 {
					first = i + 2
				}
				classes[r.class], used[i] = true, true
			}
			label, line, ok, err := x.Label(s.a, s.b, s.proto, s.start, s.end)
			if ok != (first > 0) || line.Line != first || (err != nil) != (len(classes) > 1) || ok && string(rune(label)) != rows[first-2].class {
				t.Fatalf("%+v in\n%s: label %d of %v, %t, %v; want line %d, classes %v", s, &text, label, line, ok, err, first, classes)
			}
		}
		if c := x.Counts(); c.Used != int64(len(used)) || c.Rows != int64(len(rows)) {
			t.Fatalf("%+v, want %d used of %d", c, len(used), len(rows))
		}
	})
}

// TestRefuses: every error names file and line, and no error has an address.
func TestRefuses(t *testing.T) {
	const good = "10.98.76.54,1,10.98.76.55,2,tcp,100,50,x\n"
	for name, test := range map[string]struct {
		text string
		line int
		part string
	}{
		"empty":            {"", 1, "empty"},
		"no column":        {"a,b,c\n", 1, "no column \"src_ip\""},
		"a column twice":   {strings.Replace(head, "label", "label,start", 1), 1, "stands twice"},
		"address":          {head + good + strings.Replace(good, "10.98.76.54", "10.98.76.540", 1), 3, "src_ip is no IP address"},
		"a zone":           {head + strings.Replace(good, "10.98.76.55", "fe80::1%eth0", 1), 2, "dst_ip"},
		"port":             {head + strings.Replace(good, ",2,", ",65536,", 1), 2, "dst_port is no port"},
		"protocol":         {head + strings.Replace(good, "tcp", "", 1), 2, "protocol"},
		"time":             {head + strings.Replace(good, "100", "soon", 1), 2, "start: time \"soon\""},
		"duration":         {head + strings.Replace(good, "50", "long", 1), 2, "duration \"long\""},
		"infinite":         {head + strings.Replace(good, ",50", ",+Inf", 1), 2, "out of range"},
		"few fields":       {head + "10.98.76.54,1,10.98.76.55\n", 2, "3 fields, but column"},
		"open quote":       {head + "\"10.98.76.54,1\n", 2, "quote is not closed"},
		"behind a quote":   {head + "\"10.98.76.54\"x,1\n", 2, "behind a quoted field"},
		"long line":        {head + strings.Repeat("x", 1<<20+1) + "\n", 2, "more than 1048576 bytes"},
		"control in class": {head + strings.Replace(good, ",x", ",a\x01b", 1), 2, "control"},
		"long class":       {head + strings.Replace(good, ",x", ","+strings.Repeat("x", 256), 1), 2, "256 bytes"},
	} {
		_, err := read(t, plain(), test.text)
		var e *flows.Error
		if !errors.As(err, &e) || e.Line.Line != test.line || e.Line.File != "flows.csv" || !strings.Contains(err.Error(), test.part) {
			t.Errorf("%s: error %v, want line %d and %q", name, err, test.line, test.part)
			continue
		}
		if strings.Contains(err.Error(), "10.98.76") {
			t.Errorf("%s: the error has an address: %v", name, err)
		}
	}
	o := plain()
	o.Columns.End, o.Columns.Duration = "duration", ""
	if _, err := read(t, o, head+good); err == nil || !strings.Contains(err.Error(), "ends before it starts") {
		t.Errorf("end before start: %v", err)
	}
	o.Columns.Duration = "duration"
	if _, err := flows.New(o); err == nil {
		t.Error("both end and duration were taken")
	}
	for _, columns := range []string{"", "src_ip", "src=x", "src_ip=", "src_ip=a,src_ip=b", "duration_h=x"} {
		if err := new(flows.Options).SetColumns(columns); err == nil {
			t.Errorf("columns %q were taken", columns)
		}
	}
	if _, err := flows.New(flows.Options{}); err == nil || !strings.Contains(err.Error(), "src_ip, src_port") {
		t.Errorf("no columns: %v", err)
	}
}

// TestForms: separators, quotes, order and case of columns, byte order mark, last line without an end.
func TestForms(t *testing.T) {
	for _, text := range []string{
		"\ufeffLABEL;start ; duration;proto;\"dst_port\";dst_ip;src_port;src_ip;other\r\n\"a \"\"b\"\"\";1;1;udp;2;10.0.0.2;1;10.0.0.1;",
		"label\tstart\tduration\tproto\tdst_port\tdst_ip\tsrc_port\tsrc_ip\n a \"b\"\t1\t1\t17\t2.0\t10.0.0.2\t1\t10.0.0.1\n\n",
	} {
		x, err := read(t, plain(), text)
		if err != nil || fmt.Sprintf("%q", x.Classes()) != `["a \"b\""]` || x.Counts().Rows != 1 {
			t.Errorf("%q: %v, %v", text, x.Classes(), err)
		}
	}
	x, err := read(t, plain(), head+"10.0.0.1,1,10.0.0.2,2,6,1,1,-\n10.0.0.1,1,10.0.0.2,2,6,1,1,Unknown\n10.0.0.1,1,10.0.0.2,2,icmp,1,1,x\n")
	if err != nil || x.Counts() != (flows.Counts{NoClass: 2, OtherProtocol: 1}) {
		t.Errorf("%+v, %v", x.Counts(), err)
	}
}

// TestLoad: a file, and a directory of them by name; the digest is of options and content.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, class := range map[string]string{"b.csv": "two", "a.CSV": "one", "c.pcap": "three"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(head+"10.0.0.1,1,10.0.0.2,2,6,1,1,"+class+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	x, err := flows.Load(t.Context(), dir, 0, plain())
	if err != nil || fmt.Sprint(x.Classes()) != "[one two]" {
		t.Fatalf("%v, %v", x, err)
	}
	byOrder(x)
	a, b := ends("10.0.0.1:1", "10.0.0.2:2")
	var conflict *flows.ConflictError
	if _, _, _, err := x.Label(a, b, 6, 1, 1); !errors.As(err, &conflict) || conflict.First.String() != "a.CSV:2" || conflict.Second.String() != "b.csv:2" {
		t.Errorf("error %v", err)
	}
	one, err := flows.Load(t.Context(), filepath.Join(dir, "b.csv"), 0, plain())
	if err != nil || one.Digest() == x.Digest() {
		t.Errorf("digest %s, %v", one.Digest(), err)
	}
	again, err := flows.Load(t.Context(), dir, 0, plain())
	if err != nil || again.Digest() != x.Digest() {
		t.Errorf("digest %s and %s, %v", again.Digest(), x.Digest(), err)
	}
	later := plain()
	later.Offset = time.Second
	if other, err := flows.Load(t.Context(), dir, 0, later); err != nil || other.Digest() == x.Digest() {
		t.Errorf("the digest does not see the options: %v", err)
	}
	for _, path := range []string{filepath.Join(dir, "none"), t.TempDir()} {
		if _, err := flows.Load(t.Context(), path, 0, plain()); err == nil {
			t.Errorf("%s was loaded", path)
		}
	}
}

// FuzzRead: any text is read or refused with its line, and what was read can be looked up.
func FuzzRead(f *testing.F) {
	f.Add([]byte(head+"10.0.0.1,1,10.0.0.2,2,6,1,1,x\n"), "unix-ns", "")
	f.Add([]byte("\xef\xbb\xbflabel;start;duration;proto;dst_port;dst_ip;src_port;src_ip\n\"\x96\";3/7/2017 8:55;1e3;udp;1;::1;2;::2"), "%d/%m/%Y %{8}I:%M", "UTC")
	f.Add([]byte(`{"src_ip":"::1","src_port":1,"dst_ip":"::2","dst_port":2,"proto":6,"start":1,"duration":null,"label":{"a":1}}`), "unix", "")
	f.Add([]byte("#separator \\x09\n#fields\tsrc_ip\tsrc_port\tdst_ip\tdst_port\tproto\tstart\tduration   label\n::1\t1\t::2\t2\t6\t1\t-   x"), "unix", "")
	f.Add([]byte("\xff\xfea\x00,\x00\n\x00"), "unix", "")
	f.Fuzz(func(t *testing.T, text []byte, times, zone string) {
		o := plain()
		o.Times, o.Zone = times, zone
		x, err := flows.New(o)
		if err != nil {
			return
		}
		if err := x.Read(bytes.NewReader(text), "f", o); err != nil {
			var e *flows.Error
			if printable := len(text) == 0 || text[0] >= ' ' && text[0] < 0x7f; printable && (!errors.As(err, &e) || e.Line.Line < 1) {
				t.Fatalf("error %v without a line", err)
			}
		}
		byOrder(x)
		c := x.Counts()
		if c.Rows > int64(bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte("\r"))+1) && text[0] < 0x80 && bytes.IndexByte(text, 0) < 0 || c.Rows > 0 && len(x.Classes()) == 0 {
			t.Fatalf("%+v, classes %q", c, x.Classes())
		}
		a, b := ends("10.0.0.1:1", "10.0.0.2:2")
		_, _, _, _ = x.Label(a, b, 6, -1<<63, 1<<63-1)
	})
}
