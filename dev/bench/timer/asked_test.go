package main

import (
	"strings"
	"testing"
)

func TestAsked(t *testing.T) {
	all, err := parse(strings.NewReader("cat\t0.1\t0\t0.1\t2048\t100\nours\t0.2\t0.1\t0.1\t4096\t1024\n" +
		"cat\t0.3\t0\t0.3\t2048\t100\nours\t0.9\t0.5\t0.1\t8192\t3072\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"ours <= 2.5 x cat", "| 2.50 x | 2.00-3.00 | 2 | yes |"},
		{"ours <= 2.4 x cat", "| 2.50 x | 2.00-3.00 | 2 | **no** |"},
		{"ours >= 3 x cat", "| 2.50 x | 2.00-3.00 | 2 | **no** |"},
		{"ours >= 2 x cat", "| 2.50 x | 2.00-3.00 | 2 | yes |"},
		{"ours <= 2 x cat + 100 ns", "| 1.83 x | 1.00-2.67 | 2 | yes |"}, // 1e6 packets: 0.1 s off
		{"ours <= 2 MiB", "| 2.00 MiB | 1.00-3.00 | 2 | yes |"},
		{"ours <= 1.5 MiB", "| 2.00 MiB | 1.00-3.00 | 2 | **no** |"},
		{"theirs <= 1 x cat", "| not measured | | 0 | |"},
		{"ours <= 1 x theirs", "| not measured | | 0 | |"},
	} {
		a, err := parseAsked(c.text)
		if err != nil {
			t.Fatal(err)
		}
		have := renderAsked(all, input{packets: 1e6}, []asked{a})
		if want := "| " + c.text + " " + c.want + "\n"; !strings.HasSuffix(have, want) {
			t.Errorf("have %swant %s", have, want)
		}
	}
	for _, bad := range []string{"", "ours", "ours < 2 x cat", "ours <= x cat", "ours <= 1.2.3 x cat", "ours <= 2 x", "ours <= 2 x cat + 1.2.3 ns"} {
		if a, err := parseAsked(bad); err == nil {
			t.Errorf("%q is %+v", bad, a)
		}
	}
}
