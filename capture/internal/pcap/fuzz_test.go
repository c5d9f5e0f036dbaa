package pcap_test

import (
	"errors"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// FuzzRecord reads any file record by record. A record lies inside the bytes
// given and is at least its header long; one that is short says how many bytes
// it needs, and with one less it is still short.
func FuzzRecord(f *testing.F) {
	p := []testcap.Packet{{Time: 5_000_000_000, Data: []byte("one")}, {Data: []byte("two"), OrigLen: 7}, {}}
	for _, v := range []testcap.Pcap{
		{},
		{BigEndian: true},
		{Nano: true},
		{Modified: true},
		{Modified: true, BigEndian: true},
		{Version: [2]int{2, 2}},
		{Version: [2]int{2, 3}, Swap: true},
		{LinkType: 0xf4000001, ZeroSnap: true},
	} {
		f.Add(v.File(p...))
	}
	f.Add(append(testcap.Pcap{}.Header(), 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := pcap.ParseHeader(raw)
		if err != nil {
			return
		}
		for at := pcap.HeaderLen; ; {
			b := raw[at:]
			var r pcap.Record
			size, err := h.Record(b, &r)
			switch {
			case errors.Is(err, pcap.ErrShort):
				if size <= len(b) || size > h.RecordHeaderLen()+pcap.MaxCaptured {
					t.Fatalf("at %d: %d bytes needed, %d there", at, size, len(b))
				}
				return
			case err != nil:
				if len(b) < h.RecordHeaderLen() {
					t.Fatalf("at %d: %v of a record header cut short", at, err)
				}
				return
			}
			n := h.RecordHeaderLen()
			if size < 12 || size > len(b) || len(r.Data) != size-n || cap(r.Data) != len(r.Data) || r.Time < 0 {
				t.Fatalf("at %d: size %d of %d, %d bytes of data, time %d", at, size, len(b), len(r.Data), r.Time)
			}
			if len(r.Data) > 0 && &r.Data[0] != &b[n] {
				t.Fatalf("at %d: the data stands elsewhere", at)
			}
			if again, err := h.Record(b[:size-1], &r); !errors.Is(err, pcap.ErrShort) || again > size {
				t.Fatalf("at %d: with a byte less %d, %v", at, again, err)
			}
			at += size
		}
	})
}
