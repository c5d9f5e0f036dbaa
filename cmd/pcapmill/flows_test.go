package main

import (
	"bytes"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestTableOfFlows labels sessions by a table as CICFlowMeter writes it, from the command line, and looks for the table's
// addresses in all that comes out, of failures too.
func TestTableOfFlows(t *testing.T) {
	a, b := netip.MustParseAddr("203.0.113.177"), netip.MustParseAddr("198.51.100.201")
	packet := func(at int64, port uint16, text string) testcap.Packet {
		return testcap.Packet{Time: at * 1e9, LinkType: testcap.Raw, Data: testcap.Build(
			testcap.IPv4{Src: a, Dst: b}, testcap.TCP{SrcPort: port, DstPort: 443}, testcap.Payload(text))}
	}
	const nine = 1499248800 // 5 July 2017, 10:00 UTC: 7 o'clock in Halifax
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	capture := write("day.pcap", testcap.Pcap{LinkType: testcap.Raw}.File(
		packet(nine+3*3600, 1001, "first"), packet(nine+3*3600, 1002, "second"), packet(nine+7*3600, 1003, "third")))
	head := "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Label\n"
	row := func(port, when, class string) string {
		return "x," + b.String() + ",443," + a.String() + "," + port + ",6," + when + ",1000," + class + "\n"
	}
	good := write("good.csv", []byte(head+row("1001", "5/7/2017 10:00", "BENIGN")+row("1003", "5/7/2017 2:00", "DoS Hulk")))
	two := write("two.csv", []byte(head+row("1001", "5/7/2017 10:00", "BENIGN")+row("1001", "5/7/2017 10:00", "DoS Hulk")))
	bad := write("bad.csv", []byte(head+strings.Replace(row("1001", "5/7/2017 10:00", "BENIGN"), ",443,", ",70000,", 1)))
	key := write("key", []byte("a key of more than sixteen bytes"))
	data := filepath.Join(dir, "data")
	with := func(table string, args ...string) []string {
		return append(args, "--label-from", "table", "--table", table, "--table-preset", "cicids2017", "--table-timezone", "America/Halifax")
	}
	var all bytes.Buffer
	for _, step := range []struct {
		args   []string
		status int
		want   string
	}{
		{with(good, "labels", capture), exitDone, "3 sessions of 1 capture: 2 matched by rows, 0 of these by rows of several classes"},
		{with(good, "convert", capture, "-o", data, "--key-file", key), exitDone, "table: 2 rows, 2 matched a session"},
		{[]string{"verify", data}, exitDone, "whole: 3 samples"},
		{[]string{"inspect", data}, exitDone, "  255  unknown         1"},
		{with(good, "convert", capture, "-o", data+"2", "--json", "--unknown", "skip"), exitDone, `"sessions_left_out":{"unknown-label":1}`},
		{with(good, "convert", capture, "-o", data+"3", "--unknown", "error"), exitFailed, "day.pcap: session 1, from packet 2 on: no row of the table"},
		{with(two, "convert", capture, "-o", data+"3"), exitFailed, "the table has two classes for it: BENIGN in two.csv:2, DoS Hulk in two.csv:3"},
		{with(bad, "convert", capture, "-o", data+"3"), exitUsage, "bad.csv:2: src_port is no port"},
		{with(good, "convert", capture, "-o", data+"3", "--table-offset", "3h"), exitFailed, "no row of the table matches any of the 3 sessions: 2 have their addresses and ports in the table, at other times; 2 of these are 3h earlier than their rows\n"},
		{with(two, "convert", capture, "-o", data+"4", "--table-conflict", "unknown"), exitDone, "matched a session; 1 session matched rows of several classes (unknown)"},
	} {
		var out bytes.Buffer
		if status := run(step.args, &out, &out); status != step.status || !strings.Contains(out.String(), step.want) {
			t.Errorf("%v: status %d, need %d and %q\n%s", step.args, status, step.status, step.want, &out)
		}
		all.Write(out.Bytes())
	}
	if _, err := os.Stat(data + "3"); err == nil {
		t.Error("a run that failed left a dataset")
	}
	for _, d := range []string{data, data + "2", data + "4"} {
		err := filepath.WalkDir(d, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			all.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, secret := range []netip.Addr{a, b} {
		if bytes.Contains(all.Bytes(), []byte(secret.String())) || bytes.Contains(all.Bytes(), secret.AsSlice()) {
			t.Errorf("%s got out", secret)
		}
	}
}
