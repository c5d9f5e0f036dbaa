package mill_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
)

// TestDividedZIP: captures in a ZIP archive, one of them large, that several workers decode give
// the dataset of one worker: sound, damaged, with another checksum or length in the directory, a
// bomb, compressed before, and with --resync. Only the large one that is deflated is divided.
func TestDividedZIP(t *testing.T) {
	raw := half(8000)
	zip := func(big []byte) []byte {
		return testcap.Zip(true, testcap.Member{Name: "big.pcap", Data: big}, testcap.Member{Name: "small.pcap", Data: half(10)})
	}
	sound := zip(raw)
	damaged := func(change func(directory []byte)) []byte {
		b := bytes.Clone(sound)
		change(b[bytes.Index(b, []byte("PK\x01\x02")):])
		return b
	}
	broken := bytes.Clone(sound)
	for i := range 2000 {
		broken[len(broken)*2/3+i] = 0xff
	}
	for _, f := range []struct {
		name      string
		raw       []byte
		expansion int
		resync    bool
		divided   bool
	}{
		{"sound", sound, 5000, false, true},
		{"broken", broken, 5000, false, true},
		{"broken, resync", broken, 5000, true, true},
		{"checksum", damaged(func(b []byte) { b[16] ^= 1 }), 5000, false, true},
		{"shorter", damaged(func(b []byte) { b[25] ^= 1 }), 5000, false, true},
		{"far longer", damaged(func(b []byte) { binary.LittleEndian.PutUint32(b[24:], 1<<31) }), 5000, false, true},
		{"packed shorter", damaged(func(b []byte) { b[22]-- }), 5000, false, true},
		{"bomb", zip(append(bytes.Clone(raw), make([]byte, 100<<20)...)), 20, false, true},
		{"gzip inside", zip(testcap.Gzip(raw)), 5000, false, false},
		{"stored", testcap.Zip(false, testcap.Member{Name: "big.pcap", Data: raw}), 5000, false, false},
	} {
		t.Run(f.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.zip")
			if err := os.WriteFile(path, f.raw, 0o666); err != nil {
				t.Fatal(err)
			}
			o := defaultChoice().options()
			o.MaxExpansion, o.Resync, o.Workers = f.expansion, f.resync, 1
			out := filepath.Join(dir, "1")
			p, err := mill.Prepare([]string{path}, out, o)
			if err != nil {
				t.Fatal(err)
			}
			o.Workers = 3
			for _, least := range []int64{1 << 20, 1 << 30} {
				n, _, _ := mill.DividedWorkers(mill.Divided(o, least), p.Captures[0])
				if divided := n == 3; divided != (f.divided && least == 1<<20) {
					t.Errorf("from %d bytes on %d workers", least, n)
				}
			}
			run(t, p)
			want := dataset(t, out)
			for _, workers := range full.Some([]int{2, 3, 7}, 2) {
				out := filepath.Join(dir, fmt.Sprint(workers))
				o.Workers = workers
				convert(t, []string{path}, out, mill.Divided(o, 1<<20))
				same(t, fmt.Sprint(workers, " workers"), dataset(t, out), want)
			}
		})
	}
}
