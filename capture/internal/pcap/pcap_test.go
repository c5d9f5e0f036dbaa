package pcap_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

func TestSniff(t *testing.T) {
	for begin, want := range map[string]bool{
		"\xa1\xb2\xc3\xd4": true, "\xd4\xc3\xb2\xa1": true,
		"\xa1\xb2\x3c\x4d": true, "\x4d\x3c\xb2\xa1": true,
		"\xa1\xb2\xcd\x34": true, "\x34\xcd\xb2\xa1": true,
		"\xa1\xb2\xc3\xd4 and more": true,
		"":                          false, "\xa1\xb2\xc3": false, "\x0a\x0d\x0d\x0a": false, "\xa1\xb2\xc3\xd5": false, "\xb2\xa1\xd4\xc3": false,
	} {
		if got := pcap.Sniff([]byte(begin)); got != want {
			t.Errorf("% x: %v", begin, got)
		}
	}
}

func TestParseHeader(t *testing.T) {
	// Every field by hand, so that testcap and pcap cannot be wrong together.
	raw := []byte{
		0xa1, 0xb2, 0x3c, 0x4d, // nanoseconds, big endian
		0, 2, 0, 4,
		0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, // time zone and accuracy: not used
		0, 1, 2, 3, // snaplen
		0xf4, 0, 1, 0x14, // FCS of 4 bytes; link type 276
	}
	h, err := pcap.ParseHeader(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !h.BigEndian || !h.Nano || h.Modified || h.Major != 2 || h.Minor != 4 || h.Snaplen != 0x10203 || h.LinkField != 0xf4000114 ||
		h.LinkType() != 276 || h.RecordHeaderLen() != 16 {
		t.Errorf("header %+v, link type %d", h, h.LinkType())
	}
	for n := range raw {
		want := io.ErrUnexpectedEOF
		if n < 4 {
			want = pcap.ErrMagic
		}
		if _, err := pcap.ParseHeader(raw[:n]); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
	if _, err := pcap.ParseHeader(make([]byte, 100)); !errors.Is(err, pcap.ErrMagic) {
		t.Errorf("zeros: %v", err)
	}
}

// TestRecordBytes reads records that are written out here.
func TestRecordBytes(t *testing.T) {
	for name, c := range map[string]struct {
		file     testcap.Pcap
		record   []byte
		time     int64
		original uint32
		data     string
	}{
		"little endian": {testcap.Pcap{}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 9, "abc"},
		"big endian":    {testcap.Pcap{BigEndian: true}, []byte{0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 9, 'a', 'b', 'c'}, 1_000_005_000, 9, "abc"},
		"nanoseconds":   {testcap.Pcap{Nano: true}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 'a', 'b', 'c'}, 1_000_000_005, 9, "abc"},
		"modified": {
			testcap.Pcap{Modified: true},
			[]byte{1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 7, 8, 0, 4, 0, 'a', 'b', 'c'},
			1_000_005_000, 9, "abc",
		},
		"version 2.2":         {testcap.Pcap{Version: [2]int{2, 2}}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 9, "abc"},
		"version 1.4":         {testcap.Pcap{Version: [2]int{1, 4}}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 9, "abc"},
		"version 2.2, longer": {testcap.Pcap{Version: [2]int{2, 2}}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 1, "abc"},
		"version 2.3":         {testcap.Pcap{Version: [2]int{2, 3}}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 9, "abc"},
		"version 2.3 swapped": {testcap.Pcap{Version: [2]int{2, 3}}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 9, "abc"},
		"version 3.0":         {testcap.Pcap{Version: [2]int{3, 1}}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 1, "abc"},
		"above the original":  {testcap.Pcap{SnapLen: 1}, []byte{1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 'a', 'b', 'c'}, 1_000_005_000, 1, "abc"},
		"nothing captured":    {testcap.Pcap{ZeroSnap: true}, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0}, 0, 9, ""},
		"latest time": {
			testcap.Pcap{},
			[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0},
			0xffffffff*1_000_000_000 + 0xffffffff*1000, 0, "",
		},
	} {
		h, err := pcap.ParseHeader(c.file.Header())
		if err != nil {
			t.Fatal(err)
		}
		var r pcap.Record
		size, err := h.Record(append(bytes.Clone(c.record), "more"...), &r)
		if err != nil || size != len(c.record) || r.Time != c.time || r.Original != c.original || string(r.Data) != c.data {
			t.Errorf("%s: size %d, %+v, %v", name, size, r, err)
		}
		if cap(r.Data) != len(r.Data) {
			t.Errorf("%s: data reaches beyond its record", name)
		}
		for n := range c.record {
			want := len(c.record)
			if n < h.RecordHeaderLen() {
				want = h.RecordHeaderLen()
			}
			if size, err := h.Record(c.record[:n], &r); !errors.Is(err, pcap.ErrShort) || size != want {
				t.Errorf("%s: with %d bytes %d, %v; want %d, ErrShort", name, n, size, err, want)
			}
		}
	}
}

// TestVariantsAgree reads what testcap writes, each way.
func TestVariantsAgree(t *testing.T) {
	p := testcap.Packet{Time: 1_700_000_000_123_456_000, Data: []byte("some bytes"), OrigLen: 1000}
	for _, f := range []testcap.Pcap{
		{},
		{BigEndian: true},
		{Nano: true},
		{Nano: true, BigEndian: true},
		{Modified: true},
		{Modified: true, BigEndian: true},
		{Version: [2]int{2, 2}, BigEndian: true},
		{Version: [2]int{2, 3}, Swap: true},
		{Version: [2]int{2, 3}},
		{Version: [2]int{2, 2}, Modified: true},
	} {
		f.LinkType = 0x0c00_0071
		raw := f.File(p, p)
		h, err := pcap.ParseHeader(raw)
		if err != nil || h.LinkType() != 113 {
			t.Fatalf("%+v: %v, link type %d", f, err, h.LinkType())
		}
		at := pcap.HeaderLen
		for range 2 {
			var r pcap.Record
			size, err := h.Record(raw[at:], &r)
			if err != nil || r.Time != p.Time || r.Original != 1000 || !bytes.Equal(r.Data, p.Data) {
				t.Fatalf("%+v: %+v, %v", f, r, err)
			}
			at += size
		}
		if at != len(raw) {
			t.Errorf("%+v: read %d bytes of %d", f, at, len(raw))
		}
	}
}

// TestLimit: 256 MiB is the largest captured length, judged before the data.
func TestLimit(t *testing.T) {
	for _, c := range []struct {
		version            [2]int
		captured, original uint32
		claimed            uint32 // in the error; 0 if it is believed
	}{
		{[2]int{2, 4}, 256 << 20, 1, 0},
		{[2]int{2, 4}, 256<<20 + 1, 1, 256<<20 + 1},
		{[2]int{2, 4}, 0xffffffff, 0xffffffff, 0xffffffff},
		{[2]int{2, 4}, 60, 0xffffffff, 0},
		{[2]int{2, 3}, 0xffffffff, 60, 0}, // swapped: captured is 60
		{[2]int{2, 2}, 60, 0xffffffff, 0xffffffff},
	} {
		f := testcap.Pcap{BigEndian: true, Version: c.version}
		h, err := pcap.ParseHeader(f.Header())
		if err != nil {
			t.Fatal(err)
		}
		head := []byte{
			0, 0, 0, 1, 0, 0, 0, 1,
			byte(c.captured >> 24), byte(c.captured >> 16), byte(c.captured >> 8), byte(c.captured),
			byte(c.original >> 24), byte(c.original >> 16), byte(c.original >> 8), byte(c.original),
		}
		var r pcap.Record
		size, err := h.Record(head, &r)
		var tooLong *pcap.LengthError
		switch {
		case c.claimed == 0:
			if !errors.Is(err, pcap.ErrShort) || size < 16 {
				t.Errorf("%+v: %d, %v", c, size, err)
			}
		case !errors.As(err, &tooLong) || tooLong.Captured != c.claimed:
			t.Errorf("%+v: %v", c, err)
		}
	}
	if got, want := (&pcap.LengthError{Captured: 300 << 20}).Error(), "captured length 314572800 is above the limit of 268435456 bytes"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestNoAllocations(t *testing.T) {
	raw := testcap.Pcap{}.File(testcap.Packet{Data: []byte("abc")})
	h, err := pcap.ParseHeader(raw)
	if err != nil {
		t.Fatal(err)
	}
	var r pcap.Record
	if n := testing.AllocsPerRun(100, func() {
		if _, err := h.Record(raw[24:], &r); err != nil {
			t.Fatal(err)
		}
		_, _ = h.Record(raw[24:30], &r)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
