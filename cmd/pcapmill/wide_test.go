package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestWideTable: a class table of 300 classes, from the labels of a plan to a verified dataset and its files looked at.
func TestWideTable(t *testing.T) {
	dir := t.TempDir()
	var table strings.Builder
	for i := range 300 {
		fmt.Fprintf(&table, "c%d: [site%d_]\n", i, i)
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	capture := func(seed uint64) []byte {
		r := rand.New(rand.NewPCG(seed, 1))
		raw, _ := testcap.Random(r, testcap.Options{}).Capture(r)
		return raw
	}
	labels := write("sites.yaml", []byte(table.String()))
	known, odd := write("site255_a.pcap", capture(1)), write("odd.pcap", capture(2))
	data := filepath.Join(dir, "data")
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"labels", "--labels", labels, known, odd}, "65535  unknown"},
		{[]string{"convert", known, odd, "-o", data, "--labels", labels, "--drop", "none"}, "65535  unknown"},
		{[]string{"verify", data}, "data: whole: "},
		{[]string{"inspect", data}, "65535  unknown"},
		{[]string{"inspect", filepath.Join(data, "label_output.idx1")}, "label 65535: "},
		{[]string{"inspect", filepath.Join(data, "label_output.idx1")}, "label 255: "},
		{[]string{"inspect", filepath.Join(data, "label_output.idx1")}, "int32 "},
	} {
		var out, messages bytes.Buffer
		if code := run(step.args, &out, &messages); code != exitDone {
			t.Fatalf("%s: status %d\n%s%s", step.args[0], code, &out, &messages)
		}
		if !strings.Contains(out.String(), step.want) {
			t.Errorf("%v: no %q in\n%s", step.args, step.want, &out)
		}
	}
}
