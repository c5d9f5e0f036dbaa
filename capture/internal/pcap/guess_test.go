package pcap_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

const guessTime = 1_700_000_000_123_456_789

// dialects is every way to write a record header.
func dialects() map[string]testcap.Pcap {
	all := map[string]testcap.Pcap{}
	for name, f := range map[string]testcap.Pcap{
		"us": {}, "ns": {Nano: true}, "modified": {Modified: true},
		"2.2": {Version: [2]int{2, 2}}, "2.3": {Version: [2]int{2, 3}}, "2.3 swapped": {Version: [2]int{2, 3}, Swap: true},
		"no snaplen": {ZeroSnap: true}, "small snaplen": {SnapLen: 96}, "huge snaplen": {SnapLen: 0xffffffff},
	} {
		for _, big := range []bool{false, true} {
			f.BigEndian = big
			all[fmt.Sprintf("%s big=%v", name, big)] = f
		}
	}
	return all
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func header(t *testing.T, f testcap.Pcap) *pcap.Header {
	t.Helper()
	h, err := pcap.ParseHeader(f.Header())
	if err != nil {
		t.Fatal(err)
	}
	return &h
}

// records writes n packets of random bytes and returns where each begins.
func records(r *rand.Rand, f testcap.Pcap, n int) (b []byte, starts []int) {
	for i := range n {
		p := testcap.Packet{Time: guessTime + int64(i)*1e9, Data: noise(r, 1+r.IntN(150))}
		p.OrigLen = uint32(len(p.Data) + r.IntN(2)*r.IntN(100))
		starts = append(starts, len(b))
		b = append(b, f.Record(p)...)
	}
	return b, starts
}

// TestGuess starts at every byte of records with random payload: the guess is the
// next record's begin, in every dialect, with a time known and without.
func TestGuess(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, f := range dialects() {
		h := header(t, f)
		b, starts := records(r, f, 12)
		last := starts[len(starts)-2] // one record alone is too few
		for _, near := range []int64{guessTime, guessTime - 399*24*3600*1e9, -1} {
			for _, run := range []int{2, 5, 100} {
				if near < 0 && run < 5 {
					continue // too little to go by
				}
				next := 0
				for from := range b {
					if from > starts[next] && next < len(starts)-1 {
						next++
					}
					at, ok := h.Guess(b, from, [2]int64{-1, near}, run)
					if from <= last && (!ok || at != starts[next]) || from > last && ok {
						t.Fatalf("%s: near %d, run %d, from %d: %d %v, want %d", name, near, run, from, at, ok, starts[next])
					}
				}
			}
		}
		for _, near := range []int64{guessTime / 2, guessTime - 402*24*3600*1e9, guessTime + 402*24*3600*1e9} {
			if at, ok := h.Guess(b, 0, [2]int64{near, -1}, 2); ok {
				t.Errorf("%s: near %d: a guess at %d", name, near, at)
			}
			if at, ok := h.Guess(b, 1, [2]int64{near, -1}, 5); !ok || at != starts[1] {
				t.Errorf("%s: near %d: %d %v, want %d: the times of the run agree", name, near, at, ok, starts[1])
			}
		}
	}
}

// TestGuessCut cuts b at every length: with the first two headers there is a
// guess, with less there is none.
func TestGuessCut(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, f := range dialects() {
		h := header(t, f)
		b, starts := records(r, f, 3)
		for n := range len(b) + 1 {
			at, ok := h.Guess(b[:n], 0, [2]int64{guessTime, -1}, 3)
			if want := n >= starts[1]+h.RecordHeaderLen(); ok != want || at != 0 {
				t.Fatalf("%s: of %d bytes: %d %v, want %v", name, n, at, ok, want)
			}
		}
	}
}

// TestGuessNothing: what holds no record gives no guess. A header alone is as
// likely as one in 2^32 random places; two in a row do not happen.
func TestGuessNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	random := noise(r, 1<<20)
	text := bytes.Repeat([]byte("GET /index.html HTTP/1.1\r\nHost: example\r\n\r\n"), 5000)
	for name, f := range dialects() {
		h := header(t, f)
		for what, b := range map[string][]byte{
			"nothing": nil, "random": random, "zeros": make([]byte, 1<<18), "ones": bytes.Repeat([]byte{0xff}, 1<<18), "text": text,
		} {
			for _, near := range []int64{guessTime, 0, -1} {
				if at, ok := h.Guess(b, 0, [2]int64{near, -1}, 2); ok {
					t.Errorf("%s: a guess at %d of %s, near %d", name, at, what, near)
				}
			}
		}
	}
}

// TestGuessPlausible breaks one field of the second header, each way it can be.
func TestGuessPlausible(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for name, f := range dialects() {
		h := header(t, f)
		var order binary.ByteOrder = binary.LittleEndian
		if f.BigEndian {
			order = binary.BigEndian
		}
		swapped := f.Swap || f.Version == [2]int{2, 2}
		fraction := uint32(1e6)
		if f.Nano {
			fraction = 1e9
		}
		for _, c := range []struct {
			field string
			at    int
			value uint32
			bad   bool
		}{
			{"fraction", 4, fraction, true},
			{"fraction", 4, fraction - 1, false},
			{"second", 0, guessTime/1_000_000_000 + 399*24*3600, false},
			{"second", 0, guessTime/1_000_000_000 + 401*24*3600, true},
			{"captured", 8, 262145, f.SnapLen < 262145 || f.SnapLen == 0xffffffff},
			{"original", 12, 0, true},
			{"original", 12, 256<<20 + 1, true},
			{"original", 12, 256 << 20, false},
			{"original", 12, 1, f.SnapLen == 96},
		} {
			b, starts := records(r, testcap.Pcap{
				BigEndian: f.BigEndian, Nano: f.Nano, Modified: f.Modified, Version: f.Version, Swap: f.Swap,
			}, 1)
			p := testcap.Packet{Time: guessTime, Data: noise(r, 200)}
			second := f.Record(p)
			at := c.at
			if swapped && at >= 8 {
				at = 20 - at
			}
			if f.Version == [2]int{2, 3} && c.field != "second" && c.field != "fraction" {
				continue // there the larger of the two is always the original
			}
			order.PutUint32(second[at:], c.value)
			b = append(b, second...)
			if got, ok := h.Guess(b, 0, [2]int64{guessTime, -1}, 2); ok == c.bad || ok && got != starts[0] {
				t.Errorf("%s: %s %d: %d %v", name, c.field, c.value, got, ok)
			}
		}
	}
}

// TestGuessInside puts captures into the payload of packets: a run longer than
// one packet has room for is not misled, a shorter one is, and that is said.
func TestGuessInside(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for name, f := range dialects() {
		h := header(t, f)
		var file, payload []byte
		for range 5 { // inner records, each with 14 bytes
			payload = append(payload, f.Record(testcap.Packet{Time: guessTime, Data: noise(r, 14)})...)
		}
		var starts []int
		for range 40 {
			starts = append(starts, len(file))
			data := append(noise(r, 54), payload...)
			file = append(file, f.Record(testcap.Packet{Time: guessTime, Data: append(data, noise(r, 100)...)})...)
		}
		from := starts[1] + 20
		inside := starts[1] + h.RecordHeaderLen() + 54
		if at, ok := h.Guess(file, from, [2]int64{guessTime, -1}, 3); !ok || at != inside {
			t.Errorf("%s: run 3: %d %v, want %d", name, at, ok, inside)
		}
		if at, ok := h.Guess(file, from, [2]int64{guessTime, -1}, 8); !ok || at != starts[2] {
			t.Errorf("%s: run 8: %d %v, want %d", name, at, ok, starts[2])
		}
	}
}

func TestGuessOdd(t *testing.T) {
	f := testcap.Pcap{}
	h := header(t, f)
	b, starts := records(rand.New(rand.NewPCG(11, 12)), f, 3)
	for _, c := range []struct {
		from, run, at int
		ok            bool
	}{
		{-5, 2, 0, true},
		{0, 0, 0, true},
		{0, -1, 0, true},
		{len(b), 1, 0, false},
		{len(b) + 100, 1, 0, false},
		{math.MaxInt, 1, 0, false},
		{1, 1, starts[1], true},
	} {
		if at, ok := h.Guess(b, c.from, [2]int64{guessTime, -1}, c.run); at != c.at || ok != c.ok {
			t.Errorf("from %d run %d: %d %v", c.from, c.run, at, ok)
		}
	}
	if n := testing.AllocsPerRun(10, func() { h.Guess(b, 1, [2]int64{guessTime, -1}, 4) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestGuessWild puts wild times into a run of eight: up to three are believed, four are not, and none at the
// front; whatever is known of the file's times.
func TestGuessWild(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for name, f := range dialects() {
		h := header(t, f)
		var order binary.ByteOrder = binary.LittleEndian
		if f.BigEndian {
			order = binary.BigEndian
		}
		for first := range 4 {
			for wild := range 5 {
				b, starts := records(r, f, 8)
				for i := first; i < first+wild; i++ {
					order.PutUint32(b[starts[i]:], 0xfffffff0-uint32(i)<<28)
				}
				for _, near := range []int64{guessTime, 4294967280e9, -1} {
					if at, ok := h.Guess(b, 0, [2]int64{near, -1}, 8); (ok && at == 0) != (wild == 0 || wild <= 3 && first > 0) {
						t.Errorf("%s: %d wild times from the %d. on, near %d: %d %v", name, wild, first+1, near, at, ok)
					}
				}
			}
		}
	}
}

// TestGuessJoined: a file header ends a run, however short it is and whatever is known of times. What follows may be written in
// any way.
func TestGuessJoined(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for name, f := range dialects() {
		h := header(t, f)
		for n := 1; n < 9; n++ {
			b, _ := records(r, f, n)
			other := f
			other.BigEndian = n%2 == 0
			b = append(b, other.Header()...)
			for _, run := range []int{2, 5, 8} {
				if at, ok := h.Guess(b, 0, [2]int64{guessTime / 3, -1}, run); !ok || at != 0 {
					if n >= run && run < 4 {
						continue // too short without the header, which is not reached
					}
					t.Errorf("%s: %d records and a header, run %d: %d %v", name, n, run, at, ok)
				}
			}
		}
	}
}

// FuzzGuess: a guess is where the records it promises can be read.
func FuzzGuess(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, d := range dialects() {
		b, _ := records(r, d, 4)
		f.Add(d.Header(), b, 3, int64(guessTime), 3)
	}
	f.Fuzz(func(t *testing.T, head, b []byte, from int, near int64, run int) {
		h, err := pcap.ParseHeader(head)
		if err != nil {
			return
		}
		at, ok := h.Guess(b, from, [2]int64{near, -1}, run)
		if !ok {
			return
		}
		if at < from || at < 0 || at >= len(b) {
			t.Fatalf("from %d of %d bytes: %d", from, len(b), at)
		}
		for n := 0; n < min(max(run, 1), 8); n++ {
			var rec pcap.Record
			if size, err := h.Record(b[at:], &rec); err == nil {
				at += size
			} else if errors.Is(err, pcap.ErrJoined) {
				at += pcap.HeaderLen
				n--
			} else if n >= 1 || run <= 1 {
				return // the end of b, behind two headers
			} else {
				t.Fatalf("header %d of %d at %d: %v", n, run, at, err)
			}
		}
	})
}
