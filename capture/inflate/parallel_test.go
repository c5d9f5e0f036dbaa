package inflate

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
)

// executors run tasks in every order that a caller could choose.
var executors = map[string]func() (run func(func()), end func()){
	"goroutines": func() (func(func()), func()) { return goes, func() {} },
	"at once":    func() (func(func()), func()) { return func(task func()) { task() }, func() {} },
	"never":      func() (func(func()), func()) { return func(func()) {}, func() {} },
	"too late": func() (func(func()), func()) {
		var tasks []func()
		return func(task func()) { tasks = append(tasks, task) }, func() {
			for _, task := range tasks {
				task()
			}
		}
	},
	"last first": func() (func(func()), func()) { return pool(func(n int) int { return n - 1 }) },
	"any order":  func() (func(func()), func()) { return pool(rand.IntN) },
}

// pool is two goroutines that take the task that pick says.
func pool(pick func(n int) int) (run func(func()), end func()) {
	var mu sync.Mutex
	var tasks []func()
	var ended bool
	wake := sync.NewCond(&mu)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				mu.Lock()
				for len(tasks) == 0 && !ended {
					wake.Wait()
				}
				if len(tasks) == 0 {
					mu.Unlock()
					return
				}
				i := pick(len(tasks))
				task := tasks[i]
				tasks = append(tasks[:i], tasks[i+1:]...)
				mu.Unlock()
				task()
			}
		})
	}
	return func(task func()) {
			mu.Lock()
			defer mu.Unlock()
			tasks = append(tasks, task)
			wake.Signal()
		}, func() {
			mu.Lock()
			ended = true
			mu.Unlock()
			wake.Broadcast()
			group.Wait()
		}
}

// divided decodes with chunks of the given length, and as much overlap.
func divided(in []byte, chunk int, o Options) *Reader {
	z := NewGzipReader(bytes.NewReader(in), o)
	z.length, z.least, z.most, z.over = chunk, chunk, chunk, chunk+100
	return z
}

// inputs are gzip files of all shapes.
func inputs(t testing.TB, n int) map[string][]byte {
	all := map[string][]byte{}
	for name, content := range contents(n) {
		all[name] = gz(t, content, 6)
		all[name+" by the standard library"] = gzStd(t, content)
	}
	real := realLike(n, 7)
	var many, flushed []byte
	for i := 0; i < n; i += 20_000 {
		many = append(many, gz(t, real[i:min(i+20_000, n)], 6)...)
	}
	all["members"] = many
	var padded []byte
	for i := 0; i < n; i += 70_001 {
		padded = append(padded, gzStd(t, real[i:min(i+70_001, n)])...)
		padded = append(padded, make([]byte, i%512)...)
	}
	all["members between zeros"] = padded
	all["bgzf"] = bgzf(t, real)
	all["huffman only"] = gz(t, real, -2)
	all["fast"] = gz(t, real, 1)
	all["best"] = gz(t, real, 9)
	all["stored"] = gz(t, real, 0)
	flushed = member(deflate(t, real, compressors(t)["std6"], 5000), real)
	all["flushed"] = flushed
	// A gzip file that was stored in another one: its blocks begin nowhere.
	all["gzip in gzip, stored"] = gz(t, all["real"], 0)
	all["gzip in gzip"] = gz(t, bytes.Repeat(all["real"][:min(len(all["real"]), 30_000)], 5), 1)
	all["far and stored"] = append(gz(t, all["members"], 0), gz(t, far(n), 9)...)
	return all
}

// TestDivided compares with the decoder that goes from the beginning to the end:
// any length of chunks, number of workers and order of tasks.
func TestDivided(t *testing.T) {
	n := 1_500_000
	if !long() {
		n = 400_000
	}
	if testing.Short() {
		n = 100_000
	}
	for name, in := range inputs(t, n) {
		want := ours(in)
		if want.end != "whole" {
			t.Fatal(name, want)
		}
		for with, executor := range executors {
			for _, chunk := range []int{1000, 9001, 65_536, 500_000} {
				run, end := executor()
				z := divided(in, chunk, Options{Workers: 2 + chunk%3, Run: run})
				same(t, fmt.Sprintf("%s, chunks of %d, %s", name, chunk, with), collect(z), want)
				if at := z.InputOffset(); at > int64(len(in)) {
					t.Errorf("%s: input offset %d of %d", name, at, len(in))
				}
				end()
			}
		}
	}
}

// TestDividedDamage damages inputs anywhere: bytes, end and offset are those of
// the undivided decoder.
func TestDividedDamage(t *testing.T) {
	n, tries := full.Of(200_000, 400_000, 400_000), full.Of(8, 20, 60)
	rng := rand.New(rand.NewPCG(9, 9))
	all := inputs(t, n)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		in := all[name]
		for range tries {
			bad := bytes.Clone(in)
			switch rng.IntN(4) {
			case 0:
				bad = bad[:rng.IntN(len(bad))]
			case 1:
				bad = append(bad, byte(1+rng.IntN(255)), 2)
			default:
				for range 1 + rng.IntN(3) {
					bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
				}
			}
			want := ours(bad)
			z := divided(bad, 1000+rng.IntN(50_000), Options{Workers: 3, Run: goes})
			got := collect(z)
			same(t, name, got, want)
		}
	}
}

// TestChunksAreUsed proves that the work really is divided: most of the content
// comes from chunks.
func TestChunksAreUsed(t *testing.T) {
	for name, in := range inputs(t, 1_500_000) {
		switch name {
		case "real", "mixed", "members", "bgzf", "fast", "best", "real by the standard library", "text by the standard library":
		default:
			continue
		}
		z := divided(in, 40_000, Options{Workers: 2, Run: func(task func()) { task() }})
		total, fromChunks := 0, 0
		buf := make([]byte, 1000)
		for {
			n, err := z.Read(buf)
			if total += n; z.now != nil {
				fromChunks += n
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(in) > 200_000 && fromChunks < total*6/10 {
			t.Errorf("%s: only %d of %d bytes come from chunks", name, fromChunks, total)
		}
	}
}

// TestInputOffset: it is the same at every byte of the content, however the work
// is divided, and never far from the truth.
func TestInputOffset(t *testing.T) {
	for name, in := range inputs(t, 1_200_000) {
		one, two := NewGzipReader(bytes.NewReader(in), Options{}), divided(in, 30_000, Options{Workers: 2, Run: goes})
		a, b := make([]byte, 3001), make([]byte, 3001)
		for {
			n, err := io.ReadFull(one, a)
			m, _ := io.ReadFull(two, b)
			if n != m || one.InputOffset() != two.InputOffset() {
				t.Fatalf("%s: %d and %d bytes, from %d and %d", name, n, m, one.InputOffset(), two.InputOffset())
			}
			if err != nil {
				break
			}
		}
		if at := one.InputOffset(); len(in) > 300_000 && at < int64(len(in))*6/10 {
			t.Errorf("%s: at the end %d of %d bytes", name, at, len(in))
		}
	}
}

// TestClose: tasks may run after it, and do nothing.
func TestClose(t *testing.T) {
	in := gz(t, realLike(1_000_000, 3), 6)
	for with, executor := range executors {
		run, end := executor()
		z := divided(in, 50_000, Options{Workers: 3, Run: run})
		if _, err := io.CopyN(io.Discard, z, 300_000); err != nil {
			t.Fatal(with, err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(with, err)
		}
		if n, err := z.Read(make([]byte, 10)); n != 0 || err == nil {
			t.Errorf("%s: read %d bytes and %v after Close", with, n, err)
		}
		end()
	}
}

// TestMemory: whatever the input is, and even if nobody takes what is decoded,
// the chunks take at most 24 MiB a worker.
func TestMemory(t *testing.T) {
	n := 30 << 20
	if !long() {
		n = 16 << 20
	}
	if testing.Short() { // under -race
		n = 4 << 20
	}
	for name, in := range map[string][]byte{
		"real":  gz(t, realLike(n, 2), 6),
		"mixed": gz(t, mixedLike(n, 2), 6),
		"text":  gz(t, bytes.Repeat(realLike(20_000, 3), n*3/20_000), 9),
		"zeros": gz(t, make([]byte, n*10), 9),
		"bgzf":  bgzf(t, realLike(n, 2)),
	} {
		for _, workers := range []int{2, 4} {
			z := NewGzipReader(bytes.NewReader(in), Options{Workers: workers, Run: goes})
			most := 0
			for {
				n, err := io.CopyN(io.Discard, z, 300_000)
				z.memory.mu.Lock()
				most = max(most, z.memory.made)
				z.memory.mu.Unlock()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(name, n, err)
				}
			}
			if most += len(z.out); most > workers*workerMemory {
				t.Errorf("%s, %d workers: %d KiB, want at most %d", name, workers, most>>10, workers*workerMemory>>10)
			}
			t.Logf("%s, %d workers: %d KiB", name, workers, most>>10)
		}
	}
}

// TestPanic: a task that panics does so in Read, where the caller can recover,
// and not in a goroutine that is somebody else's.
func TestPanic(t *testing.T) {
	in := gz(t, realLike(1_000_000, 3), 6)
	z := divided(in, 50_000, Options{Workers: 2, Run: goes})
	z.memory.decoder = []*members{nil} // the first chunk gets it
	defer func() {
		if p := recover(); p == nil {
			t.Error("Read did not panic")
		}
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}()
	_, err := io.Copy(io.Discard, z)
	t.Error(err)
}

// TestBeforeTheMember: a distance that reaches before the member is corrupt, also
// where a chunk begins with the first block of that member and the distance is a
// marker to it.
func TestBeforeTheMember(t *testing.T) {
	match := map[int]uint{'a': 1, 257: 2, 256: 2}
	for literals := range 4 {
		w := new(bitWriter).dynamic(0, lengths(258, match), lengths(4, map[int]uint{0: 2, 1: 2, 2: 2, 3: 2}))
		for range literals {
			w.code(0, 1)
		}
		w.code(3, 2).code(3, 2)                            // a match at a distance of 4
		w.code(2, 2).bits(1, 1).bits(1, 2).fixed('b', 256) // another block
		in := append(gz(t, []byte("before"), 6), member(w.b, []byte("whatever"))...)
		want := ours(in)
		if !bytes.Equal(want.data, []byte("beforeaaa"[:6+literals])) {
			t.Fatal(want)
		}
		for chunk := 1; chunk < 40; chunk++ {
			z := divided(in, chunk, Options{Workers: 60, Run: func(task func()) { task() }})
			same(t, fmt.Sprintf("behind %d literals, chunks of %d", literals, chunk), collect(z), want)
		}
	}
}
