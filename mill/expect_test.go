package mill_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// TestManySmallCapturesAreExpected: when the first 32nd of the files promises more samples than a commit writes anew, commits
// write nothing anew any more; of few captures they do.
func TestManySmallCapturesAreExpected(t *testing.T) {
	r := random(11)
	var files []file
	for i := range 30 {
		raw, _ := testcap.Random(r, testcap.Options{Sessions: 40, Clean: true, LinkTypes: []uint16{testcap.Ethernet}}).Capture(r)
		files = append(files, file{string(rune('a'+i/26)) + string(rune('a'+i%26)) + "_class1", 1, raw})
	}
	paths := write(t, t.TempDir(), files)
	for _, n := range []int{3, 30} { // of 2.5 MiB of samples each
		c := sessionChoice()
		c.shape = sample.Shape{Rows: 256, Cols: 256}
		o := c.options()
		o.Workers = 2
		p, err := mill.Prepare(paths[:n], filepath.Join(t.TempDir(), "out"), o)
		if err != nil {
			t.Fatal(err)
		}
		disk := faulty.New(fsys.OS{}, nil)
		result, err := mill.RunEager(context.Background(), p, store.Backend{FS: disk})
		if err != nil {
			t.Fatal(err)
		}
		anew := 0
		for _, call := range disk.Calls() {
			if call.Op == faulty.Rename && strings.Contains(call.String(), "session_output.idx3") {
				anew++
			}
		}
		if wrong := n == 3 && anew != 3 || n == 30 && anew > 2; wrong || result.Added.Samples < int64(20*n) {
			t.Errorf("%d captures, %d samples of 64 KiB: they were written anew %d times", n, result.Added.Samples, anew)
		}
	}
}
