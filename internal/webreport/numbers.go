package webreport

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	from := len(s) % 3
	if n < 0 {
		from = (len(s)-1)%3 + 1
	}
	var b strings.Builder
	b.WriteString(s[:from])
	for i := from; i < len(s); i += 3 {
		if b.Len() > 0 && s[:i] != "-" {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// plural is "1 sample" or "2 samples"; classes are "classes".
func plural(n int64, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "s"):
		what += "e"
	}
	return thousands(n) + " " + what + "s"
}

// short writes a number for an axis: 950, 1.5k, 20M.
func short(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if v >= u.size {
			scale := u.size
			if u.name == "k" {
				scale = 1e3
			}
			return trimmed(v/scale, 1) + u.name
		}
	}
	return trimmed(v, 2)
}

// trimmed has at most digits behind the point, and no zeros at the end.
func trimmed(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// percent is a share of a whole.
func percent(n, of int64) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

// top is where an axis ends that holds v: a quarter of it is a round number.
func top(v float64) float64 {
	if v <= 4 {
		return 4
	}
	scale := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8} {
		if v <= m*scale {
			return m * scale
		}
	}
	return 10 * scale
}

// clipped is a name of at most n characters.
func clipped(name string, n int) string {
	r := []rune(name)
	if len(r) <= n {
		return name
	}
	return string(r[:n/2]) + "…" + string(r[len(r)-(n-n/2-1):])
}
