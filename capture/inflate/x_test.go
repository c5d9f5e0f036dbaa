package inflate

import (
	"bytes"
	"compress/flate"
	kf "github.com/klauspost/compress/flate"
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func cpu0() time.Duration { var r syscall.Rusage; syscall.Getrusage(0,&r); return time.Duration(r.Utime.Nano()+r.Stime.Nano()) }
func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(1, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func body(name string) []byte {
	b, err := os.ReadFile("/dev/shm/inflate/" + name)
	if err != nil {
		panic(err)
	}
	n := 10
	if b[3]&8 != 0 {
		for b[n] != 0 {
			n++
		}
		n++
	}
	return b[n : len(b)-8]
}
func all(d *decoder, in []byte, sink func([]byte)) status {
	d.in = in
	d.seek(0)
	const P = 128 << 10
	out := make([]byte, windowLen+P+slack)
	o := 0
	low := 0
	from := 0
	for {
		var s status
		o, s = run(d, out, o, windowLen+P, low)
		if s == atBlock {
			continue
		}
		if sink != nil {
			sink(out[from:o])
		}
		if s != atLimit {
			return s
		}
		if o > windowLen {
			copy(out, out[o-windowLen:o])
			o = windowLen
		}
		from = o
	}
}
func TestX(t *testing.T) {
	runtime.LockOSThread()
	for _, f := range []string{"real", "mixed"} {
		in := body(f + ".gz")
		want, _ := os.ReadFile("/dev/shm/inflate/" + f + ".raw")
		var got bytes.Buffer
		s := all(new(decoder), in, func(b []byte) { got.Write(b) })
		t.Log(s, got.Len(), len(want), bytes.Equal(got.Bytes(), want))
		best := [3]time.Duration{1 << 40, 1 << 40, 1 << 40}
		d := new(decoder)
		kr := kf.NewReader(bytes.NewReader(in))
		sr := flate.NewReader(bytes.NewReader(in))
		buf := make([]byte, 128<<10)
		for i := range 15 {
			t0 := cpu()
			all(d, in, nil)
			best[0] = min(best[0], cpu()-t0)
			t0 = cpu()
			kr.(kf.Resetter).Reset(bytes.NewReader(in), nil)
			io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{kr}, buf)
			best[1] = min(best[1], cpu()-t0)
			if i < 0 {
				t0 = cpu()
				sr.(flate.Resetter).Reset(bytes.NewReader(in), nil)
				io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{sr}, buf)
				best[2] = min(best[2], cpu()-t0)
			}
		}
		mb := func(d time.Duration) float64 { return float64(len(want)) / 1e6 / d.Seconds() }
		t.Logf("%s ours %.0f klauspost %.0f std %.0f ratio %.2f", f, mb(best[0]), mb(best[1]), mb(best[2]), float64(best[1])/float64(best[0]))
	}
}
