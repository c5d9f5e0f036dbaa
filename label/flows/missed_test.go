package flows_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// TestMissed: sessions without a row are counted by whether their endpoints are in the table, and by how much most of them
// are later than the row that begins nearest.
func TestMissed(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		quarters := rapid.Int64Range(-100, 100).Draw(rt, "quarters")
		seconds := rapid.Int64Range(-100, 100).Draw(rt, "seconds")
		if quarters == 0 && seconds > -2 && seconds < 2 || quarters != 0 {
			seconds = 3
		}
		shift := quarters*15*60 + seconds
		n := rapid.IntRange(1, 20).Draw(rt, "sessions")
		var text strings.Builder
		text.WriteString(head)
		for i := range n {
			fmt.Fprintf(&text, "10.0.0.1,%d,10.0.0.2,2,6,%d,0,x\n", i+1, 1_000_000_000_000_000+int64(i)*3e9)
		}
		x, err := read(t, plain(), text.String())
		if err != nil {
			rt.Fatal(err)
		}
		byOrder(x)
		for i := range n {
			a, b := ends(fmt.Sprint("10.0.0.1:", i+1), "10.0.0.2:2")
			begin := 1_000_000_000_000_000 + int64(i)*3e9 + shift*1e9
			if _, _, ok, err := x.Label(b, a, 6, begin, begin); ok || err != nil {
				rt.Fatal(ok, err)
			}
		}
		a, b := ends("10.0.0.9:1", "10.0.0.2:2")
		if _, _, ok, _ := x.Label(a, b, 6, 0, 0); ok {
			rt.Fatal("matched")
		}
		want := time.Duration(shift) * time.Second
		if quarters != 0 {
			want = time.Duration(quarters) * 15 * time.Minute
		}
		if m := x.Missed(); m.Elsewhen != int64(n) || m.Elsewhere != 1 || m.Shift != want || m.Shifted != int64(n) {
			rt.Errorf("%d quarters of an hour and %d s: %+v, want %v", quarters, seconds, m, want)
		}
	})
}

// TestMissedFar: times at the ends of what there is are no trouble.
func TestMissedFar(t *testing.T) {
	for _, start := range []int64{math.MinInt64 / 4, math.MaxInt64 / 4} {
		x, err := read(t, plain(), head+fmt.Sprintf("10.0.0.1,1,10.0.0.2,2,6,%d,0,x\n", start))
		if err != nil {
			t.Fatal(err)
		}
		byOrder(x)
		a, b := ends("10.0.0.1:1", "10.0.0.2:2")
		for _, at := range []int64{math.MinInt64, -1, 0, 1, math.MaxInt64} {
			if _, _, ok, err := x.Label(a, b, 6, at, at); ok || err != nil {
				t.Errorf("at %d: %t, %v", at, ok, err)
			}
		}
		if m := x.Missed(); m.Elsewhen != 5 || (m.Shift > 0) != (start < 0) {
			t.Errorf("%+v", m)
		}
	}
}
