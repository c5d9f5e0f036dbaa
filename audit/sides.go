package audit

import (
	"slices"
	"strings"
)

// whereRecorded are fields of a first packet that say where or how it was recorded.
var whereRecorded = []string{
	"link.header", "ip.tos", "ip.id", "ip.fragment", "ip.ttl", "ip.checksum", "ip.source", "ip.destination",
	"ip6.flow", "ip6.hops", "ip6.source", "ip6.destination", "record.time", "frame-size",
}

// recorded reports whether a position's field is one of those.
func recorded(name string) bool {
	if name == captureLinkType.String() {
		return true
	}
	rest, ok := strings.CutPrefix(name, "packet.0.")
	return ok && (strings.HasPrefix(rest, "eth.") || slices.Contains(whereRecorded, rest))
}

// others are the classes whose most frequent value in training is not the most frequent of
// all; nil unless each side has 10 % of the rows.
func (a *auditor) others(train []uint32) (out []int) {
	classes := len(a.d.classes)
	byValue := make([]int64, values)
	for i, m := range train {
		byValue[i/classes] += int64(m)
	}
	usual := most(byValue)
	rows := 0
	for c := range classes {
		best := 0
		for v := range values {
			if train[v*classes+c] > train[best*classes+c] {
				best = v
			}
		}
		if best != usual {
			out = append(out, c)
			rows += a.d.classes[c].rows
		}
	}
	if all := a.d.rows(); rows*10 < all || (all-rows)*10 < all {
		return nil
	}
	return out
}

// askTwo scores the table of a value that tells the others from the rest.
func (a *auditor) askTwo(others []int, train, test []uint32, t *tally) {
	learn, ask := a.fold(others, train), a.fold(others, test)
	base := make([]int64, 2)
	for i, m := range learn {
		base[i%2] += int64(m)
	}
	table(learn, ask, values, 2, base, t)
}

// fold adds counts up by side: 0 the rest, 1 the others.
func (a *auditor) fold(others []int, counts []uint32) []uint32 {
	classes := len(a.d.classes)
	out := make([]uint32, values*2)
	side := make([]int, classes)
	for _, c := range others {
		side[c] = 1
	}
	for i, m := range counts {
		out[i/classes*2+side[i%classes]] += m
	}
	return out
}
