package bench

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dev/bench/traffic"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/mask"
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

// roomSize is of the captures that rooms are measured on: storm needs enough
// sessions for its table not to fit into a cache.
func roomSize(shape string) int64 {
	if shape == "storm" {
		return 64 << 20
	}
	return 16 << 20
}

func inMemory(tb testing.TB, c traffic.Config) []byte {
	tb.Helper()
	var b bytes.Buffer
	c.Seed, c.Size = 1, roomSize(c.Shape)
	if _, err := traffic.Write(&b, c); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// packet is one of the packets that sessions are made of.
type packet struct {
	at, end int // in the data of all
	stack   header.Stack
	layout  header.Layout
	number  uint64
	time    int64
}

// kept are the packets of a capture that the default filter lets through.
func kept(tb testing.TB, c traffic.Config) (data []byte, ps []packet) {
	tb.Helper()
	read(tb, inMemory(tb, c), func(p *capture.Packet) {
		var s header.Stack
		header.Decode(p.LinkType, p.Data, uint32(len(p.Data)), &s)
		if header.DropDefault.Reason(&s) == header.OK {
			at := len(data)
			data = append(data, p.Data...)
			ps = append(ps, packet{at, len(data), s, s.Layout(p.Time, true), p.At.Packet, p.Time})
		}
	})
	return data, ps
}

var formats = []traffic.Config{
	{Shape: "mixed"}, {Shape: "mixed", Pcapng: true}, {Shape: "mixed", Gzip: true}, {Shape: "bulk"}, {Shape: "storm"},
}

// BenchmarkNext reads packets in one loop, the slow twin, without looking at them.
func BenchmarkNext(b *testing.B) {
	for _, c := range formats {
		b.Run(c.Shape+c.Extension(), func(b *testing.B) {
			in := inMemory(b, c)
			b.SetBytes(roomSize(c.Shape))
			b.ReportAllocs()
			var n int64
			for b.Loop() {
				n = read(b, in, func(*capture.Packet) {})
			}
			perPacket(b, n)
		})
	}
}

// BenchmarkBlocks reads packets in blocks, as the workers of mill do: each block
// is walked from a guessed place, and then put together with those before it.
// It is one goroutine's work, digest included. right is the part of the guesses
// that were; wrong ones are walked twice.
func BenchmarkBlocks(b *testing.B) {
	for _, c := range formats {
		b.Run(c.Shape+c.Extension(), func(b *testing.B) {
			in := filepath.Join(b.TempDir(), "in")
			if err := os.WriteFile(in, inMemory(b, c), 0o666); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(roomSize(c.Shape))
			b.ReportAllocs()
			var w blockWalk
			for b.Loop() {
				w = blockWalk{}
				w.all(b, in)
			}
			perPacket(b, w.packets)
			b.ReportMetric(float64(w.right)/float64(max(1, w.guessed)), "right/guess")
		})
	}
}

// blockWalk counts what is found in blocks.
type blockWalk struct {
	packets        int64
	guessed, right int
	near           int64 // time of the packet before
	seen           int64
}

func (w *blockWalk) all(tb testing.TB, path string) {
	blocks, err := capture.OpenBlocks(path, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer blocks.Close()
	var blk capture.Block
	var piece capture.Piece
	q := blocks.Sequence()
	each := func(p *capture.Packet, _ uint32, _ int) { w.seen += int64(len(p.Data)); w.near = p.Time }
	for index := int64(0); ; index++ {
		blocks.Read(index, &blk)
		var guess *capture.Piece
		if f := q.Framing(); index > 0 {
			if at, ok := f.Guess(blk.Data, w.near); ok {
				f.Walk(blk.Data, at, &piece, each)
				guess = &piece
				w.guessed++
			}
		}
		q.Add(&blk, guess,
			func(uint64) { w.right++ },
			func(f *capture.Framing, data []byte, from int, _ uint64, p *capture.Piece) {
				f.Walk(data, from, p, each)
			})
		if blk.Err != nil {
			break
		}
	}
	if _, err := q.End(blk.Err); err != nil {
		tb.Fatal(err)
	}
	w.packets = int64(q.Packets())
}

// TestBlockWalk: the benchmark above sees every packet, and most guesses are right.
func TestBlockWalk(t *testing.T) {
	in := filepath.Join(t.TempDir(), "in.pcap")
	c, err := traffic.WriteFile(in, traffic.Config{Shape: "mixed", Seed: 1, Size: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var w blockWalk
	w.all(t, in)
	if w.packets != c.Packets || w.guessed == 0 || w.right*10 < w.guessed*9 {
		t.Errorf("%d packets of %d; %d guesses, %d right", w.packets, c.Packets, w.guessed, w.right)
	}
}

// BenchmarkDecode is Decode and the filter, on packets in memory.
func BenchmarkDecode(b *testing.B) {
	for _, shape := range []string{"mixed", "storm"} {
		b.Run(shape, func(b *testing.B) {
			data, ps := kept(b, traffic.Config{Shape: shape})
			var s header.Stack
			used, rounds := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				rounds++
				for i := range ps {
					header.Decode(header.LinkTypeEthernet, data[ps[i].at:ps[i].end], uint32(len(data[ps[i].at:ps[i].end])), &s)
					if header.DropDefault.Reason(&s) == header.OK {
						used++
					}
				}
			}
			if used != rounds*len(ps) {
				b.Fatalf("%d of %d packets used", used, rounds*len(ps))
			}
			perPacket(b, int64(len(ps)))
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
		{"prefix", mask.Policy{MAC: mask.Remove, IP: mask.Prefix, Ports: mask.Zero, Checksums: mask.Zero}},
		{"remove", mask.Policy{MAC: mask.Remove, IP: mask.Remove, Ports: mask.Zero, Checksums: mask.Zero}},
		{"udp-pad", mask.Policy{MAC: mask.Remove, IP: mask.Zero, Ports: mask.Zero, Checksums: mask.Zero, UDPPad: true}},
		{"payload", mask.Policy{Content: mask.Payload}},
	} {
		b.Run(c.name, func(b *testing.B) {
			data, ps := kept(b, traffic.Config{Shape: "mixed"})
			m := mask.New(c.policy, bytes.Repeat([]byte{7}, 32))
			room := make([]byte, 784)
			b.ReportAllocs()
			for b.Loop() {
				for i := range ps {
					m.Write(room, data[ps[i].at:ps[i].end], &ps[i].layout)
				}
			}
			perPacket(b, int64(len(ps)))
		})
	}
}

// BenchmarkDigest is what dedup computes for a sample, full or with zeros at its
// end that do not count.
func BenchmarkDigest(b *testing.B) {
	for name, n := range map[string]int{"full": 784, "short": 100} {
		b.Run(name, func(b *testing.B) {
			s := make([]byte, 784)
			for i := range n {
				s[i] = byte(i | 1)
			}
			b.SetBytes(784)
			b.ReportAllocs()
			for b.Loop() {
				s[0] = dedup.OfSample(s)[0] | 1
			}
		})
	}
}

// BenchmarkSet asks for a million digests that are new, as most are: one after
// the other, and in batches that Touch has asked memory for, as mill does.
func BenchmarkSet(b *testing.B) {
	const n, batch = 1 << 20, 256
	digests := make([]dedup.Digest, n)
	for i := range digests {
		digests[i] = dedup.OfSample([]byte{byte(i), byte(i >> 8), byte(i >> 16), 1})
	}
	for _, touch := range []bool{false, true} {
		b.Run(map[bool]string{false: "single", true: "touched"}[touch], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := dedup.NewSet()
				for at := 0; at < n; at += batch {
					part := digests[at : at+batch]
					if touch {
						for i := range part {
							s.Touch(part[i])
						}
					}
					for i := range part {
						if seen, _ := s.Add(part[i], 0); seen {
							b.Fatal("a new digest is not new")
						}
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/sample")
		})
	}
}
