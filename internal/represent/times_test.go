package represent_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/represent/representtest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// TestExactTimes: times between packets are exact however far apart these are: 2^53 nanoseconds
// are 104 days, and a clock that is set while it captures jumps by 50 years. The twin is as exact,
// in every form that shows times.
func TestExactTimes(t *testing.T) {
	one := representtest.Unit(12, endsOf)[0]
	m, s := mask.Default(), twin.Default()
	for _, c := range []struct {
		from, to int64
		iat      uint64 // microseconds, half to even
		duration uint64 // rounded down
	}{
		{0, 500, 0, 0},
		{0, 501, 1, 0},
		{0, 1500, 2, 1},
		{0, 2500, 2, 2},
		{1000, 1_700_000_000_029_158_499, 1_700_000_000_029_157, 1_700_000_000_029_157},
		{0, 1_700_000_000_029_157_499, 1_700_000_000_029_157, 1_700_000_000_029_157},
		{0, 1_700_000_000_029_157_500, 1_700_000_000_029_158, 1_700_000_000_029_157},
		{0, 1_700_000_000_029_158_500, 1_700_000_000_029_158, 1_700_000_000_029_158},
		{0, 1<<53 + 1, 9_007_199_254_741, 9_007_199_254_740},
		{math.MinInt64, math.MaxInt64, 18_446_744_073_709_552, 18_446_744_073_709_551},
		{5_000_000, 1000, 0, 4999}, // backwards: the same burst
	} {
		unit := slices.Repeat([]testcap.Packet{one}, 2)
		unit[0].Time, unit[1].Time = c.from, c.to
		for _, text := range []string{"tokens:gap=0s", "tokens", "series:channels=ipt+time,select=all", "series:channels=ipt+time,select=all,time=ms-floor", "flowpic:size=7", "mini-flowpic", "mini-flowpic:span=876000h", "ustc-all"} {
			m, s := m, s
			if text == "ustc-all" {
				m.MAC, s.MAC = mask.Keep, "keep"
			}
			choice, err := represent.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			f, err := choice.Bind(m, sample.Shape{})
			if err != nil {
				t.Fatal(err)
			}
			compareUnit(t, 12, text, f, unit, m, s)
			if text != "tokens:gap=0s" {
				continue
			}
			packets, ok := representtest.Packets(unit, mask.New(m, nil), lower4)
			if !ok {
				t.Fatal("a packet cannot be decoded")
			}
			line, _ := f.Render(nil, stateOf(f, packets), &represent.End{})
			iats := fmt.Sprintf(`"iats":[0,%d]`, c.iat)
			if c.to < c.from {
				iats = `"iats":[0]`
			}
			if want := fmt.Sprintf(`"flow_duration":%d,%s`, c.duration, iats); !strings.Contains(string(line), want) {
				t.Errorf("from %d to %d: need %s in %s", c.from, c.to, want, line)
			}
		}
	}
}
