package mill_test

import (
	"fmt"
	"path/filepath"
	"testing"

	product "github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/rows"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
)

// TestTableTimesAreOfTheCapture: relative times count from the earliest packet of the capture,
// which may be one that is left out and need not be the first, however many workers read it
// and wherever it is taken apart.
func TestTableTimesAreOfTheCapture(t *testing.T) {
	dir, remove := tempDir(t)
	defer remove()
	at := func(time int64, port uint16) testcap.Packet {
		return testcap.Packet{Time: time, LinkType: testcap.Raw, Data: testcap.Build(
			testcap.IPv4{Src: addr(1), Dst: addr(2)}, testcap.UDP{SrcPort: port, DstPort: 9}, testcap.Payload(fmt.Sprint(port, time)))}
	}
	var files []file
	for c := range int64(2) {
		base := 1e18 + c*1e17
		packets := []testcap.Packet{at(base+5e9, 1)}
		for i := range int64(50) {
			packets = append(packets, at(base+6e9+i*1e9, uint16(2+i%9)))
		}
		packets = append(packets, at(base, 53), at(base+2e9, 77)) // DNS is left out, and earlier than all
		files = append(files, file{name: string('a'+rune(c)) + "_class0", raw: testcap.Pcap{LinkType: testcap.Raw}.File(packets...)})
	}
	paths := write(t, dir, files)
	read := func(workers int, times mill.TableTimes) (all []product.Row) {
		o := defaultChoice().options()
		o.Workers, o.TableTimes, o.BlockLength = workers, times, 256
		out := filepath.Join(dir, fmt.Sprint(workers, times))
		r := convert(t, paths, out, o)
		table, err := rows.NewReader(out, r.Manifest.Samples)
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		for range r.Manifest.Samples {
			var row product.Row
			if err := table.Next(&row); err != nil {
				t.Fatal(err)
			}
			all = append(all, row)
		}
		return all
	}
	keep := read(1, mill.KeepTimes)
	if len(keep) != 22 {
		t.Fatalf("%d rows", len(keep))
	}
	for _, workers := range []int{1, 4} {
		relative, none := read(workers, mill.RelativeTimes), read(workers, mill.NoTimes)
		for i, want := range keep {
			want.Start -= 1e18 + int64(want.Capture)*1e17
			if relative[i] != want {
				t.Errorf("%d workers, row %d: %+v, want %+v", workers, i, relative[i], want)
			}
			if want.Start, want.Duration = product.NoTime, product.NoTime; none[i] != want {
				t.Errorf("%d workers, row %d: %+v, want %+v", workers, i, none[i], want)
			}
		}
	}
}
