package audit_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
)

// A set is samples of 784 bytes with labels, as another tool would publish them.
type set struct {
	rows   [][]byte
	labels []byte
}

// honest makes rows in which nothing tells the class: one IPv4 and TCP packet of random
// payload each, whose fields are the same or random.
func honest(r *rand.Rand, rows, classes int) *set {
	s := &set{}
	for i := range rows {
		b := make([]byte, 784)
		for k := range b {
			b[k] = byte(r.Uint32())
		}
		copy(b, []byte{0x45, 0, 3, 16, 1, 2, 0, 0, 64, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		copy(b[20:], []byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 16, 1, 0, 0, 0, 0, 0})
		s.rows, s.labels = append(s.rows, b), append(s.labels, byte(i%classes))
	}
	return s
}

func (s *set) write(t *testing.T) (images, labels string) {
	t.Helper()
	dir := t.TempDir()
	images, labels = filepath.Join(dir, "images"), filepath.Join(dir, "labels")
	head := func(words ...uint32) (b []byte) {
		for _, w := range words {
			b = binary.BigEndian.AppendUint32(b, w)
		}
		return b
	}
	n := uint32(len(s.rows))
	for path, b := range map[string][]byte{
		images: append(head(0x803, n, 28, 28), bytes.Join(s.rows, nil)...),
		labels: append(head(0x801, n), s.labels...),
	} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return images, labels
}

func run(t *testing.T, images, labels string, o audit.Options) *audit.Report {
	t.Helper()
	d, err := audit.OpenPair(context.Background(), images, labels)
	if err != nil {
		t.Fatal(err)
	}
	r, err := audit.Run(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *set) audit(t *testing.T) *audit.Report {
	t.Helper()
	images, labels := s.write(t)
	return run(t, images, labels, audit.Options{})
}

// plants are faults, each with the finding that must name it.
var plants = []struct {
	name     string
	plant    func(r *rand.Rand, s *set)
	kind     string
	field    string
	position int
}{
	{"TTL", func(_ *rand.Rand, s *set) { s.byClass(8, 50) }, "one-byte", "packet.0.ip.ttl", 8},
	{"identification", func(_ *rand.Rand, s *set) { s.byClass(5, 9) }, "one-byte", "packet.0.ip.id", 5},
	{"window", func(_ *rand.Rand, s *set) { s.byClass(34, 7) }, "one-byte", "packet.0.tcp.window", 34},
	{"sequence", func(_ *rand.Rand, s *set) { s.byClass(24, 3) }, "one-byte", "packet.0.tcp.seq", 24},
	{"payload", func(_ *rand.Rand, s *set) { s.byClass(300, 20) }, "one-byte", "payload", 300},
	{"repeats", func(_ *rand.Rand, s *set) {
		for i := 40; i < len(s.rows); i++ {
			s.rows[i], s.labels[i] = s.rows[i%40], s.labels[i%40]
		}
	}, "repeated", "", -1},
	{"conflicts", func(_ *rand.Rand, s *set) {
		for i := 0; i+1 < len(s.rows)/4; i += 2 {
			s.rows[i+1] = s.rows[i]
		}
	}, "conflict", "", -1},
	{"headers of capture files", func(_ *rand.Rand, s *set) {
		for i := range s.rows[:len(s.rows)/20] {
			copy(s.rows[i], []byte{0xa1, 0xb2, 0xc3, 0xd4})
		}
	}, "capture-header", "", 0},
}

// byClass makes byte at of each row tell its class.
func (s *set) byClass(at int, step byte) {
	for i, b := range s.rows {
		b[at] = 1 + s.labels[i]*step
	}
}

func found(r *audit.Report, kind, field string, position int) bool {
	return slices.ContainsFunc(r.Findings, func(f audit.Finding) bool {
		return f.Kind == kind && (field == "" || f.Field == field) && (position < 0 || f.Position != nil && *f.Position == position) &&
			f.Text != "" && f.Remedy != ""
	})
}

// TestPlanted: each fault is found where it was planted, alone and beside each other one;
// a set without any is clean, and permuted labels stay at chance. Seeds vary.
func TestPlanted(t *testing.T) {
	for seed := range uint64(full.Of(1, 2, 8)) {
		r := rand.New(rand.NewPCG(seed, 11))
		clean := honest(r, 600, 3).audit(t)
		if clean.Verdict != "clean" || len(clean.Findings) > 0 {
			t.Errorf("seed %d: %s, %+v", seed, clean.Verdict, clean.Findings)
		}
		for _, p := range clean.Probes {
			if p.Probe == "tree-8-permuted" && math.Abs(p.Balanced-1./3) > 0.1 {
				t.Errorf("seed %d: permuted labels reach %v", seed, p.Balanced)
			}
		}
		for i, a := range plants {
			s := honest(r, 600, 3)
			a.plant(r, s)
			if got := s.audit(t); !found(got, a.kind, a.field, a.position) || got.Verdict == "clean" {
				t.Errorf("seed %d: %s: %s, %+v", seed, a.name, got.Verdict, got.Findings)
			}
			b := plants[(i+1+int(seed))%5] // bytes by class, on top of anything
			if a.name == b.name {
				continue
			}
			b.plant(r, s)
			got := s.audit(t)
			if a.name == "repeats" && b.field == "payload" {
				b.position = -1 // each byte of payload tells 40 rows apart: the lowest is named
			}
			if a.kind != "repeated" && a.kind != "conflict" && !found(got, a.kind, a.field, a.position) || !found(got, b.kind, b.field, b.position) && a.kind != "capture-header" {
				t.Errorf("seed %d: %s and %s: %+v", seed, a.name, b.name, got.Findings)
			}
		}
	}
}

// TestWorkers: the report does not depend on the number of workers.
func TestWorkers(t *testing.T) {
	s := honest(rand.New(rand.NewPCG(5, 5)), 500, 4)
	s.byClass(8, 50)
	images, labels := s.write(t)
	var want []byte
	for _, n := range []int{1, 2, 3, 7} {
		var b bytes.Buffer
		if err := run(t, images, labels, audit.Options{Workers: n}).Encode(&b); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = b.Bytes()
		} else if !bytes.Equal(want, b.Bytes()) {
			t.Errorf("%d workers say something else", n)
		}
	}
}

// slow is what one position tells, computed as the page says it, row by row.
func slow(s *set, at int) (accuracy, balanced, kappa, mi float64) {
	seen := map[byte]int{}
	train, classes := map[byte]map[byte]int{}, map[byte]int{}
	var test []int
	for i, l := range s.labels {
		if seen[l]++; seen[l]%2 == 1 {
			v := s.rows[i][at]
			if train[v] == nil {
				train[v] = map[byte]int{}
			}
			train[v][l]++
			classes[l]++
		} else {
			test = append(test, i)
		}
	}
	most := func(m map[byte]int) (best byte) {
		n := -1
		for l := 0; l < 256; l++ {
			if m[byte(l)] > n && m[byte(l)] > 0 {
				best, n = byte(l), m[byte(l)]
			}
		}
		return best
	}
	right, of, said := map[byte]int{}, map[byte]int{}, map[byte]int{}
	hits := 0
	for _, i := range test {
		m := train[s.rows[i][at]]
		if m == nil {
			m = classes
		}
		p, l := most(m), s.labels[i]
		of[l]++
		said[p]++
		if p == l {
			right[l]++
			hits++
		}
	}
	n := float64(len(test))
	accuracy = float64(hits) / n
	chance := 0.
	for l, k := range of {
		balanced += float64(right[l]) / float64(k) / float64(len(of))
		chance += float64(k) / n * float64(said[l]) / n
	}
	if chance < 1 {
		kappa = (accuracy - chance) / (1 - chance)
	}
	joint, va, la := map[[2]byte]float64{}, map[byte]float64{}, map[byte]float64{}
	for i, l := range s.labels {
		v := s.rows[i][at]
		joint[[2]byte{v, l}]++
		va[v]++
		la[l]++
	}
	all := float64(len(s.labels))
	for k, c := range joint {
		mi += c / all * math.Log2(c*all/(va[k[0]]*la[k[1]]))
	}
	return accuracy, balanced, kappa, mi
}

// TestAgainstSlow: the scores of positions are those of the slow way, on sets with faults.
func TestAgainstSlow(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := honest(r, 301+int(seed), 2+int(seed))
		for i, b := range s.rows {
			if r.IntN(3) > 0 {
				b[8] = 30 + s.labels[i]
			}
			b[100] &= 3
		}
		got := s.audit(t)
		for _, at := range []int{0, 8, 24, 100, 300, 783} {
			a, b, k, mi := slow(s, at)
			p := got.Positions[at]
			for name, d := range map[string]float64{"accuracy": a - p.Accuracy, "balanced": b - p.Balanced, "kappa": k - p.Kappa, "mi": mi - p.MI} {
				if math.Abs(d) > 1e-6 {
					t.Errorf("seed %d, position %d: %s differs by %g", seed, at, name, d)
				}
			}
		}
	}
}

// TestPublished: what the audit says of image sets that others published. The positions and
// fields are those of the facts about them; scores are compared with the slow way.
func TestPublished(t *testing.T) {
	shared, err := groundtruth.Shared()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(shared, "captures", "iscx", "idx", "6class", "VpnSessionAllLayers")
	images, labels := filepath.Join(dir, "train-images-idx3-ubyte"), filepath.Join(dir, "train-labels-idx1-ubyte")
	if _, err := os.Stat(images); err != nil {
		images, labels = images+".gz", labels+".gz"
	}
	r := run(t, images, labels, audit.Options{})
	if r.Verdict != audit.Critical || !found(r, "one-byte", "packet.0.record.time", 25) || !found(r, "capture-header", "", 0) {
		t.Errorf("%s, %+v", r.Verdict, r.Findings)
	}
	for _, at := range []int{0, 10, 23} {
		if f := r.Positions[at].Field; f != "capture.header" && f != "capture.link-type" {
			t.Errorf("position %d is called %s", at, f)
		}
	}
}

// TestRefuses: what cannot be audited is refused with its name.
func TestRefuses(t *testing.T) {
	s := honest(rand.New(rand.NewPCG(1, 1)), 20, 2)
	images, labels := s.write(t)
	for name, c := range map[string][2]string{
		"labels for images": {labels, images}, "a directory": {t.TempDir(), labels}, "nothing": {images, images + "x"},
	} {
		if _, err := audit.OpenPair(context.Background(), c[0], c[1]); err == nil {
			t.Errorf("%s: no error", name)
		} else if len(err.Error()) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, err := audit.OpenPair(context.Background(), images, labels)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Run(context.Background(), d, audit.Options{Evaluate: "split"}); err == nil {
		t.Error("split without a split")
	}
}

// FuzzRows audits any bytes as rows: no panic, and a report that says how many there are.
func FuzzRows(f *testing.F) {
	f.Add([]byte("\x45\x00\x00\x28abcdefghijklmnop"), uint8(2))
	f.Add([]byte{0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4}, uint8(1))
	f.Add(bytes.Repeat([]byte{0x60, 0, 0, 0, 0, 8, 17, 1}, 40), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, classes uint8) {
		s := &set{}
		for i := range 24 {
			row := make([]byte, 784)
			if len(data) > 0 {
				copy(row, data[i*7%len(data):])
			}
			s.rows, s.labels = append(s.rows, row), append(s.labels, byte(i)%(classes%5+1))
		}
		if r := s.audit(t); r.Data.Samples != 24 {
			t.Fatal(fmt.Sprint(r.Data.Samples))
		}
	})
}
