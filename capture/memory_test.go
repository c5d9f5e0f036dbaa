package capture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// allocated is how many bytes f takes from the heap, given back or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestNoAllocations: Next takes no memory for a packet.
func TestNoAllocations(t *testing.T) {
	many := make([]testcap.Packet, 0, 5000)
	for len(many) < cap(many) {
		many = append(many, packets()...)
	}
	for name, raw := range map[string][]byte{
		"pcap": testcap.Pcap{LinkType: 1}.File(many...), "pcapng": testcap.NGFile(false, many...), "big endian": testcap.NGFile(true, many...),
	} {
		r, err := capture.NewReader(bytes.NewReader(raw), name)
		if err != nil {
			t.Fatal(err)
		}
		var p capture.Packet
		next := func() {
			if err := r.Next(&p); err != nil {
				t.Fatal(err)
			}
		}
		next() // the first meets the interface description
		if n := testing.AllocsPerRun(4000, next); n != 0 {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestLargePackets reads records that are larger than the buffer, between small
// ones, and takes little more memory than the largest of them.
func TestLargePackets(t *testing.T) {
	small := packets()
	large := func(n int) testcap.Packet {
		return testcap.Packet{LinkType: 1, Data: bytes.Repeat([]byte{byte(n), 2, 3}, n/3), Time: 5000}
	}
	list := append(small, large(1<<20-16), large(1<<20), large(3<<20), small[0], large(1<<20+5), large(5<<20), small[1])
	for name, raw := range map[string][]byte{
		"pcap": testcap.Pcap{LinkType: 1}.File(list...), "pcapng": testcap.NGFile(true, list...),
	} {
		want := twin.Packets(raw)
		for _, n := range []int{0, 1, 6<<20 + 11} { // whole, and cut inside a large record
			got := readAll(t, bytes.NewReader(raw[:len(raw)-n]))
			if n == 0 {
				if d := differ(got, want); d != "" {
					t.Errorf("%s: %s", name, d)
				}
			} else if d := differ(got, twin.Packets(raw[:len(raw)-n])); d != "" {
				t.Errorf("%s cut by %d: %s", name, n, d)
			}
		}
		used := allocated(func() {
			r, err := capture.NewReader(bytes.NewReader(raw), name)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var p capture.Packet
			for err == nil {
				err = r.Next(&p)
			}
		})
		if limit := uint64(24 << 20); used > limit {
			t.Errorf("%s: %d bytes allocated, want at most %d", name, used, limit)
		}
	}
}

// TestClaims: what a small file claims to hold takes no memory.
func TestClaims(t *testing.T) {
	record := binary.LittleEndian.AppendUint32(make([]byte, 8), 200<<20)
	record = binary.LittleEndian.AppendUint32(record, 200<<20)
	var ng testcap.NG
	ng.Section()
	ng.Interface(testcap.Interface{LinkType: 1})
	block := func(kind, length, captured uint32) []byte {
		b := bytes.Clone(ng.Bytes())
		for _, v := range []uint32{kind, length, 0, 0, 0, captured, captured, 1, 2, 3} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	at := int64(len(ng.Bytes()))
	for name, c := range map[string]struct {
		raw    []byte
		damage string
		offset int64
	}{
		"record of 200 MiB":          {append(testcap.Pcap{LinkType: 1}.Header(), record...), "truncated", 24},
		"packet block of 200 MiB":    {block(6, 200<<20+32, 200<<20), "truncated", at},
		"packet block of 2 GiB":      {block(6, 0x7ffffffc, 200<<20), "truncated", at},
		"packet that does not fit":   {block(6, 200<<20, 0xffffffff), "truncated", at},
		"simple packet of 200 MiB":   {block(3, 200<<20+16, 0), "truncated", at},
		"interface of 200 MiB":       {block(1, 200<<20, 0), "truncated", at},
		"unknown block of 4 GiB":     {block(77, 0xfffffffc, 0), "truncated", at},
		"section header of 4 GiB":    {[]byte("\x0a\x0d\x0d\x0a\xfc\xff\xff\xff\x4d\x3c\x2b\x1a????"), "truncated", 0},
		"captured length of 257 MiB": {append(testcap.Pcap{LinkType: 1}.Header(), 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 16, 1, 0, 0, 0), "malformed", 24},
	} {
		used := allocated(func() {
			if got := readAll(t, bytes.NewReader(c.raw)); got.Damage != c.damage || got.Offset != c.offset {
				t.Errorf("%s: %v", name, got.Err)
			}
		})
		if used > 3<<20 {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
	}
}

// wideXZ is a stream that announces a dictionary of 4 GiB.
func wideXZ(plain []byte) []byte {
	b := testcap.XZ(plain)
	header := b[12 : 12+(int(b[12])+1)*4]
	at := bytes.Index(header, []byte{0x21, 1}) // filter LZMA2, one byte of properties
	header[at+2] = 40
	end := len(header) - 4
	binary.LittleEndian.PutUint32(header[end:], crc32.ChecksumIEEE(header[:end]))
	return b
}

// TestWindows: a compressed stream takes the memory that its header asks for
// up to a limit, and is damage above it, also in a later stream of the file.
func TestWindows(t *testing.T) {
	plain := pcapFile()
	narrow, wide, later := testcap.XZ(plain), wideXZ(plain), append(testcap.XZ(plain), wideXZ(plain[24:])...)
	asIs := func(r io.Reader) io.Reader { return r }
	stuttering := func(r io.Reader) io.Reader { return &stutter{r: r} }
	for name, c := range map[string]struct {
		raw     []byte
		how     func(io.Reader) io.Reader
		packets int
		damage  string
		limit   uint64
	}{
		"8 MiB":                         {narrow, asIs, 5, "", 16 << 20},
		"4 GiB":                         {wide, asIs, 0, "not a capture", 3 << 20},
		"4 GiB in the second":           {later, asIs, 5, "malformed", 16 << 20},
		"4 GiB in the second, in drops": {later, stuttering, 5, "malformed", 16 << 20},
	} {
		var got result
		if used := allocated(func() { got = readAll(t, c.how(bytes.NewReader(c.raw))) }); used > c.limit {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
		if got.NotCapture {
			got.Damage = "not a capture"
		}
		if len(got.Records) != c.packets || got.Damage != c.damage || got.Packet != 0 && got.Offset != int64(len(plain)) {
			t.Errorf("%s: %d packets, %v", name, len(got.Records), got.Err)
		}
	}
	// Magic, frame descriptor without anything, window of 2^(10+19) bytes, an empty last block.
	got := readAll(t, bytes.NewReader([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 19 << 3, 1, 0, 0}))
	if !got.NotCapture {
		t.Errorf("a window of 512 MiB: %v", got.Err)
	}
}

// TestManyLinkTypes describes every link type there is, again and again: the
// list stays short and quick.
func TestManyLinkTypes(t *testing.T) {
	var f testcap.NG
	for range 3 {
		f.Section()
		for n := range 1 << 16 {
			f.Interface(testcap.Interface{LinkType: uint16(n)})
		}
	}
	at := len(f.Bytes())
	f.Interface(testcap.Interface{LinkType: 1}) // one too many
	r, err := capture.NewReader(bytes.NewReader(f.Bytes()), "x")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := drain(t, r); got.Damage != "malformed" || got.Offset != int64(at) || len(r.LinkTypes()) != 1<<16 {
		t.Errorf("%d link types, %v", len(r.LinkTypes()), got.Err)
	}
}
