// Package report shows samples to people: as characters in a terminal or a text
// file, as graphics where the terminal has them, and as a PNG sheet with one row a class.
package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/pcapmill/pcapmill/sample"
)

// Row is some samples of one class.
type Row struct {
	Title   string
	Samples [][]byte // each of the shape's length, uint8, row-major
}

// Style is how pixels become characters.
type Style uint8

// Styles.
const (
	Plain Style = iota // ASCII, two characters a pixel, two rows of pixels a line
	Grey               // half blocks in 24 grey levels of a 256-colour terminal
	Heat               // half blocks from black over red to yellow, for scores
	Kitty              // PNG files by the graphics protocol of kitty
	Sixel              // pictures of DEC terminals
)

// ramp goes from 0 to 255 in ten ASCII characters.
const ramp = " .:-=+*#%@"

// Text writes rows of samples side by side, as many as fit into width columns.
// Of samples that are wider than that it shows the left part, and says so.
func Text(w io.Writer, rows []Row, shape sample.Shape, style Style, width int) error {
	cols, part := shape.Cols, ""
	if width > 0 && cols > width {
		cols, part = width, fmt.Sprintf(" (columns 1 to %d of %d)", width, shape.Cols)
	}
	for _, r := range rows {
		if _, err := fmt.Fprintln(w, r.Title+part); err != nil {
			return err
		}
		if style == Kitty || style == Sixel {
			if err := graphics(w, r.Samples, shape, style, width); err != nil {
				return err
			}
			continue
		}
		fit := max(1, (width+2)/(cols+2))
		for from := 0; from < len(r.Samples); from += fit {
			block := textBlock(r.Samples[from:min(from+fit, len(r.Samples))], shape, cols, style)
			if _, err := io.WriteString(w, block+"\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// textBlock draws samples side by side, the first cols columns of each.
func textBlock(samples [][]byte, shape sample.Shape, cols int, style Style) string {
	var b strings.Builder
	for y := 0; y < shape.Rows; y += 2 {
		for i, s := range samples {
			if i > 0 {
				b.WriteString("  ")
			}
			for x := range cols {
				upper, lower := s[y*shape.Cols+x], byte(0)
				if y+1 < shape.Rows {
					lower = s[(y+1)*shape.Cols+x]
				}
				switch style {
				case Grey:
					fmt.Fprintf(&b, "\x1b[38;5;%d;48;5;%dm\u2580", grey(upper), grey(lower))
				case Heat:
					fmt.Fprintf(&b, "\x1b[38;5;%d;48;5;%dm\u2580", heat(upper), heat(lower))
				default:
					mean := (int(upper) + int(lower)) / 2
					b.WriteByte(ramp[mean*len(ramp)/256])
				}
			}
			if style != Plain {
				b.WriteString("\x1b[0m")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// grey is the colour number of the 24-step grey ramp of 256-colour terminals.
func grey(v byte) int { return 232 + int(v)*24/256 }

// heats are colour numbers of 256-colour terminals, from nothing to everything in ten steps.
var heats = [...]int{234, 236, 53, 90, 126, 161, 197, 203, 209, 220}

func heat(v byte) int { return heats[int(v)*len(heats)/256] }

// Sheet draws rows of samples, scale pixels a byte, with the titles at the left
// (in ASCII; other characters become boxes). It takes a byte of memory a pixel.
func Sheet(rows []Row, shape sample.Shape, scale int) image.Image {
	const gap, letter, line = 6, 7, 13
	title, most := 0, 0
	for _, r := range rows {
		title, most = max(title, utf8.RuneCountInString(r.Title)), max(most, len(r.Samples))
	}
	w, h := shape.Cols*scale, shape.Rows*scale
	rowHeight := max(h, line) + gap
	left := title*letter + 2*gap
	sheet := image.NewGray(image.Rect(0, 0, left+most*(w+gap), len(rows)*rowHeight+gap))
	draw.Draw(sheet, sheet.Bounds(), image.White, image.Point{}, draw.Src)
	for i, r := range rows {
		top := gap + i*rowHeight
		d := font.Drawer{Dst: sheet, Src: image.Black, Face: basicfont.Face7x13}
		d.Dot = fixed.P(gap, top+h/2+line/3)
		d.DrawString(r.Title)
		for j, s := range r.Samples {
			pixels(sheet, s, shape, scale, image.Pt(left+j*(w+gap), top))
		}
	}
	return sheet
}

func pixels(dst *image.Gray, s []byte, shape sample.Shape, scale int, at image.Point) {
	for y := range shape.Rows * scale {
		for x := range shape.Cols * scale {
			dst.SetGray(at.X+x, at.Y+y, color.Gray{Y: s[y/scale*shape.Cols+x/scale]})
		}
	}
}
