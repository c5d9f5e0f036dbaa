// Command million writes a dataset of a million samples to measure audit and view with:
//
//	go run ./dev/bench/million -o DIR
//	go run ./dev/bench/million -o DIR -samples 20000 -captures 10000 -classes 100   # for report
//
// 20 classes in 1,000 captures by default; each sample is 784 bytes of TCP packets with headers that walk,
// half of whose payload bytes are random and half depend on the class and on the place. One in
// fifty equals another. Exit status: 0 done, 1 failed, 2 wrong usage.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
)

const size = 784

func main() {
	out := flag.String("o", "", "directory to write")
	samples := flag.Int("samples", 1_000_000, "how many")
	captures := flag.Int("captures", 1000, "in so many captures")
	classes := flag.Int("classes", 20, "of so many classes")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 || *classes < 1 || *classes > 255 || *captures < *classes || *samples < *captures {
		fmt.Fprintln(os.Stderr, "million: name one output: -o DIR; at most 255 classes, a capture each, and a sample each")
		os.Exit(2)
	}
	if err := write(*out, *samples / *captures, *captures, *classes); err != nil {
		fmt.Fprintln(os.Stderr, "million:", err)
		os.Exit(1)
	}
}

func write(dir string, each, captures, classes int) error {
	form := store.Form{Settings: manifest.NewSettings(map[string]string{"dedup": "none"}), Spec: dataset.Spec{Rows: 28, Cols: 28}}
	for c := range classes {
		form.Classes = append(form.Classes, manifest.Class{Label: uint16(c), Name: fmt.Sprintf("class%02d", c)})
	}
	w, err := store.Create(dir, form)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 1))
	b := store.Batch{Data: make([]byte, each*size), Labels: make([]uint16, each), Rows: make([]dataset.Row, each)}
	for k := range captures {
		class := k % classes
		for i := range each {
			x := b.Data[i*size : (i+1)*size]
			if i%50 == 49 {
				copy(x, b.Data[:size])
			} else {
				fill(x, random, class)
			}
			b.Labels[i] = uint16(class)
			row := dataset.Row{Capture: uint32(k), Session: uint64(i), Packets: [2]uint64{1, 1}, Bytes: [2]uint64{500, 500}, Original: uint64(400 + random.IntN(600)), Proto: 6}
			binary.BigEndian.PutUint64(row.Digest[:], uint64(k*each+i)) // different, so that none is taken for a twin
			b.Rows[i] = row
		}
		if err := w.Append(&b); err != nil {
			return w.Fail(err)
		}
		n := int64(each)
		c := manifest.Capture{Name: fmt.Sprintf("class%02d/capture%04d.pcap", class, k), Digest: fmt.Sprintf("%032x", k), Label: uint16(class), Class: form.Classes[class].Name}
		c.Packets, c.Used, c.LeftOut, c.Sessions, c.Samples, c.Padded, c.OriginalBytes = 2*n, 2*n, map[string]int64{}, n, n, n, 700*n
		if err := w.EndCapture(&c); err != nil {
			return w.Fail(err)
		}
	}
	if err := w.Commit(); err != nil {
		return w.Fail(err)
	}
	return w.Close()
}

// fill makes a sample of two packets.
func fill(x []byte, random *rand.Rand, class int) {
	for at := 0; at < len(x); {
		n := min(len(x)-at, 392)
		p := x[at : at+n]
		for i := 0; i+8 <= n; i += 8 {
			binary.LittleEndian.PutUint64(p[i:], random.Uint64())
		}
		for i := 40; i < n; i += 2 {
			p[i] = byte(class*7 + i + random.IntN(64))
		}
		copy(p, []byte{0x45, 0, byte(n >> 8), byte(n), 0, 0, 0x40, 0, byte(50 + random.IntN(14)), 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		p[32], p[33] = 0x50, 0x18
		at += n
	}
}
