package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/dev/lab/record"
)

// allowed are the blocks that an address in a capture may be from: documentation, private, link-local, multicast, "nobody" and "everybody".
var allowed = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("224.0.0.0/24"), netip.MustParsePrefix("239.255.255.250/32"),
	netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("ff02::/16"), netip.MustParsePrefix("::/128"),
}

// expected are the protocols that a capture of a class must hold at least one packet of; a bar separates alternatives.
var expected = map[string][]string{
	"Chat":          {"TCP", "IRC|HTTPS", "bare ACK"},
	"Email":         {"TCP", "SMTP", "IMAPS", "bare ACK"},
	"File_Transfer": {"TCP", "SSH", "bare ACK"},
	"Streaming":     {"HTTPS|QUIC"},
	"VoIP":          {"UDP", "SIP"},
}

// check reads a capture with gopacket and compares it with what its scenario promises.
func check(t *testing.T, path string, s Scenario) *record.Summary {
	t.Helper()
	sum, err := record.Inspect(path)
	if err != nil {
		t.Fatal(err)
	}
	link, format := record.Ethernet, "pcap"
	if s.Tunnel {
		link = record.RawIP
	}
	if s.Format == record.PcapNG {
		format = "pcapng"
	}
	if sum.Link != link || sum.Format != format || sum.Gzip != strings.HasSuffix(s.File, ".gz") || sum.Nanos != (s.Format != record.Pcap) {
		t.Errorf("%s: %v, %s, gzip %v, nanoseconds %v; want %v, %s", s.File, sum.Link, sum.Format, sum.Gzip, sum.Nanos, link, s.Format)
	}
	if !sum.Orderly || sum.First.Before(epoch) || sum.Last.Sub(sum.First) > 10*time.Minute {
		t.Errorf("%s: times %v to %v, in order %v", s.File, sum.First, sum.Last, sum.Orderly)
	}
	// Every user talks, over a connection or two; all telephone calls share one signalling session besides.
	if sum.Payload < s.Users || sum.Payload > 3*s.Users {
		t.Errorf("%s: %d sessions with payload of %d users", s.File, sum.Payload, s.Users)
	}
	kinds := append([]string{"DNS"}, expected[strings.TrimPrefix(s.Class, "VPN_")]...)
	if !s.Tunnel {
		kinds = append(kinds, "ARP", "ICMPv6", "IGMP")
	}
	for _, k := range kinds {
		n := 0
		for alt := range strings.SplitSeq(k, "|") {
			n += sum.Kinds[alt]
		}
		if n == 0 {
			t.Errorf("%s: no %s among %v", s.File, k, sum.Kinds)
		}
	}
	if sum.Kinds["undecoded"] > 0 || s.Tunnel && sum.Kinds["ARP"] > 0 {
		t.Errorf("%s: unexpected packets: %v", s.File, sum.Kinds)
	}
	checkAddresses(t, s.File, sum)
	return sum
}

func checkAddresses(t *testing.T, file string, sum *record.Summary) {
	t.Helper()
addresses:
	for a := range sum.Addrs {
		for _, p := range allowed {
			if p.Contains(a) {
				continue addresses
			}
		}
		t.Errorf("%s: address %v is neither for documentation nor private", file, a)
	}
	for m := range sum.MACs {
		first, err := strconv.ParseUint(m[:2], 16, 8)
		// Locally administered, or multicast (IPv4's 01:00:5e, which no card can have).
		if err != nil || first&2 == 0 && !strings.HasPrefix(m, "01:00:5e:") {
			t.Errorf("%s: hardware address %s is not locally administered", file, m)
		}
	}
}

// TestRecord makes a small edition of every capture, on a fast clock, in a directory that is thrown away.
func TestRecord(t *testing.T) {
	t.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	dir, small := t.TempDir(), Scenarios()
	for i := range small {
		small[i].Users, small[i].Spread = 4, 5*time.Second
	}
	if err := recordAll(context.Background(), dir, small, 3, 8); err != nil {
		t.Fatal(err)
	}
	summaries := map[string]*record.Summary{}
	for _, s := range small {
		summaries[s.File] = check(t, filepath.Join(dir, s.File), s)
	}
	text := string(readme(small, summaries, 3, 8))
	for _, s := range small {
		if !strings.Contains(text, "| "+s.File+" | "+s.Class+" |") {
			t.Errorf("%s is not in the README", s.File)
		}
	}
}

// TestRecordCancelled checks that a recording that is broken off says so and leaves nothing behind.
func TestRecordCancelled(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Record(ctx, dir, Scenarios()[0], 1, 8); err == nil {
		t.Error("a cancelled recording succeeded")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestScenarios checks the promises that the list makes as a whole.
func TestScenarios(t *testing.T) {
	classes, formats := map[string]int{}, map[string]int{}
	for _, s := range Scenarios() {
		classes[s.Class]++
		formats[string(s.Format)]++
		if strings.HasSuffix(s.File, ".gz") {
			formats["gzip"]++
		}
		vpn := strings.HasPrefix(s.File, "vpn_")
		if vpn != s.Tunnel || vpn != strings.HasPrefix(s.Class, "VPN_") {
			t.Errorf("%s: tunnel %v, class %s", s.File, s.Tunnel, s.Class)
		}
	}
	if len(classes) != 10 {
		t.Errorf("classes: %v", classes)
	}
	for _, f := range []string{string(record.Pcap), string(record.PcapNano), string(record.PcapNG), "gzip"} {
		if formats[f] == 0 {
			t.Errorf("no capture is %s", f)
		}
	}
}

// TestCommitted checks the captures that are in the repository, and that the README next to them speaks of just these.
func TestCommitted(t *testing.T) {
	const dir = "../../examples/captures"
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Skipf("no recorded captures here (%v); make them with: go run . -o %s", err, dir)
	}
	sessions, size := map[string]int{}, int64(0)
	for _, s := range Scenarios() {
		sum := check(t, filepath.Join(dir, s.File), s)
		sessions[s.Class] += sum.Payload
		size += sum.Size
		if want := fmt.Sprintf("| %s | %d | %d |", row{s, sum}.Stored(), sum.Packets, sum.Payload); !strings.Contains(string(text), want) {
			t.Errorf("%s: README.md is of another recording: no %q", s.File, want)
		}
	}
	for class, n := range sessions {
		if n < 20 {
			t.Errorf("class %s has only %d sessions", class, n)
		}
	}
	if size > 8<<20 {
		t.Errorf("the captures are %d bytes, more than 8 MiB", size)
	}
}
