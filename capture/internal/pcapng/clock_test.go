package pcapng_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// timeOf reads a stamp with options of an interface, in either byte order.
func timeOf(t *testing.T, bigEndian bool, stamp uint64, i testcap.Interface) int64 {
	t.Helper()
	f := testcap.NG{BigEndian: bigEndian}
	f.Section()
	f.Interface(i)
	var order binary.AppendByteOrder = binary.LittleEndian
	if bigEndian {
		order = binary.BigEndian
	}
	body := order.AppendUint32(nil, 0)
	body = order.AppendUint32(body, uint32(stamp>>32))
	body = order.AppendUint32(body, uint32(stamp))
	f.Block(6, append(body, 0, 0, 0, 0, 0, 0, 0, 0))
	_, packets, _, err := parse(t, f.Bytes())
	if err != nil || len(packets) != 1 {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	return packets[0].pkt.Time
}

// TestTimes: numbers from the format's description and by hand.
func TestTimes(t *testing.T) {
	second, hour := uint64(1_700_000_000), int64(-3600)
	for name, c := range map[string]struct {
		stamp  uint64
		resol  *uint8
		offset *int64
		want   int64
	}{
		"not given: microseconds":    {second*1e6 + 7, nil, nil, 1_700_000_000_000_007_000},
		"seconds":                    {second, testcap.U8(0), nil, 1_700_000_000_000_000_000},
		"tenths":                     {second*10 + 5, testcap.U8(1), nil, 1_700_000_000_500_000_000},
		"nanoseconds":                {second*1e9 + 7, testcap.U8(9), nil, 1_700_000_000_000_000_007},
		"picoseconds":                {7_000_999, testcap.U8(12), nil, 7000},
		"2^-20":                      {second<<20 + 1<<19, testcap.U8(0x80 | 20), nil, 1_700_000_000_500_000_000},
		"2^-32":                      {second<<32 + 1<<30, testcap.U8(0x80 | 32), nil, 1_700_000_000_250_000_000},
		"2^0":                        {second, testcap.U8(0x80), nil, 1_700_000_000_000_000_000},
		"2^-64":                      {1 << 63, testcap.U8(0x80 | 64), nil, 500_000_000},
		"2^-127":                     {math.MaxUint64, testcap.U8(0xff), nil, 0},
		"10^-19":                     {math.MaxUint64, testcap.U8(19), nil, 1_844_674_407},
		"10^-28":                     {math.MaxUint64, testcap.U8(28), nil, 1},
		"10^-127":                    {math.MaxUint64, testcap.U8(127), nil, 0},
		"offset back":                {second * 1e6, nil, &hour, 1_699_996_400_000_000_000},
		"before 1970":                {1_000_000, nil, &hour, -3_599_000_000_000},
		"too late":                   {math.MaxUint64, testcap.U8(0), nil, math.MaxInt64},
		"too late, 2^-1":             {math.MaxUint64, testcap.U8(0x81), nil, math.MaxInt64},
		"too late, moved back":       {9_223_372_037, testcap.U8(0), &hour, 9_223_368_437_000_000_000},
		"absurd offset":              {1, testcap.U8(9), ptr(int64(math.MaxInt64)), math.MaxInt64},
		"absurd offset back":         {1, testcap.U8(9), ptr(int64(math.MinInt64)), math.MinInt64},
		"one absurd, the other back": {uint64(1) << 63, testcap.U8(0), ptr(int64(math.MinInt64)), 0},
	} {
		for _, bigEndian := range []bool{false, true} {
			if got := timeOf(t, bigEndian, c.stamp, testcap.Interface{Resol: c.resol, Offset: c.offset}); got != c.want {
				t.Errorf("%s: %d, want %d", name, got, c.want)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestEveryResolution compares with exact arithmetic.
func TestEveryResolution(t *testing.T) {
	stamps := []uint64{0, 1, 999_999_999, 1 << 31, 1<<32 - 1, 1 << 53, 1_700_000_000_123_456_789, 1<<63 - 1, 1 << 63, math.MaxUint64}
	offsets := []int64{0, 1, -1, 1_700_000_000, -1_700_000_000, 9_223_372_036, -9_223_372_036, 9_223_372_037, -9_223_372_037, math.MaxInt64, math.MinInt64}
	for resol := range 256 {
		for _, stamp := range stamps {
			for _, offset := range offsets {
				unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(resol)), nil)
				if resol >= 128 {
					unit = new(big.Int).Lsh(big.NewInt(1), uint(resol-128))
				}
				exact := new(big.Int).SetUint64(stamp)
				exact.Mul(exact, big.NewInt(1e9)).Div(exact, unit)
				exact.Add(exact, new(big.Int).Mul(big.NewInt(offset), big.NewInt(1e9)))
				want := int64(math.MaxInt64)
				if exact.IsInt64() {
					want = exact.Int64()
				} else if exact.Sign() < 0 {
					want = math.MinInt64
				}
				if got := timeOf(t, resol%2 == 0, stamp, testcap.Interface{Resol: testcap.U8(uint8(resol)), Offset: &offset}); got != want {
					t.Fatalf("stamp %d, resolution %#x, offset %d: %d, want %d", stamp, resol, offset, got, want)
				}
			}
		}
	}
}

// TestOptions: a list that breaks counts up to the break, an end ends it, and
// of two values the later one holds.
func TestOptions(t *testing.T) {
	nano := testcap.Option{Code: 9, Value: []byte{9}}
	for name, c := range map[string]struct {
		options []testcap.Option
		raw     []byte // in place of options
		want    int64
	}{
		"behind others":  {[]testcap.Option{{Code: 2, Value: []byte("eth0")}, {Code: 12, Value: []byte("linux")}, nano}, nil, 5},
		"twice":          {[]testcap.Option{{Code: 9, Value: []byte{0}}, nano}, nil, 5},
		"behind the end": {[]testcap.Option{{}, nano}, nil, 5000},
		"empty value":    {[]testcap.Option{nano, {Code: 9}}, nil, 5},
		"long value":     {[]testcap.Option{{Code: 9, Value: []byte{9, 1, 2, 3, 4}}}, nil, 5},
		"short offset":   {[]testcap.Option{nano, {Code: 14, Value: []byte{1, 2, 3, 4, 5, 6, 7}}}, nil, 5},
		"no end":         {nil, []byte{9, 0, 1, 0, 9, 0, 0, 0}, 5},
		"no padding":     {nil, []byte{9, 0, 1, 0, 9, 0, 0, 0, 2, 0, 1, 0}, 5},
		"broken behind":  {nil, []byte{9, 0, 1, 0, 9, 0, 0, 0, 14, 0, 0xff, 0xff, 0, 0, 0, 0}, 5},
		"broken before":  {nil, []byte{2, 0, 0xff, 0xff, 9, 0, 1, 0, 9, 0, 0, 0}, 5000},
	} {
		var f testcap.NG
		f.Section()
		if c.raw == nil {
			f.Interface(testcap.Interface{Options: c.options})
		} else {
			f.Block(1, append(make([]byte, 8), c.raw...))
		}
		f.Block(6, []byte{0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		_, packets, _, err := parse(t, f.Bytes())
		if err != nil || packets[0].pkt.Time != c.want {
			t.Errorf("%s: %+v, %v, want time %d", name, packets, err, c.want)
		}
	}
}
