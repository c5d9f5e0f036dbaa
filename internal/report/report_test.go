package report

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/sample"
)

var update = flag.Bool("update", false, "make the golden files anew")

// rows are two classes: a ramp and its reverse, and one all of 255.
func rows() ([]Row, sample.Shape) {
	shape := sample.Shape{Rows: 4, Cols: 16}
	up, down := make([]byte, 64), make([]byte, 64)
	for i := range up {
		up[i], down[63-i] = byte(i*4), byte(i*4)
	}
	return []Row{{Title: "Chat", Samples: [][]byte{up, down, up}}, {Title: "VPN_Email", Samples: [][]byte{bytes.Repeat([]byte{255}, 64)}}}, shape
}

// TestPlain compares with a picture that a person has looked at.
func TestPlain(t *testing.T) {
	r, shape := rows()
	var b bytes.Buffer
	if err := Text(&b, r, shape, Plain, 40); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "plain.txt")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("\n%s\nneed\n%s", &b, want)
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 41 {
			t.Errorf("%d columns: %q", len(line)-1, line)
		}
	}
}

// TestOddRows: the row that has no lower half is drawn with black below.
func TestOddRows(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, []Row{{Title: "x", Samples: [][]byte{{0, 255, 255}}}}, sample.Shape{Rows: 3, Cols: 1}, Plain, 1); err != nil {
		t.Fatal(err)
	}
	if have, want := b.String(), "x\n=\n=\n\n"; have != want {
		t.Errorf("%q, need %q", have, want)
	}
}

// TestWideSamples: what does not fit is cut, not wrapped into a mess.
func TestWideSamples(t *testing.T) {
	var b bytes.Buffer
	wide := bytes.Repeat([]byte{255}, 784)
	if err := Text(&b, []Row{{Title: "x", Samples: [][]byte{wide, wide}}}, sample.Shape{Rows: 2, Cols: 392}, Plain, 40); err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("@", 40) + "\n\n"
	if have, want := b.String(), "x (columns 1 to 40 of 392)\n"+line+line; have != want {
		t.Errorf("%q, need %q", have, want)
	}
}

func TestGrey(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, []Row{{Title: "x", Samples: [][]byte{{0, 255, 128, 11}, {255, 0, 10, 0}}}}, sample.Shape{Rows: 2, Cols: 2}, Grey, 80); err != nil {
		t.Fatal(err)
	}
	want := "x\n" +
		"\x1b[38;5;232;48;5;244m▀\x1b[38;5;255;48;5;233m▀\x1b[0m  " +
		"\x1b[38;5;255;48;5;232m▀\x1b[38;5;232;48;5;232m▀\x1b[0m\n\n"
	if b.String() != want {
		t.Errorf("%q, need %q", b.String(), want)
	}
}

// TestGreyLevels: 24 of them, in order, all used, none out of the ramp.
func TestGreyLevels(t *testing.T) {
	seen := map[int]bool{}
	for v := range 256 {
		g := grey(byte(v))
		seen[g] = true
		if g < 232 || g > 255 || v > 0 && g < grey(byte(v-1)) {
			t.Errorf("%d is grey %d", v, g)
		}
	}
	if len(seen) != 24 {
		t.Errorf("%d levels", len(seen))
	}
}

// TestSheet checks the sheet's size and, at every pixel of every sample, its value.
func TestSheet(t *testing.T) {
	r, shape := rows()
	const scale, gap = 3, 6
	sheet := Sheet(r, shape, scale)
	left := len("VPN_Email")*7 + 2*gap
	high := max(shape.Rows*scale, 13) + gap
	if have, want := sheet.Bounds(), image.Rect(0, 0, left+3*(shape.Cols*scale+gap), 2*high+gap); have != want {
		t.Fatalf("%v, need %v", have, want)
	}
	for i, row := range r {
		for j, s := range row.Samples {
			for y := range shape.Rows * scale {
				for x := range shape.Cols * scale {
					at := image.Pt(left+j*(shape.Cols*scale+gap)+x, gap+i*high+y)
					want := color.Gray{Y: s[y/scale*shape.Cols+x/scale]}
					if have := sheet.At(at.X, at.Y); have != want {
						t.Fatalf("row %d sample %d pixel %d,%d: %v, need %v", i, j, x, y, have, want)
					}
				}
			}
		}
	}
	for _, white := range []image.Point{{0, 0}, {left - 1, gap + 1}, {left + shape.Cols*scale, gap}, {left + shape.Cols*scale + gap, gap + high}} {
		if sheet.At(white.X, white.Y) != (color.Gray{Y: 255}) {
			t.Errorf("%v is %v, need white", white, sheet.At(white.X, white.Y))
		}
	}
	if n := dark(sheet, image.Rect(0, 0, left, high)); n < 20 {
		t.Errorf("%d dark pixels where the title should be", n)
	}
}

func dark(m image.Image, in image.Rectangle) (n int) {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if m.At(x, y).(color.Gray).Y < 128 {
				n++
			}
		}
	}
	return n
}

// TestNothing: no rows, or rows without samples, are no reason to fail.
func TestNothing(t *testing.T) {
	shape := sample.Default()
	for _, r := range [][]Row{nil, {{Title: "empty"}}} {
		var b bytes.Buffer
		if err := Text(&b, r, shape, Plain, 80); err != nil {
			t.Error(err)
		}
		if Sheet(r, shape, 2).Bounds().Empty() {
			t.Error("an empty picture cannot be written as PNG")
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestWriteErrorsAreReturned(t *testing.T) {
	r, shape := rows()
	if err := Text(broken{}, r, shape, Plain, 80); err == nil {
		t.Error("a failing writer went unnoticed")
	}
}
