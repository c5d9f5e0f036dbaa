package view

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// filter is which samples are shown: what the address says.
type filter struct {
	class    int // place in classes; -1: any
	side     int // 0 ... noSide; -1: any
	proto    int // 6, 17; -1: any
	capture  string
	min, max uint64 // bytes; max 0: any
	only     string // "", repeated, conflict, across
	finding  int    // -1: none
	value    int    // of the byte that the finding is about; -1: any
	page     int    // from 0
}

// sides are the names of sides in addresses, by side.
var sides = []string{"training", "validation", "test", "none"}

// only are the marks that can be filtered by.
var only = []string{"repeated", "conflict", "across"}

// parse reads a filter; what it does not know is an error, so that a mistyped link does not
// show something else.
func (x *index) parse(q url.Values, findings int) (f filter, err error) {
	f = filter{class: -1, side: -1, proto: -1, finding: -1, value: -1}
	for key, values := range q {
		if len(values) != 1 {
			return f, fmt.Errorf("%s stands twice in the address", key)
		}
		v := values[0]
		if v == "" {
			continue
		}
		bad := fmt.Errorf("%s cannot be %q", key, v)
		number := func(most uint64) (n int) {
			u, e := strconv.ParseUint(v, 10, 64)
			if e != nil || u > most {
				err = bad
			}
			return int(u)
		}
		switch key {
		case "class":
			if f.class = x.classOf(v); f.class < 0 {
				return f, fmt.Errorf("there is no class %q", v)
			}
		case "side":
			if f.side = place(sides, v); f.side < 0 {
				return f, bad
			}
		case "protocol":
			if f.proto = map[string]int{"tcp": 6, "udp": 17}[v]; f.proto == 0 {
				return f, bad
			}
		case "capture":
			f.capture = v
		case "min":
			f.min = uint64(number(1 << 62))
		case "max":
			f.max = uint64(number(1 << 62))
		case "only":
			if f.only = v; place(only, v) < 0 {
				return f, bad
			}
		case "finding":
			if f.finding = number(uint64(max(0, findings-1))); findings == 0 {
				return f, fmt.Errorf("there is no finding %s, or the audit has not ended", v)
			}
		case "value":
			f.value = number(255)
		case "page":
			f.page = number(1 << 30)
		default:
			return f, fmt.Errorf("the address has a part %q that is not known", key)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// classOf is the place of the class of that name, or -1.
func (x *index) classOf(name string) int {
	for i := range x.classes {
		if x.classes[i].Name == name {
			return i
		}
	}
	return -1
}

func place(list []string, v string) int {
	for i, s := range list {
		if s == v {
			return i
		}
	}
	return -1
}

// query is the filter as it stands in an address, for page p.
func (f filter) query(x *index, p int) string {
	q := url.Values{}
	set := func(key, v string, ok bool) {
		if ok {
			q.Set(key, v)
		}
	}
	if f.class >= 0 {
		q.Set("class", x.classes[f.class].Name)
	}
	if f.side >= 0 {
		q.Set("side", sides[f.side])
	}
	set("protocol", map[int]string{6: "tcp", 17: "udp"}[f.proto], f.proto > 0)
	set("capture", f.capture, f.capture != "")
	set("min", strconv.FormatUint(f.min, 10), f.min > 0)
	set("max", strconv.FormatUint(f.max, 10), f.max > 0)
	set("only", f.only, f.only != "")
	set("finding", strconv.Itoa(f.finding), f.finding >= 0)
	set("value", strconv.Itoa(f.value), f.value >= 0)
	set("page", strconv.Itoa(p), p > 0)
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// found are the samples that a filter lets through.
type found struct {
	total   int
	byClass []int
	page    []int // the samples of the page
}

// search goes over the index once. told is that of the finding, or nil.
func (x *index) search(f filter, t *told) found {
	out := found{byClass: make([]int, len(x.classes))}
	var captures []bool
	if f.capture != "" {
		captures = make([]bool, len(x.manifest.Captures))
		for i := range captures {
			captures[i] = strings.Contains(x.manifest.Captures[i].Name, f.capture)
		}
	}
	flag := uint8(0)
	if f.only != "" {
		flag = 1 << place(only, f.only)
	}
	for i := range x.n {
		switch {
		case f.class >= 0 && int(x.class[i]) != f.class,
			f.side >= 0 && int(x.side[i]) != f.side,
			f.proto >= 0 && int(x.proto[i]) != f.proto,
			captures != nil && !captures[x.capture[i]],
			x.length[i] < f.min,
			f.max > 0 && x.length[i] > f.max,
			flag > 0 && x.flags[i]&flag == 0,
			t != nil && !t.has(x, i, f.value):
			continue
		}
		out.byClass[x.class[i]]++
		if out.total >= f.page*pageSize && len(out.page) < pageSize {
			out.page = append(out.page, i)
		}
		out.total++
	}
	return out
}
