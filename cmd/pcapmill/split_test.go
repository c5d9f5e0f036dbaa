package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/split"
)

// TestSplitISCX: the README's and help's own commands split a tree with the 140 names of ISCX-VPN2016. Every class has samples
// on every side; those with captures for all sides are split by capture.
func TestSplitISCX(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("..", "..", "label", "testdata", "iscx-vpn.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	if err := os.Mkdir(b.path("iscx"), 0o777); err != nil {
		t.Fatal(err)
	}
	captures := map[string]int{} // of a class
	n := 0
	for line := range strings.Lines(string(table)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || f[1] != "vpn" && f[1] != "nonvpn" {
			continue
		}
		n++
		captures[f[2]]++
		c := recipe{link: testcap.Ethernet, sessions: 3 + n%17, payload: 40, format: "pcap", seed: n}
		b.write(filepath.Join("iscx", f[0]), string(c.file()))
	}
	if n != 140 {
		t.Fatalf("%d names", n)
	}
	b.run(exitDone, "convert", b.path("iscx"), "-o", b.path("demo"))
	for _, args := range [][]string{{"--split", "80/20"}, {"--split", "80/10/10"}, {"--folds", "5"}, {"--split", "80/10/10"}, nil} {
		b.run(exitDone, append([]string{"split", b.path("demo")}, args...)...)
		b.run(exitDone, "verify", b.path("demo"))
		text, err := os.ReadFile(b.path("demo/splits.json"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := split.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		sides := 3
		switch {
		case r.Settings.Split == "80/0/20":
			sides = 2
		case r.Settings.Folds > 0:
			sides = r.Settings.Folds
		}
		for _, c := range r.Classes {
			by := "capture"
			if captures[c.Name] < sides {
				by = "session"
			}
			if c.By != by || len(c.Empty) > 0 {
				t.Errorf("%v: %s of %d captures: %+v", args, c.Name, captures[c.Name], c)
			}
		}
		if len(r.Classes) != len(captures) {
			t.Errorf("%d classes, need %d", len(r.Classes), len(captures))
		}
	}
	if m, err := storetest.Load(b.path("demo")); err != nil || m.Split == nil || m.Split.Method != "quota" {
		t.Errorf("%+v, %v", m.Split, err)
	}
}
