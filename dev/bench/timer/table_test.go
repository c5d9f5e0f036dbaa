package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRender: medians of odd and even numbers of runs, and ratios of neighbours:
// the slow second round below changes no ratio.
func TestRender(t *testing.T) {
	all, err := parse(strings.NewReader("cat\t0.1\t0\t0.1\t2048\t1024\nours\t0.2\t0.1\t0.1\t4096\t0\n" +
		"cat\t0.3\t0\t0.3\t2048\t1024\nours\t0.6\t0.5\t0.1\t8192\t0\ncat\t0.1\t0\t0.1\t2048\t1024\n"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(render(all, input{bytes: 40e6, packets: 1e6, base: "cat", rival: "ours"}), "\n")
	want := []string{
		"| cat | 0.100 | 0.100-0.300 | 0.000 | 0.100 | 1 | 2 | 1.00 | 1.00-1.00 | 0.50 | 0.50-0.50 | 100 | 10000000 | 400 | 3 |",
		"| ours | 0.400 | 0.200-0.600 | 0.300 | 0.100 | - | 6 | 2.00 | 2.00-2.00 | 1.00 | 1.00-1.00 | 400 | 2500000 | 100 | 2 |",
	}
	for i, w := range want {
		if lines[i+2] != w {
			t.Errorf("line %d:\nhave %s\nwant %s", i, lines[i+2], w)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, log := range []string{"", "a\t1\n", "a\t1\t2\t3\t4\n", "a\t1\t2\t3\t4\tx\n"} {
		if _, err := parse(strings.NewReader(log)); err == nil {
			t.Errorf("%q: no error", log)
		}
	}
}

// TestMeasure: a command that works is logged, one that fails is not.
func TestMeasure(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := measure(log, "go", []string{"go", "version"}); err != nil {
		t.Skipf("no go command to run: %v", err)
	}
	if err := measure(log, "bad", []string{"go", "no-such-verb"}); err == nil {
		t.Error("a failing command gives no error")
	}
	var out strings.Builder
	if err := printTable(&out, log, input{base: "go"}, nil); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "| go |") || strings.Contains(s, "bad") {
		t.Errorf("have\n%s", s)
	}
}
