package mill_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
)

// wide is one zstd frame with a window of 2^log bytes.
func wide(t *testing.T, plain []byte, log int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(1<<log), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{plain[:1], plain[1:]} { // as a stream, whose length is not known
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAdmission reads captures that fit into --memory one by one and not side by side: wide windows, windows that become wide
// in the middle, large records. All are read, to the same bytes as with plenty of memory; what they take together stays within
// what is promised; nobody waits for ever, whatever the number of workers. One that can never fit is refused by name.
func TestAdmission(t *testing.T) {
	dir := t.TempDir()
	r := random(77)
	var paths []string
	for i := range 8 {
		traffic := testcap.Random(r, testcap.Options{Sessions: 6})
		raw := testcap.Pcap{LinkType: 1}.File(traffic.Packets...)
		half := testcap.Pcap{LinkType: 1}.File(traffic.Packets[:3]...)
		large := testcap.Packet{LinkType: 1, Data: bytes.Repeat([]byte{byte(i)}, 14<<20)}
		switch i % 4 {
		case 0:
			raw = wide(t, raw, 25)
		case 1:
			raw = append(wide(t, half, 12), wide(t, raw[len(half):], 25)...)
		case 2:
			raw = append(raw, testcap.Pcap{LinkType: 1}.Record(large)...)
			raw = append(raw, half[24:]...)
		case 3:
			raw = append(append(testcap.NGFile(false, traffic.Packets...), testcap.NGFile(true, large)...), half...)
		}
		path := filepath.Join(dir, fmt.Sprintf("email%02d.cap", i))
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	c := defaultChoice()
	o := c.options()
	o.Memory, o.Workers = 4<<30, 1
	out := filepath.Join(dir, "out")
	convert(t, paths, out, o)
	want := dataset(t, out)
	o.Memory = 128 << 20
	for _, workers := range []int{1, 4} {
		for _, how := range []string{"blocks", "resync"} {
			o.Workers, o.Resync = workers, how == "resync"
			most := mill.CaptureMemory(o)
			if most < 33<<20 && !o.Resync || most > 64<<20 {
				t.Fatalf("captures may take %d bytes: the test means something else", most)
			}
			if o.Resync { // a large record takes twice its size there
				o.Memory = 140 << 20
				most = mill.CaptureMemory(o)
			}
			out := filepath.Join(dir, fmt.Sprint("out", workers, how))
			p, err := mill.Prepare(paths, out, o)
			if err != nil {
				t.Fatal(err)
			}
			progress, ended, peak := &mill.Progress{}, make(chan struct{}), make(chan int64)
			go func() {
				highest := int64(0)
				for {
					select {
					case <-ended:
						peak <- highest
						return
					default:
						highest = max(highest, mill.Reserved(progress))
						time.Sleep(100 * time.Microsecond)
					}
				}
			}()
			res, err := mill.Run(context.Background(), p, mill.Events{}, progress)
			close(ended)
			if err != nil || res.Damaged() {
				t.Fatalf("%d workers, %s: %v, %+v", workers, how, err, res)
			}
			if n := <-peak; n > 2*most || n == 0 {
				t.Errorf("%d workers, %s: captures took %d bytes, of %d", workers, how, n, most)
			}
			if left := mill.Reserved(progress); left != 0 {
				t.Errorf("%d workers, %s: %d bytes were not given back", workers, how, left)
			}
			if !o.Resync { // that is a setting
				same(t, fmt.Sprintf("%d workers", workers), dataset(t, out), want)
			}
		}
	}
	o.Memory, o.Resync = 128<<20, false
	if err := os.WriteFile(paths[0], wide(t, testcap.Pcap{LinkType: 1}.Header(), 27), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := mill.Prepare(paths[:2], filepath.Join(dir, "refused"), o)
	if err != nil || len(p.Captures) != 1 || len(p.Problems) != 1 {
		t.Fatalf("%v, problems %v", err, p.Problems)
	}
}
