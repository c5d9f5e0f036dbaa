package record

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWriter writes packets of every length that padding can make a difference for, and reads them back with gopacket.
func TestWriter(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	for _, c := range []struct {
		name   string
		format Format
		unit   time.Duration
	}{
		{"a.pcap", Pcap, time.Microsecond}, {"b.pcap", PcapNano, time.Nanosecond}, {"c.pcapng", PcapNG, time.Nanosecond},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		w, err := Create(path, c.format, RawIP)
		if err != nil {
			t.Fatal(err)
		}
		var sent [][]byte
		for n := range 9 {
			sent = append(sent, bytes.Repeat([]byte{byte(n)}, 20+n))
			w.Packet(start.Add(time.Duration(n)*time.Second), sent[n])
		}
		w.Packet(start, []byte("late but not earlier"))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w.Packet(start, []byte("after the end"))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := open(raw, &Summary{})
		if err != nil {
			t.Fatal(err)
		}
		if LinkType(r.LinkType()) != RawIP {
			t.Errorf("%s: link type %v", c.name, r.LinkType())
		}
		for n := range sent {
			data, info, err := r.ReadPacketData()
			if err != nil {
				t.Fatalf("%s: packet %d: %v", c.name, n, err)
			}
			want := start.Add(time.Duration(n) * time.Second).Truncate(c.unit)
			if !bytes.Equal(data, sent[n]) || !info.Timestamp.Equal(want) {
				t.Errorf("%s: packet %d: %d bytes at %v, want %d at %v", c.name, n, len(data), info.Timestamp, len(sent[n]), want)
			}
		}
		_, info, err := r.ReadPacketData()
		if want := start.Add(8 * time.Second).Truncate(c.unit); err != nil || !info.Timestamp.Equal(want) {
			t.Errorf("%s: late packet: %v at %v, want %v", c.name, err, info.Timestamp, want)
		}
		if _, _, err := r.ReadPacketData(); err != io.EOF {
			t.Errorf("%s: after the last packet: %v", c.name, err)
		}
	}
}

func TestCreateUnknownFormat(t *testing.T) {
	if _, err := Create(filepath.Join(t.TempDir(), "x"), "erf", Ethernet); err == nil {
		t.Error("an unknown format was accepted")
	}
}
