package parquet_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/parquet"
	"github.com/pcapmill/pcapmill/internal/datasettest"
)

func TestConformance(t *testing.T) {
	for _, asBytes := range []bool{false, true} {
		x := parquet.Images{Bytes: asBytes, ShardBytes: 8 << 10}
		t.Run(x.Name(), func(t *testing.T) {
			datasettest.RunExporter(t, func() dataset.Exporter { return x },
				func(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
					return items(t, dir, v, asBytes)
				}, true)
		})
	}
}

// items reads the files of every side, in the order of their names.
func items(t *testing.T, dir string, v dataset.View, asBytes bool) map[dataset.Side][]datasettest.Item {
	t.Helper()
	got := map[dataset.Side][]datasettest.Item{}
	for _, side := range v.Sides() {
		name := side.String()
		if side == dataset.Whole {
			name = "train"
		}
		paths, err := filepath.Glob(filepath.Join(dir, "data", name+"-*.parquet"))
		if err != nil || len(paths) == 0 || !strings.HasSuffix(paths[len(paths)-1], "-of-"+fmt.Sprintf("%05d.parquet", len(paths))) {
			t.Fatalf("%v: files %v, %v", side, paths, err)
		}
		slices.Sort(paths)
		got[side] = []datasettest.Item{}
		for _, path := range paths {
			rows, f := read(t, path)
			column, _ := f.Schema().Lookup("label")
			for _, row := range rows {
				label := int(row[column.ColumnIndex].Int64())
				if label == -1 {
					label = v.Unknown()
				}
				got[side] = append(got[side], datasettest.Item{Data: pixels(t, row[0], asBytes, v.Spec()), Label: label})
			}
		}
	}
	return got
}
