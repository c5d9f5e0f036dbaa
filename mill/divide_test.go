package mill_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
)

// half is a capture of so many packets, half of whose payload repeats.
func half(packets int) []byte {
	r := random(14)
	var list []testcap.Packet
	for i := range packets {
		payload := make([]byte, 900)
		for k := range payload[:450] {
			payload[k] = byte(r.Uint32())
		}
		list = append(list, testcap.Packet{LinkType: testcap.Ethernet, Time: int64(1+i) * 1e6, Data: testcap.Build(
			testcap.Eth{}, testcap.IPv4{Src: addr(byte(1 + i%7)), Dst: addr(200)},
			testcap.UDP{SrcPort: uint16(1024 + i%700), DstPort: 53}, testcap.Payload(payload))})
	}
	return testcap.Pcap{LinkType: testcap.Ethernet}.File(list...)
}

// zipped is a gzip member of b at some level, with an empty stored block behind the first eighth.
func zipped(t *testing.T, b []byte, level int) []byte {
	t.Helper()
	var to bytes.Buffer
	z, err := gzip.NewWriterLevel(&to, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = z.Write(b[:len(b)/8]); err == nil {
		err = z.Flush()
	}
	if err == nil {
		_, err = z.Write(b[len(b)/8:])
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// bzipped is a bzip2 stream of b, in blocks of 40 kB.
func bzipped(b []byte) []byte {
	return testcap.Bzip2Stream(nil, 1, true, slices.Collect(slices.Chunk(b, 40_000))...)
}

// xzipped is an xz stream of b, in blocks of 200 kB that say how long they are.
func xzipped(b []byte) []byte {
	return testcap.XZStream(nil, 4, true, nil, slices.Collect(slices.Chunk(b, 200_000))...)
}

// TestDivided: a gzip, bzip2 or xz capture that several workers decode gives the dataset of one
// that one worker reads: whole, cut, damaged, a bomb, with garbage behind it, in two members,
// with a record inside that cannot be, and with --resync.
func TestDivided(t *testing.T) {
	raw := half(16000)
	z := zipped(t, raw, flate.BestSpeed)
	if len(z) < 3*2<<20 {
		t.Fatalf("%d bytes are less than three pieces", len(z))
	}
	broken := bytes.Clone(z)
	broken[len(z)*2/3] ^= 0x55
	early := bytes.Clone(z)
	early[bytes.Index(early, []byte("\x00\x00\xff\xff"))] ^= 1 // a stored block whose length is none
	checksum := bytes.Clone(z)
	checksum[len(z)-7] ^= 1
	lying := bytes.Clone(raw)
	for i := range 8 {
		lying[len(raw)/2+i*960-len(raw)/2%960+8] = 0xff
	}
	mid := len(raw) / 2
	bz := bzipped(raw[:mid/8])
	badBlock := bytes.Clone(bz)
	badBlock[len(bz)*2/3] ^= 0x55
	xz := xzipped(raw[:mid/4])
	badXZ, lyingXZ := bytes.Clone(xz), bytes.Clone(xz)
	badXZ[len(xz)*2/3] ^= 0x55
	lyingXZ[len(xz)-30] ^= 1 // in the index
	files := []struct {
		name      string
		raw       []byte
		expansion int
		resync    bool
	}{
		{"whole", z, 5000, false},
		{"cut", z[:len(z)*3/4+5], 5000, false},
		{"broken", broken, 5000, false},
		{"broken early", early, 5000, false}, // the rest was read ahead, and does not count as read
		{"checksum", checksum, 5000, false},
		{"garbage", append(bytes.Clone(z), "garbage"...), 5000, false},
		{"members", append(zipped(t, raw[:mid], 1), zipped(t, raw[mid:], flate.HuffmanOnly)...), 5000, false},
		{"lying", zipped(t, lying, flate.BestSpeed), 5000, false},
		{"lying, resync", zipped(t, lying, flate.BestSpeed), 5000, true},
		{"broken, resync", broken, 5000, true},
		{"bzip2", bz, 5000, false},
		{"bzip2, cut", bz[:len(bz)/2], 5000, false},
		{"bzip2, broken", badBlock, 5000, false},
		{"bzip2, garbage", append(bytes.Clone(bz), "garbage"...), 5000, false},
		{"bzip2, two streams", append(bytes.Clone(bz), bzipped(raw[mid/8:mid/4])...), 5000, false},
		{"xz", xz, 5000, false},
		{"xz, cut", xz[:len(xz)/2], 5000, false},
		{"xz, broken", badXZ, 5000, false},
		{"xz, another index", lyingXZ, 5000, false},
		{"xz, garbage", append(bytes.Clone(xz), "garbage"...), 5000, false},
		{"xz, two streams", append(bytes.Clone(xz), xzipped(raw[mid/4:mid/2])...), 5000, false},
		{"xz, bomb", xzipped(append(raw[:mid/4:mid/4], make([]byte, 80<<20)...)), 20, false},
		{"bomb", zipped(t, append(bytes.Clone(raw), make([]byte, 160<<20)...), flate.BestSpeed), 20, false},
	}
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.pcap.gz")
			if err := os.WriteFile(path, f.raw, 0o666); err != nil {
				t.Fatal(err)
			}
			o := defaultChoice().options()
			o.MaxExpansion, o.Resync, o.Workers = f.expansion, f.resync, 1
			out := filepath.Join(dir, "1")
			r := convert(t, []string{path}, out, o)
			if n := r.Outcomes[0].Capture.Size; f.name == "broken early" && n > int64(len(z)/4) {
				t.Fatalf("%d of %d bytes count as read", n, len(z))
			}
			want := dataset(t, out)
			for _, workers := range full.Some([]int{3, 2, 7}, 3) {
				out := filepath.Join(dir, fmt.Sprint(workers))
				o.Workers = workers
				convert(t, []string{path}, out, mill.Divided(o, 1))
				same(t, fmt.Sprint(workers, " workers"), dataset(t, out), want)
			}
		})
	}
}

// TestWhatIsDivided: large compressed files where there are workers and memory for it, one at a
// time, and their memory is counted.
func TestWhatIsDivided(t *testing.T) {
	in := mill.Input{Size: 8 << 20}
	in.Format.Compression = "gzip"
	small, plain, stream, bzip2, bzip2Small, xz := in, in, in, in, in, in
	xz.Format.Compression, xz.Size = "xz", 2<<20
	small.Size--
	bzip2.Format.Compression, bzip2Small.Format.Compression = "bzip2", "bzip2"
	bzip2.Size, bzip2Small.Size = 2<<20, 2<<20-1
	plain.Format.Compression = ""
	stream.Stream = true
	for _, c := range []struct {
		name    string
		in      mill.Input
		workers int
		memory  int64
		want    int
	}{
		{"large", in, 4, 1 << 30, 4},
		{"small", small, 4, 1 << 30, 0},
		{"plain", plain, 4, 1 << 30, 0},
		{"bzip2", bzip2, 4, 1 << 30, 4},
		{"bzip2, small", bzip2Small, 4, 1 << 30, 0},
		{"xz", xz, 4, 1 << 30, 4},
		{"stream", stream, 4, 1 << 30, 0},
		{"one worker", in, 1, 1 << 30, 0},
		{"least memory", in, 2, mill.MinMemory, 0},
		{"some memory", in, 16, 512 << 20, 7},
	} {
		o := defaultChoice().options()
		o.Workers, o.Memory = c.workers, c.memory
		got, reserved, second := mill.DividedWorkers(o, c.in)
		if got != c.want || reserved != int64(got)*(24<<20) {
			t.Errorf("%s: %d workers and %d bytes, want %d", c.name, got, reserved, c.want)
		}
		if got > 0 && second != 0 {
			t.Errorf("%s: a second capture is divided by %d workers", c.name, second)
		}
	}
}

// TestSpareMemory: a capture that is divided gets more if half of the memory for captures has
// room for it; what it gets is counted, asked for again at no cost, and given back.
func TestSpareMemory(t *testing.T) {
	in := mill.Input{Size: 8 << 20}
	in.Format.Compression = "xz"
	o := defaultChoice().options()
	o.Workers, o.Memory = 2, 1<<30
	least := int64(2 * 24 << 20)
	half := mill.CaptureMemory(o) / 2
	for _, c := range []struct {
		asked []int64
		want  []bool
		held  int64
	}{
		{[]int64{0, 1 << 20, 3 << 20, 2 << 20}, []bool{true, true, true, true}, least + 3<<20},
		{[]int64{half - least, half - least + 1}, []bool{true, false}, half},
		{[]int64{half, 5}, []bool{false, true}, least + 5},
	} {
		got, held, after := mill.SpareMemory(o, in, c.asked)
		if !slices.Equal(got, c.want) || held != c.held || after != 0 {
			t.Errorf("asked for %d: %v with %d bytes held, then %d; want %v with %d", c.asked, got, held, after, c.want, c.held)
		}
	}
}
