package bench

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dev/bench/traffic"
)

// size is of the captures that benchmarks read. 32 MiB are 71,000 packets of
// mixed traffic; figures for the documentation come from more.
var size = flag.String("size", "32MiB", "bytes of each generated capture")

// BenchmarkConvert is the whole job, from a capture in the page cache to the
// dataset on disk, by the product and on gopacket.
func BenchmarkConvert(b *testing.B) {
	for _, c := range []struct {
		name   string
		config traffic.Config
	}{
		{"mixed", traffic.Config{Shape: "mixed"}},
		{"mixed-pcapng", traffic.Config{Shape: "mixed", Pcapng: true}},
		{"mixed-gzip", traffic.Config{Shape: "mixed", Gzip: true}},
		{"bulk", traffic.Config{Shape: "bulk"}},
		{"storm", traffic.Config{Shape: "storm"}},
		{"many", traffic.Config{Shape: "many"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			in, counts := generate(b, c.config)
			run := func(name string, f func(tb testing.TB, out string)) {
				b.Run(name, func(b *testing.B) { measure(b, counts, f) })
			}
			run("pcapmill", func(tb testing.TB, out string) { convert(tb, in, out, 1) })
			run("pcapmill-workers=2", func(tb testing.TB, out string) { convert(tb, in, out, 2) })
			run("parser", func(tb testing.TB, out string) { loop(tb, "parser", in, out) })
			run("source", func(tb testing.TB, out string) { loop(tb, "source", in, out) })
			run("lazy", func(tb testing.TB, out string) { loop(tb, "lazy", in, out) })
		})
	}
}

// generate writes the capture that a group of benchmarks reads.
func generate(b *testing.B, c traffic.Config) (in string, counts traffic.Counts) {
	b.Helper()
	var err error
	if c.Size, err = traffic.ParseSize(*size); err != nil {
		b.Fatal(err)
	}
	c.Seed = 1
	in = filepath.Join(b.TempDir(), "in"+c.Extension())
	if c.Shape == "many" {
		counts, err = traffic.WriteMany(in, int(max(1, c.Size>>18)), c) // 256 KiB each
	} else {
		counts, err = traffic.WriteFile(in, c)
	}
	if err != nil {
		b.Fatal(err)
	}
	return in, counts
}

// measure converts into a new directory every time.
func measure(b *testing.B, counts traffic.Counts, f func(tb testing.TB, out string)) {
	b.SetBytes(counts.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		out := b.TempDir()
		b.StartTimer()
		f(b, out)
	}
	perPacket(b, counts.Packets)
}

// perPacket reports what one of n packets an iteration costs, and how many go
// through in a second.
func perPacket(b *testing.B, n int64) {
	ns := float64(b.Elapsed().Nanoseconds()) / (float64(b.N) * float64(n))
	b.ReportMetric(ns, "ns/packet")
	b.ReportMetric(1e9/ns, "packets/s")
}
