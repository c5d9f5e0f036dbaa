package parquet_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	reader "github.com/parquet-go/parquet-go"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/parquet"
	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/testview"
)

func export(t *testing.T, x dataset.Exporter, v dataset.View) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	files, err := x.Export(t.Context(), dataset.NewFolder(dir), v)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil || info.Size() != f.Size {
			t.Errorf("%v: %v, %v", f, info, err)
		}
		names = append(names, f.Name)
	}
	return dir, names
}

// read returns all rows of a file and its metadata, by a reader that knows nothing of ours.
func read(t *testing.T, path string) (rows []reader.Row, f *reader.File) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err = reader.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	r := reader.NewReader(f)
	defer r.Close()
	buf := make([]reader.Row, 100)
	for {
		n, err := r.ReadRows(buf)
		for _, row := range buf[:n] {
			rows = append(rows, row.Clone())
		}
		if errors.Is(err, io.EOF) {
			return rows, f
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// same compares the last cells of a row, which are of these columns, with what the table says.
func same(t *testing.T, v dataset.View, e *dataset.Entry, columns []table.Column, row reader.Row, missing int64) {
	t.Helper()
	tab := table.New(v)
	tab.Missing = missing
	want := make([]table.Value, len(columns))
	tab.Row(want, e)
	row = row[len(row)-len(want):]
	for i, c := range columns {
		switch have := row[i]; {
		case have.IsNull() != want[i].Null,
			!have.IsNull() && c.Kind == table.Text && string(have.ByteArray()) != want[i].Text,
			!have.IsNull() && c.Kind != table.Text && have.Int64() != want[i].Int:
			t.Errorf("sample %d: %s is %v, want %+v", e.Index, c.Name, have, want[i])
		}
	}
}

// TestImages of both forms: every pixel and every cell comes back, in shards whose names are known from the start.
func TestImages(t *testing.T) {
	for _, asBytes := range []bool{false, true} {
		v := testview.New(25, dataset.Train, dataset.Test)
		x := parquet.Images{Bytes: asBytes, ShardBytes: 5 * (28 + 256)}
		dir, names := export(t, x, v)
		want := []string{
			"data/train-00000-of-00003.parquet", "data/train-00001-of-00003.parquet", "data/train-00002-of-00003.parquet",
			"data/test-00000-of-00003.parquet", "data/test-00001-of-00003.parquet", "data/test-00002-of-00003.parquet",
			"_samples.parquet",
		}
		if !slices.Equal(names, want) {
			t.Fatalf("%s: %v", x.Name(), names)
		}
		next := int64(0)
		for i, name := range names[:6] {
			if i == 3 {
				next = 1
			}
			rows, _ := read(t, filepath.Join(dir, name))
			if len(rows) != []int{5, 5, 3, 5, 5, 2}[i] {
				t.Errorf("%s: %d rows", name, len(rows))
			}
			for _, row := range rows {
				e := v.Entry(next)
				if have := pixels(t, row[0], asBytes, v.Shape); !bytes.Equal(have, e.Data) {
					t.Errorf("%s: sample %d: pixels\n% x, want\n% x", x.Name(), next, have, e.Data)
				}
				for i := range row {
					if row[i].IsNull() && (asBytes || i != 1) { // but for the path of a picture
						t.Errorf("%s: sample %d: cell %d is null: a torch DataLoader stops there", x.Name(), next, i)
					}
				}
				same(t, v, &e, table.Plain(table.Extra{}), row, -1)
				next += 2
			}
		}
		aside, err := os.ReadFile(filepath.Join(dir, "_samples.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		dir, _ = export(t, parquet.Samples{}, v)
		if plain, err := os.ReadFile(filepath.Join(dir, "samples.parquet")); err != nil || !bytes.Equal(aside, plain) {
			t.Errorf("%s: _samples.parquet is not the table: %v", x.Name(), err)
		}
	}
}

// TestShards: as many files a side as were asked for, even to within one, while there are samples; more if the size says so.
func TestShards(t *testing.T) {
	for _, test := range []struct {
		samples int64
		x       parquet.Images
		want    string
	}{
		{19, parquet.Images{Shards: 3}, "[6 6 7]"},
		{19, parquet.Images{Shards: 1}, "[19]"},
		{3, parquet.Images{Shards: 8}, "[1 1 1]"},
		{0, parquet.Images{Shards: 8}, "[0]"},
		{19, parquet.Images{Shards: 2, ShardBytes: 5 * (28 + 256)}, "[4 5 5 5]"},
		{19, parquet.Images{ShardBytes: 5 * (28 + 256)}, "[5 5 5 4]"},
	} {
		dir, names := export(t, test.x, testview.New(test.samples))
		var have []int
		for i, name := range names[:len(names)-1] {
			if want := fmt.Sprintf("data/train-%05d-of-%05d.parquet", i, len(names)-1); name != want {
				t.Errorf("%s, want %s", name, want)
			}
			rows, _ := read(t, filepath.Join(dir, name))
			have = append(have, len(rows))
		}
		if fmt.Sprint(have) != test.want {
			t.Errorf("%d samples, %+v: %v, want %s", test.samples, test.x, have, test.want)
		}
	}
}

// pixels are those of a cell of the column image.
func pixels(t *testing.T, cell reader.Value, asBytes bool, spec dataset.Spec) []byte {
	t.Helper()
	if asBytes {
		return cell.ByteArray()
	}
	picture, err := png.Decode(bytes.NewReader(cell.ByteArray()))
	if err != nil {
		t.Fatal(err)
	}
	grey, ok := picture.(*image.Gray)
	if !ok || grey.Rect != image.Rect(0, 0, spec.Cols, spec.Rows) {
		t.Fatalf("%T %v", picture, picture.Bounds())
	}
	return grey.Pix
}

// TestTable: samples.parquet, without rows too, in several row groups.
func TestTable(t *testing.T) {
	for _, n := range []int64{0, 1, 70000} {
		v := testview.New(n, dataset.Train, dataset.Validation, dataset.Test)
		v.NoRows = n == 1
		dir, names := export(t, parquet.Samples{}, v)
		if !slices.Equal(names, []string{"samples.parquet"}) {
			t.Fatal(names)
		}
		rows, f := read(t, filepath.Join(dir, names[0]))
		if int64(len(rows)) != n || len(f.RowGroups()) != int((n+65535)/65536) {
			t.Errorf("%d rows in %d groups, want %d", len(rows), len(f.RowGroups()), n)
		}
		for i, row := range rows {
			if e := v.Entry(int64(i)); i%997 == 0 || n == 1 {
				same(t, v, &e, table.Columns(table.Extra{}), row, 0)
			}
		}
	}
}

// plainSchema and tableSchema are what other programs go by: names, types, order.
const (
	plainSchema = `	optional int64 index (INT(64,true));
	optional int64 label (INT(64,true));
	optional binary class (STRING);
	optional binary split (STRING);
	optional binary capture (STRING);
`
	tableSchema = plainSchema + `	optional int64 session (INT(64,true));
	optional int64 start (TIMESTAMP(isAdjustedToUTC=true,unit=NANOS));
	optional int64 duration_ns (INT(64,true));
	optional int64 packets_forward (INT(64,true));
	optional int64 packets_backward (INT(64,true));
	optional int64 bytes_forward (INT(64,true));
	optional int64 bytes_backward (INT(64,true));
	optional int64 original_length (INT(64,true));
	optional binary fit (STRING);
	optional binary protocol (STRING);
	optional binary digest (STRING);
	optional binary host (STRING);
`
)

// TestSchema of files with images and of the table, and the features for Hugging Face.
func TestSchema(t *testing.T) {
	dir, names := export(t, parquet.Images{}, testview.New(3))
	if !slices.Equal(names, []string{"data/train-00000-of-00001.parquet", "_samples.parquet"}) {
		t.Fatal(names)
	}
	_, f := read(t, filepath.Join(dir, names[1]))
	if have, want := f.Schema().String(), "message schema {\n"+tableSchema+"}"; have != want {
		t.Errorf("schema\n%s\nwant\n%s", have, want)
	}
	_, f = read(t, filepath.Join(dir, names[0]))
	want := `message schema {
	optional group image {
		optional binary bytes;
		optional binary path (STRING);
	}
` + plainSchema + "}"
	if have := f.Schema().String(); have != want {
		t.Errorf("schema\n%s\nwant\n%s", have, want)
	}
	text, _ := f.Lookup("huggingface")
	var meta struct {
		Info struct {
			Features map[string]map[string]any `json:"features"`
		} `json:"info"`
	}
	if err := json.Unmarshal([]byte(text), &meta); err != nil {
		t.Fatal(err)
	}
	features := meta.Info.Features
	if len(features) != len(table.Plain(table.Extra{}))+1 || features["image"]["_type"] != "Image" || features["label"]["_type"] != "ClassLabel" ||
		fmt.Sprint(features["label"]["names"]) != `[Chat VPN, "Chat"]` {
		t.Errorf("features %v", features)
	}
	dir, names = export(t, parquet.Images{Bytes: true}, testview.New(3))
	_, f = read(t, filepath.Join(dir, names[0]))
	if have := f.Schema().String(); !strings.Contains(have, "optional fixed_len_byte_array(28) image;") {
		t.Errorf("bytes: %s", have)
	}
}

// golden is what the bytes of every file depend on: the view and nothing else. It is the same on every machine and with
// every build tag (go test -tags purego ./dataset/parquet).
const golden = "862900ab9f3c4bb7"

// TestSameBytes everywhere, and twice.
func TestSameBytes(t *testing.T) {
	v := testview.New(2000, dataset.Train, dataset.Test)
	v.Shape = dataset.Spec{Rows: 28, Cols: 28}
	sum := func() string {
		h := sha256.New()
		for _, x := range []dataset.Exporter{parquet.Images{}, parquet.Images{Bytes: true, ShardBytes: 300000}, parquet.Samples{}} {
			dir, names := export(t, x, v)
			for _, name := range names {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(h, "%s %x\n", name, sha256.Sum256(b))
			}
		}
		return hex.EncodeToString(h.Sum(nil)[:8])
	}
	if a, b := sum(), sum(); a != b || a != golden {
		t.Errorf("%s, then %s, want %s", a, b, golden)
	}
}

// TestErrors: of the view, of the context, and of a view that miscounts.
func TestErrors(t *testing.T) {
	for _, x := range []dataset.Exporter{parquet.Images{}, parquet.Samples{}} {
		v := testview.New(5)
		v.Failing = errors.New("disk gone")
		if _, err := x.Export(t.Context(), dataset.NewFolder(t.TempDir()), v); !errors.Is(err, v.Failing) || !strings.Contains(err.Error(), ".parquet: ") {
			t.Errorf("%s: %v", x.Name(), err)
		}
		gone, stop := context.WithCancel(t.Context())
		stop()
		if _, err := x.Export(gone, dataset.NewFolder(t.TempDir()), testview.New(5)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", x.Name(), err)
		}
		v = testview.New(5)
		v.Lie = 5
		if _, err := x.Export(t.Context(), dataset.NewFolder(t.TempDir()), v); err == nil || !strings.Contains(err.Error(), "5 samples were read, 10 are announced") {
			t.Errorf("%s: a view that miscounts: %v", x.Name(), err)
		}
	}
}

// TestEmptySide: a side without samples is a file that opens, so that its split exists.
func TestEmptySide(t *testing.T) {
	dir, names := export(t, parquet.Images{}, testview.New(1, dataset.Train, dataset.Test))
	if len(names) != 3 || !strings.HasPrefix(names[1], "data/test-") {
		t.Fatal(names)
	}
	if rows, _ := read(t, filepath.Join(dir, names[1])); len(rows) != 0 {
		t.Errorf("%d rows", len(rows))
	}
}
