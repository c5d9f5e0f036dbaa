package parquet_test

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/parquet"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/testview"
)

// typed is a view of samples of another type: sample i is made by data.
type typed struct {
	*testview.View
	spec dataset.Spec
	data func(i int64) []byte
}

func (v typed) Spec() dataset.Spec { return v.spec }

func (v typed) Each(ctx context.Context, s dataset.Side, f func(*dataset.Entry) error) error {
	return v.View.Each(ctx, s, func(e *dataset.Entry) error {
		c := *e
		c.Data = v.data(e.Index)
		return f(&c)
	})
}

// TestTypes: numbers of every type come back in lists of lists, and text as it is.
func TestTypes(t *testing.T) {
	value := func(i int64, k int) float64 { return float64(int8(31*int(i) - 7*k)) }
	for _, element := range []dataset.Type{dataset.I8, dataset.I16, dataset.F32} {
		v := typed{testview.New(30), dataset.Spec{Rows: 2, Cols: 3, Type: element}, func(i int64) (b []byte) {
			for k := range 6 {
				switch x := value(i, k); element {
				case dataset.I8:
					b = append(b, byte(int8(x)))
				case dataset.I16:
					b = binary.BigEndian.AppendUint16(b, uint16(int16(x)))
				default:
					b = binary.BigEndian.AppendUint32(b, math.Float32bits(float32(x)))
				}
			}
			return b
		}}
		rows, f := read(t, exported(t, v))
		if meta, _ := f.Lookup("huggingface"); !strings.Contains(meta, `"_type":"Array2D"`) || !strings.Contains(meta, `"shape":[2,3]`) {
			t.Errorf("%v: features %s", element, meta)
		}
		for i, row := range rows {
			for k := range 6 {
				have := float64(row[k].Float())
				if element != dataset.F32 {
					have = float64(row[k].Int32())
				}
				if begins := row[k].RepetitionLevel(); have != value(int64(i), k) || begins != []int{0, 2, 2, 1, 2, 2}[k] {
					t.Fatalf("%v: sample %d, element %d: %v at level %d, want %v", element, i, k, have, begins, value(int64(i), k))
				}
			}
		}
	}
	v := typed{testview.New(30), dataset.Spec{Type: dataset.Text}, func(i int64) []byte { return []byte(strings.Repeat("x ", int(i))) }}
	rows, _ := read(t, exported(t, v))
	for i, row := range rows {
		if have := string(row[0].ByteArray()); have != strings.Repeat("x ", i) {
			t.Fatalf("sample %d is %q", i, have)
		}
	}
	if _, err := (parquet.Images{Bytes: true}).Export(context.Background(), dataset.NewFolder(t.TempDir()), v); !errors.Is(err, dataset.ErrUnfit) {
		t.Errorf("text as bytes: %v", err)
	}
}

func exported(t *testing.T, v dataset.View) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := (parquet.Images{}).Export(context.Background(), dataset.NewFolder(dir), v); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data", "train-00000-of-00001.parquet")
}

// TestWorkers: however many encode row groups side by side, the files are the same; and errors stay errors.
func TestWorkers(t *testing.T) {
	pictures := testview.New(75)
	pictures.Shape = dataset.Spec{Rows: 512, Cols: 512} // 32 in a row group
	text := typed{testview.New(9000), dataset.Spec{Type: dataset.Text}, func(i int64) []byte { return []byte(strings.Repeat("x ", int(i%50))) }}
	for name, c := range map[string]struct {
		v dataset.View
		x parquet.Images
	}{
		"pictures": {pictures, parquet.Images{}}, "bytes": {pictures, parquet.Images{Bytes: true}}, "text": {text, parquet.Images{}},
		"several files": {pictures, parquet.Images{ShardBytes: 12 << 20}},
	} {
		t.Run(name, func(t *testing.T) {
			files := func(workers int) map[string]string {
				x, all := c.x, map[string]string{}
				x.Workers = workers
				dir, names := export(t, x, c.v)
				for _, name := range names {
					b, err := os.ReadFile(filepath.Join(dir, name))
					if err != nil {
						t.Fatal(err)
					}
					all[name] = string(b)
				}
				return all
			}
			want := files(1)
			for _, workers := range full.Some([]int{3, 20}, 2) {
				if have := files(workers); !maps.Equal(have, want) {
					t.Errorf("%d workers make other files", workers)
				}
			}
		})
	}
	_, f := read(t, exported(t, pictures))
	if n := len(f.RowGroups()); n != 3 {
		t.Errorf("%d row groups, want 3", n)
	}
	failing := *pictures
	failing.Failing = errors.New("disk gone")
	if _, err := (parquet.Images{Workers: 2}).Export(t.Context(), dataset.NewFolder(t.TempDir()), &failing); !errors.Is(err, failing.Failing) {
		t.Error(err)
	}
}
