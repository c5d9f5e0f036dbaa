package nprint_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/nprint"
	"github.com/pcapmill/pcapmill/internal/testview"
)

// bits is a view of two samples of two packets.
type bits struct{ *testview.View }

func (bits) Spec() dataset.Spec { return dataset.Spec{Rows: 2, Cols: 64, Type: dataset.I8} }

func (bits) Form() (name, parameters string) { return "nprint", "packets=2,layers=udp" }

// three makes 64 bits that begin with three.
func three(a, b, c byte) []byte { return append([]byte{a, b, c}, make([]byte, 61)...) }

func (bits) Each(_ context.Context, _ dataset.Side, f func(*dataset.Entry) error) error {
	return errors.Join(
		f(&dataset.Entry{Index: 0, Data: slices.Concat(three(0, 1, 255), three(255, 255, 255)), Label: 1}),
		f(&dataset.Entry{Index: 1, Data: slices.Concat(three(1, 1, 0), three(0, 0, 1)), Label: 255}),
	)
}

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	x := nprint.Format{}
	files, err := x.Export(context.Background(), dataset.NewFolder(dir), bits{testview.New(2)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, files[0].Name))
	rest := strings.Repeat(",0", 61)
	want := "0,0,1,-1" + rest + ",1\n0,-1,-1,-1" + rest + ",1\n1,1,1,0" + rest + ",255\n1,0,0,1" + rest + ",255\n"
	head, lines, _ := strings.Cut(string(got), "\n")
	if err != nil || lines != want || files[0].Name != "train.csv" {
		t.Errorf("%s: %q (%v), want %q", files[0].Name, lines, err, want)
	}
	if !strings.HasPrefix(head, "sample,udp_sport_0,") || !strings.HasSuffix(head, ",udp_cksum_15,label") || strings.Count(head, ",") != 65 {
		t.Errorf("columns %q", head)
	}
	if _, err := x.Export(context.Background(), dataset.NewFolder(t.TempDir()), testview.New(2)); !errors.Is(err, dataset.ErrUnfit) {
		t.Errorf("bytes: %v", err)
	}
	if _, err := x.Export(context.Background(), dataset.NewFolder(t.TempDir()), bits{testview.New(3)}); err == nil {
		t.Error("fewer samples than announced, and nobody says so")
	}
}
