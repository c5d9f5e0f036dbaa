package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"

	"github.com/pcapmill/pcapmill/sample"
)

// Graphics is how a terminal shows pictures, by what its environment says: Kitty, Sixel, or
// Grey where it says nothing. Terminals of the first kind are kitty, Ghostty and WezTerm, of
// the second foot, mlterm and those whose type has sixel in its name.
func Graphics(env func(name string) string) Style {
	term, program := env("TERM"), strings.ToLower(env("TERM_PROGRAM"))
	switch {
	case env("TMUX") != "" || env("STY") != "": // tmux and screen pass neither on
		return Grey
	case env("KITTY_WINDOW_ID") != "", strings.Contains(term, "kitty"), strings.Contains(term, "ghostty"), program == "ghostty", program == "wezterm":
		return Kitty
	case strings.Contains(term, "sixel"), strings.HasPrefix(term, "foot"), strings.HasPrefix(term, "mlterm"):
		return Sixel
	}
	return Grey
}

const (
	zoom      = 3 // pixels a byte, each way
	cellWidth = 8 // pixels of a column of characters, at least: terminals do not say
)

// graphics draws samples side by side, as many as fit into width columns.
func graphics(w io.Writer, samples [][]byte, shape sample.Shape, style Style, width int) error {
	wide := shape.Cols*zoom + 2*zoom
	fit := max(1, width*cellWidth/wide)
	for from := 0; from < len(samples); from += fit {
		part := samples[from:min(from+fit, len(samples))]
		m := image.NewGray(image.Rect(0, 0, len(part)*wide-2*zoom, shape.Rows*zoom))
		for i, s := range part {
			pixels(m, s, shape, zoom, image.Pt(i*wide, 0))
		}
		write := kitty
		if style == Sixel {
			write = sixel
		}
		if err := write(w, m); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	return nil
}

// kitty writes a picture by the graphics protocol of kitty: PNG in base64, 4096 characters a
// piece (https://sw.kovidgoyal.net/kitty/graphics-protocol/).
func kitty(w io.Writer, m *image.Gray) error {
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(file.Bytes())
	var b strings.Builder
	for head := "a=T,f=100,"; ; head = "" {
		n := min(len(text), 4096)
		more := 0
		if n < len(text) {
			more = 1
		}
		fmt.Fprintf(&b, "\x1b_G%sm=%d;%s\x1b\\", head, more, text[:n])
		if text = text[n:]; more == 0 {
			break
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const sixelGreys = 32

// sixel writes a picture as a DEC terminal draws it: bands of six rows, in each of which every
// grey that occurs is drawn over the whole width (DEC STD 070, chapter 8).
func sixel(w io.Writer, m *image.Gray) error {
	var b strings.Builder
	size := m.Rect.Size()
	fmt.Fprintf(&b, "\x1bPq\"1;1;%d;%d", size.X, size.Y)
	for g := range sixelGreys {
		percent := g * 100 / (sixelGreys - 1)
		fmt.Fprintf(&b, "#%d;2;%d;%d;%d", g, percent, percent, percent)
	}
	line := make([]byte, size.X)
	for top := 0; top < size.Y; top += 6 {
		for g := range sixelGreys {
			used := false
			for x := range line {
				line[x] = 0
				for y := top; y < min(top+6, size.Y); y++ {
					if int(m.Pix[y*m.Stride+x])*sixelGreys/256 == g {
						line[x] |= 1 << (y - top)
						used = true
					}
				}
			}
			if used {
				fmt.Fprintf(&b, "#%d", g)
				repeats(&b, line)
				b.WriteByte('$') // back to the left
			}
		}
		b.WriteByte('-') // the next band
	}
	b.WriteString("\x1b\\")
	_, err := io.WriteString(w, b.String())
	return err
}

// repeats writes six pixels a character, runs as "!" and their length.
func repeats(b *strings.Builder, line []byte) {
	for from := 0; from < len(line); {
		to := from + 1
		for to < len(line) && line[to] == line[from] {
			to++
		}
		c := string('?' + rune(line[from]))
		if n := to - from; n > 3 {
			fmt.Fprintf(b, "!%d%s", n, c)
		} else {
			b.WriteString(strings.Repeat(c, n))
		}
		from = to
	}
}
