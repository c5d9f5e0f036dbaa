package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8/decor"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
)

// outcomes is a result with every kind of row.
func outcomes() (*mill.Plan, *mill.Result) {
	counts := func(n int64) manifest.Counts {
		return manifest.Counts{
			Packets: 12 * n, Used: 10 * n, LeftOut: map[string]int64{"tcp-control": n, "unsupported-link": n},
			Sessions: 3 * n, Samples: 2 * n, Duplicates: n - 1, Empty: 1, Truncated: n, Padded: 2*n - 1, OriginalBytes: 3000, MeanLength: 1000.25, Seconds: 1.5,
		}
	}
	r := &mill.Result{Seconds: 3, Manifest: &manifest.Manifest{
		Samples: 4, Rows: 28, Cols: 28, Captures: make([]manifest.Capture, 3), Totals: manifest.Counts{Conflicts: 1},
		Classes: []manifest.Class{{Label: 0, Name: "Chat", Samples: 3}, {Label: 1, Name: "Email"}, {Label: 255, Name: "unknown", Samples: 1}},
	}}
	r.Added.LeftOut = map[string]int64{}
	for i, name := range []string{"vpn_aim_chat1a_of_a_very_long_name.pcap", "聊天.pcap", "empty.pcap", "known.pcap", "gone.pcap"} {
		o := mill.Outcome{Input: &mill.Input{Name: name, Path: name, Class: "Chat"}, Capture: manifest.Capture{Name: name, Class: "Chat"}}
		switch i {
		case 0, 1:
			o.Capture.Counts = counts(int64(i)*1000 + 1)
			o.Links = map[string]int64{"FDDI": 1}
			r.Added.Add(&o.Capture.Counts)
		case 3:
			o.Known = true
		case 4:
			o.Err = &mill.NothingError{Plan: &mill.Plan{}}
		}
		r.Outcomes = append(r.Outcomes, o)
	}
	return &mill.Plan{Out: "data"}, r
}

func show(width int) string {
	var out, messages bytes.Buffer
	c := &console{out: &out, err: &messages, width: width}
	c.result(outcomes())
	return out.String() + "--\n" + messages.String()
}

func TestStatisticsInOneTable(t *testing.T) {
	want := `CAPTURE                                  CLASS       PACKETS    USED  SESSIONS  SAMPLES  DUPLICATES  TRUNCATED  PADDED  EXACT  MEAN BYTES  SECONDS  LEFT OUT
vpn_aim_chat1a_of_a_very_long_name.pcap  Chat             12      10         3        2           0          1       1      0     1,000.2     1.50  1 tcp-control, 1 unsupported-link (FDDI), 1 empty session
聊天.pcap                                Chat         12,012  10,010     3,003    2,002       1,000      1,001   2,001      0     1,000.2     1.50  1,001 tcp-control, 1,001 unsupported-link (FDDI), 1 empty session
empty.pcap                               Chat              0       0         0        0           0          0       0      0         0.0     0.00  -
gone.pcap                                Chat        unreadable
total                                    3 captures   12,024  10,020     3,006    2,004       1,000      1,002   2,002      0         2.0     3.00  1,002 tcp-control, 1,002 unsupported-link (FDDI), 2 empty sessions
empty.pcap: no packets
1 capture already in the dataset under the same label: known.pcap
data: 4 samples of 28x28 bytes from 3 captures, 1 conflict (equal bytes under different labels)
LABEL  CLASS    SAMPLES
    0  Chat           3
  255  unknown        1
--
pcapmill: nothing to convert: no files
`
	for _, width := range []int{0, 240} {
		if have := show(width); have != want {
			t.Errorf("width %d:\n%s\nneed\n%s", width, have, want)
		}
	}
}

func TestStatisticsOnANarrowTerminal(t *testing.T) {
	have := show(80)
	want := `CAPTURE       CLASS      SESSIONS  SAMPLES   DUPL  TRUNC  PADDED  EXACT     MEAN
vpn_a…e.pcap  Chat              3        2      0      1       1      0  1,000.2
聊天.pcap     Chat          3,003    2,002  1,000  1,001   2,001      0  1,000.2
empty.pcap    Chat              0        0      0      0       0      0      0.0
gone.pcap     Chat       unreadable
total         3 ca…ures     3,006    2,004  1,000  1,002   2,002      0      2.0

`
	if !strings.HasPrefix(have, want) {
		t.Errorf("\n%s\nneed\n%s", have, want)
	}
	for _, need := range []string{"1,001 tcp-control,", "1,001 unsupported-link (FDDI)", " 12,012  10,010  ", "2 empty sessions"} {
		if !strings.Contains(have, need) {
			t.Errorf("no %q in\n%s", need, have)
		}
	}
}

// TestNoLineIsWider: at any width from 60 on no line is wider, and nothing of the table is
// missing.
func TestNoLineIsWider(t *testing.T) {
	for width := 60; width <= 250; width += 5 {
		have, _, _ := strings.Cut(show(width), "--\n")
		for line := range strings.SplitSeq(have, "\n") {
			if n := columnsOf(line); n > width {
				t.Errorf("%d columns in a terminal of %d: %s", n, width, line)
			}
		}
		for _, head := range []string{"CAPTURE", "CLASS", "PACKETS", "USED", "SESSIONS", "SAMPLES", "DUPL", "TRUNC", "PADDED", "EXACT", "MEAN", "SEC", "LEFT OUT"} {
			if !strings.Contains(have, head) {
				t.Errorf("no column %s in a terminal of %d:\n%s", head, width, have)
			}
		}
	}
}

// TestManyCaptures: of more than 30 only those that need a look have a row, unless all are
// asked for; quiet says nothing of them but what was wrong.
func TestManyCaptures(t *testing.T) {
	show := func(c *console, fine int) (stdout, stderr string) {
		var out, messages bytes.Buffer
		c.out, c.err = &out, &messages
		p, r := outcomes()
		for i := range fine {
			o := r.Outcomes[0]
			o.Capture.Name = fmt.Sprintf("fine%02d.pcap", i)
			r.Outcomes = append(r.Outcomes, o)
		}
		c.result(p, r)
		return out.String(), messages.String()
	}
	few, _ := show(&console{}, 26)
	if strings.Contains(few, "--verbose") || !strings.Contains(few, "fine25.pcap") {
		t.Errorf("30 captures:\n%s", few)
	}
	many, messages := show(&console{}, 27)
	for _, want := range []string{"31 captures; below are those that gave no sample, were damaged or could not be read; --verbose lists all\n", "\nempty.pcap ", "\ngone.pcap ", "\ntotal "} {
		if !strings.Contains(many, want) {
			t.Errorf("31 captures: no %q in\n%s", want, many)
		}
	}
	if strings.Contains(many, "fine") {
		t.Errorf("31 captures: those without problems are listed:\n%s", many)
	}
	if all, _ := show(&console{verbose: true}, 27); !strings.Contains(all, "fine26.pcap") || strings.Contains(all, "--verbose") {
		t.Errorf("--verbose:\n%s", all)
	}
	if out, err := show(&console{quiet: true}, 27); out != "" || err != messages || err == "" {
		t.Errorf("--quiet: stdout %q, stderr %q; want nothing and %q", out, err, messages)
	}
}

func TestReasons(t *testing.T) {
	n := &manifest.Counts{LeftOut: map[string]int64{"dns": 3, "unsupported-link": 60}}
	for links, want := range map[int]string{
		0: "60 unsupported-link, 3 dns", 1: "60 unsupported-link (a), 3 dns",
		5: "60 unsupported-link (e, d, c, b, a), 3 dns", 7: "60 unsupported-link (g, f, e, d, 3 others), 3 dns",
	} {
		of := map[string]int64{}
		for i := range links {
			of[string(rune('a'+i))] = int64(i)
		}
		if have := reasons(n, of); have != want {
			t.Errorf("%d links: %s, need %s", links, have, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		name  string
		width int
		want  string
	}{
		{"short", 12, "short"},
		{"twelve_chars", 12, "twelve_chars"},
		{"thirteenchars", 12, "thirt…nchars"},
		{"聊天聊天聊天聊天.pcap", 12, "聊天…天.pcap"},
		{"ab", 1, "…"},
	} {
		if have := shorten(test.name, test.width); have != test.want {
			t.Errorf("%q in %d: %q, need %q", test.name, test.width, have, test.want)
		}
	}
}

// TestBar looks at what the bar says while a run goes on.
func TestBar(t *testing.T) {
	progress := &mill.Progress{}
	progress.Bytes.Store(3 << 20)
	progress.Packets.Store(12345)
	b := &bars{progress: progress, total: 12 << 20, spent: func() time.Duration { return 2 * time.Second }}
	if have, want := b.text(decor.Statistics{}), "3.0 MiB of 12.0 MiB, 12,345 packets, 1.5 MiB/s, 6s left"; have != want {
		t.Errorf("%q, need %q", have, want)
	}
	var bar bytes.Buffer
	if err := b.fill(&bar, decor.Statistics{AvailableWidth: 80}); err != nil || bar.String() != "[=====               ] " {
		t.Errorf("%q, %v", &bar, err)
	}
	bar.Reset()
	if err := b.fill(&bar, decor.Statistics{AvailableWidth: 20}); err != nil || bar.Len() > 0 {
		t.Errorf("a bar where there is no room: %q, %v", &bar, err)
	}
	b.total = 0 // a stream among the captures: nobody knows how much will come
	if have, want := b.text(decor.Statistics{}), "3.0 MiB, 12,345 packets, 1.5 MiB/s"; have != want {
		t.Errorf("%q, need %q", have, want)
	}
	progress.Bytes.Store(0)
	b.total = 1 << 20
	if have, want := b.text(decor.Statistics{}), "0 B of 1.0 MiB, 12,345 packets, 0 B/s, ? left"; have != want {
		t.Errorf("%q, need %q", have, want)
	}
}
