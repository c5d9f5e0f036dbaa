package bench

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/pcapmill/pcapmill/bench/traffic"
	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dedup"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/session"
)

// read gives all packets of a capture in memory to f and returns their number.
func read(tb testing.TB, b []byte, f func(p *capture.Packet)) (n int64) {
	tb.Helper()
	r, err := capture.NewReader(bytes.NewReader(b), "generated")
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	var p capture.Packet
	for {
		switch err := r.Next(&p); err {
		case nil:
			n++
			f(&p)
		case io.EOF:
			return n
		default:
			tb.Fatal(err)
		}
	}
}

// inMemory is a capture of 16 MiB.
func inMemory(tb testing.TB, c traffic.Config) []byte {
	tb.Helper()
	var b bytes.Buffer
	c.Seed, c.Size = 1, 16<<20
	if _, err := traffic.Write(&b, c); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// packet is one of the packets that sessions are made of.
type packet struct {
	data  []byte
	stack header.Stack
	at    uint64
}

// kept are the packets of a capture that the default filter lets through, in
// memory of their own.
func kept(tb testing.TB, c traffic.Config) (ps []packet) {
	tb.Helper()
	read(tb, inMemory(tb, c), func(p *capture.Packet) {
		var s header.Stack
		header.Decode(p.LinkType, p.Data, &s)
		if header.DropDefault.Reason(&s) == header.OK {
			ps = append(ps, packet{bytes.Clone(p.Data), s, p.At.Packet})
		}
	})
	return ps
}

// BenchmarkNext reads packets without looking at them.
func BenchmarkNext(b *testing.B) {
	for _, c := range []traffic.Config{
		{Shape: "mixed"}, {Shape: "mixed", Pcapng: true}, {Shape: "mixed", Gzip: true}, {Shape: "bulk"}, {Shape: "storm"},
	} {
		b.Run(c.Shape+c.Extension(), func(b *testing.B) {
			in := inMemory(b, c)
			b.SetBytes(16 << 20)
			var n int64
			for b.Loop() {
				n = read(b, in, func(*capture.Packet) {})
			}
			perPacket(b, n)
		})
	}
}

// BenchmarkDecode is Decode and the filter, on packets in memory.
func BenchmarkDecode(b *testing.B) {
	for _, shape := range []string{"mixed", "storm"} {
		b.Run(shape, func(b *testing.B) {
			ps := kept(b, traffic.Config{Shape: shape})
			var s header.Stack
			used := 0
			for b.Loop() {
				for i := range ps {
					header.Decode(capture.LinkTypeEthernet, ps[i].data, &s)
					if header.DropDefault.Reason(&s) == header.OK {
						used++
					}
				}
			}
			if used != b.N*len(ps) {
				b.Fatalf("%d of %d packets used", used, b.N*len(ps))
			}
			perPacket(b, int64(len(ps)))
		})
	}
}

// BenchmarkTable adds packets up to sessions: the look-up, the place for a new
// session, and the counters; nothing is copied.
func BenchmarkTable(b *testing.B) {
	for _, shape := range []string{"mixed", "bulk", "storm"} {
		b.Run(shape, func(b *testing.B) {
			ps := kept(b, traffic.Config{Shape: shape})
			b.ReportAllocs()
			for b.Loop() {
				t := session.NewTable(784, false, session.NewSeed())
				for i := range ps {
					id := t.Note(ps[i].data, &ps[i].stack, ps[i].at, 0)
					t.Contribute(id, len(ps[i].data)-14, nil)
				}
			}
			perPacket(b, int64(len(ps)))
		})
	}
}

// BenchmarkTableState is what a session costs in memory, by the heap.
func BenchmarkTableState(b *testing.B) {
	for _, n := range []int{100_000, 300_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			frame := kept(b, traffic.Config{Shape: "bulk"})[0]
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				t := session.NewTable(784, false, session.NewSeed())
				for i := range n {
					addrs := frame.data[frame.stack.Network+12:]
					addrs[1], addrs[2], addrs[3] = byte(i>>16), byte(i>>8), byte(i)
					t.Room(t.Note(frame.data, &frame.stack, uint64(i+1), 0), 784)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				if t.Len() != n {
					b.Fatalf("%d sessions, need %d", t.Len(), n)
				}
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/session")
		})
	}
}

// BenchmarkMask writes the masked bytes of a packet into an empty prefix.
func BenchmarkMask(b *testing.B) {
	for _, c := range []struct {
		name   string
		policy mask.Policy
	}{
		{"default", mask.Default()},
		{"keep", mask.Policy{MAC: mask.Remove}},
		{"anonymize", mask.Policy{MAC: mask.Remove, IP: mask.Anonymize, Ports: mask.Zero, Checksums: mask.Zero}},
		{"remove", mask.Policy{MAC: mask.Remove, IP: mask.Remove, Ports: mask.Zero, Checksums: mask.Zero}},
		{"udp-pad", mask.Policy{MAC: mask.Remove, IP: mask.Zero, Ports: mask.Zero, Checksums: mask.Zero, UDPPad: true}},
		{"payload", mask.Policy{Content: mask.Payload}},
	} {
		b.Run(c.name, func(b *testing.B) {
			ps := kept(b, traffic.Config{Shape: "mixed"})
			m := mask.New(c.policy, nil)
			room := make([]byte, 784)
			for b.Loop() {
				for i := range ps {
					m.Write(room, ps[i].data, &ps[i].stack)
				}
			}
			perPacket(b, int64(len(ps)))
		})
	}
}

// BenchmarkDigest is what dedup computes for every sample.
func BenchmarkDigest(b *testing.B) {
	s := make([]byte, 784)
	b.SetBytes(784)
	for b.Loop() {
		s[0] = dedup.OfSample(s)[0]
	}
}

// BenchmarkSet asks for digests that are new, as most are.
func BenchmarkSet(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		s := dedup.NewSet()
		for i := range n {
			d := dedup.Digest{byte(i * 7), byte(i >> 8), byte(i >> 16), 3: byte(i)}
			if seen, _ := s.Add(d, 0); seen {
				b.Fatal("a new digest is not new")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/sample")
}
