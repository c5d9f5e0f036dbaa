package wds_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/wds"
	"github.com/pcapmill/pcapmill/internal/datasettest"
)

var update = flag.Bool("update", false, "write the golden dumps anew; review them as text")

func TestConformance(t *testing.T) {
	for name, x := range map[string]wds.Format{"default": {}, "one": {Shards: 1, Workers: 1}, "small shards": {ShardSize: 20_000, Shards: 3, Workers: 3}, "one a shard": {ShardSize: 1}} {
		t.Run(name, func(t *testing.T) {
			datasettest.RunExporter(t, func() dataset.Exporter { return x }, readShards, true)
		})
	}
}

// shards are the names of a side's shards, which count from 0.
func shards(t *testing.T, dir string, s dataset.Side) (paths []string) {
	t.Helper()
	for {
		path := filepath.Join(dir, fmt.Sprintf("%v-%06d.tar", s, len(paths)))
		if _, err := os.Stat(path); err != nil {
			break
		}
		paths = append(paths, path)
	}
	all, err := filepath.Glob(filepath.Join(dir, s.String()+"-*"))
	if err != nil || len(all) != len(paths) || len(paths) == 0 {
		t.Errorf("side %v: %d shards in a row, %d in all, %v", s, len(paths), len(all), err)
	}
	return paths
}

// members reads a shard as a stream.
func members(t *testing.T, path string, f func(h *tar.Header, data []byte)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for r := tar.NewReader(file); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f(h, data)
	}
}

// readShards reads as the webdataset library does: members with the same name up to the
// first dot are a sample.
func readShards(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
	t.Helper()
	got := map[dataset.Side][]datasettest.Item{}
	keys := map[string]bool{}
	for _, s := range v.Sides() {
		for _, path := range shards(t, dir, s) {
			last, ends := "", ""
			members(t, path, func(h *tar.Header, data []byte) {
				if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" || !h.ModTime.Equal(time.Unix(0, 0)) || h.Mode != 0o644 || h.Format != tar.FormatUSTAR {
					t.Errorf("%s: header %+v", path, h)
				}
				key, end, _ := strings.Cut(h.Name, ".")
				if key != last {
					if keys[key] || last != "" && ends != "png cls json " {
						t.Errorf("%s: %s: seen before: %v; members of %s: %s", path, key, keys[key], last, ends)
					}
					keys[key], last, ends = true, key, ""
					got[s] = append(got[s], datasettest.Item{})
				}
				ends += end + " "
				readMember(t, v, &got[s][len(got[s])-1], end, data)
			})
		}
	}
	return got
}

func readMember(t *testing.T, v dataset.View, item *datasettest.Item, end string, data []byte) {
	t.Helper()
	var err error
	switch end {
	case "png":
		m, e := png.Decode(bytes.NewReader(data))
		if e != nil {
			t.Fatal(e)
		}
		gray := m.(*image.Gray)
		for y := range gray.Rect.Dy() {
			item.Data = append(item.Data, gray.Pix[y*gray.Stride:][:gray.Rect.Dx()]...)
		}
	case "cls":
		item.Label, err = strconv.Atoi(string(data))
	case "json":
		var row struct {
			Label int
			Class string
		}
		err = json.Unmarshal(data, &row)
		if i := strings.IndexFunc(strings.TrimSuffix(string(data), "\n"), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("row %q: character %d does not print", data, i)
		}
		if row.Label != item.Label || row.Class != strings.ToValidUTF8(dataset.ClassName(v, row.Label), "\uFFFD") {
			t.Errorf("row %s of label %d", data, item.Label)
		}
	default:
		t.Errorf("a member that ends in %q", end)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestShardSize: a shard is full up to the byte, not beyond; the next one begins when
// the sample would not fit.
func TestShardSize(t *testing.T) {
	sp := dataset.Spec{Rows: 2, Cols: 2}
	const sample = 6 * 512 // three headers and three blocks
	for _, test := range []struct {
		size int64
		want []int64
	}{
		{1024 + 3*sample, []int64{3, 3, 1}},
		{1024 + 3*sample - 1, []int64{2, 2, 2, 1}},
		{1024 + 4*sample - 1, []int64{3, 3, 1}},
		{1024 + 7*sample, []int64{7}},
		{1024 + 7*sample - 1, []int64{6, 1}},
		{1, []int64{1, 1, 1, 1, 1, 1, 1}},
	} {
		dir := t.TempDir()
		if _, err := (wds.Format{ShardSize: test.size, Shards: 1}).Export(context.Background(), dataset.NewFolder(dir), datasettest.MakeView(sp, 7, 2, nil, 1)); err != nil {
			t.Fatal(err)
		}
		var have []int64
		for _, path := range shards(t, dir, dataset.Whole) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			have = append(have, (info.Size()-1024)/sample)
			if info.Size() > test.size && have[len(have)-1] > 1 {
				t.Errorf("shards of %d bytes: %s has %d", test.size, filepath.Base(path), info.Size())
			}
		}
		if fmt.Sprint(have) != fmt.Sprint(test.want) {
			t.Errorf("shards of %d bytes hold %d samples, want %d", test.size, have, test.want)
		}
	}
}

// TestShards: as many as were asked for while there are samples, even to within one, eight if nobody asks.
func TestShards(t *testing.T) {
	for _, test := range []struct {
		samples, shards int
		want            string
	}{
		{0, 0, "[0]"},
		{1, 0, "[1]"},
		{7, 0, "[1 1 1 1 1 1 1]"},
		{19, 0, "[2 2 3 2 2 3 2 3]"},
		{19, 1, "[19]"},
		{19, 3, "[6 6 7]"},
		{3, 100, "[1 1 1]"},
	} {
		dir := t.TempDir()
		if _, err := (wds.Format{Shards: test.shards}).Export(t.Context(), dataset.NewFolder(dir), datasettest.MakeView(dataset.Spec{Rows: 2, Cols: 2}, test.samples, 2, nil, 1)); err != nil {
			t.Fatal(err)
		}
		var have []int
		for _, path := range shards(t, dir, dataset.Whole) {
			n := 0
			members(t, path, func(*tar.Header, []byte) { n++ })
			have = append(have, n/3)
		}
		if fmt.Sprint(have) != test.want {
			t.Errorf("%d samples, %d shards: %v, want %s", test.samples, test.shards, have, test.want)
		}
	}
}

// TestGolden: the members of small datasets; what is in the pictures shows package png.
func TestGolden(t *testing.T) {
	sp := dataset.Spec{Rows: 2, Cols: 3}
	for name, v := range map[string]*datasettest.View{
		"not-split": datasettest.MakeView(sp, 2, 2, nil, 1),
		"split":     datasettest.MakeView(sp, 15, 2, []dataset.Side{dataset.Train, dataset.Test}, 2),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, err := wds.Format{ShardSize: 25_000, Shards: 1}.Export(context.Background(), dataset.NewFolder(dir), v)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range files {
				fmt.Fprintf(&b, "== %s: %d bytes\n", f.Name, f.Size)
				path := filepath.Join(dir, f.Name)
				if strings.HasSuffix(f.Name, ".json") {
					text, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					b.Write(text)
					continue
				}
				members(t, path, func(h *tar.Header, data []byte) {
					if strings.HasSuffix(h.Name, ".png") {
						fmt.Fprintf(&b, "%s: %d bytes: % x …\n", h.Name, len(data), data[:8])
						return
					}
					fmt.Fprintf(&b, "%s: %s\n", h.Name, strings.TrimSuffix(string(data), "\n"))
				})
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := errors.Join(os.MkdirAll("testdata", 0o777), os.WriteFile(golden, []byte(b.String()), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || b.String() != string(want) {
				t.Errorf("%v (go test -update makes it), have\n%s\nwant\n%s", err, &b, want)
			}
		})
	}
}
