package report

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

func drawGray(t *rapid.T) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, draw.Int(1, 90).Draw(t, "width"), draw.Int(1, 40).Draw(t, "height")))
	copy(m.Pix, rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 128, 129, 255}), len(m.Pix), len(m.Pix)).Draw(t, "pixels"))
	return m
}

// TestKitty: the pieces, put together, are a PNG of the picture, and none is too long.
func TestKitty(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		m := drawGray(t)
		var b bytes.Buffer
		if err := kitty(&b, m); err != nil {
			t.Fatal(err)
		}
		text := ""
		pieces := strings.Split(strings.TrimSuffix(b.String(), "\x1b\\"), "\x1b\\")
		for i, p := range pieces {
			head, data, ok := strings.Cut(strings.TrimPrefix(p, "\x1b_G"), ";")
			want := "m=1"
			if i == len(pieces)-1 {
				want = "m=0"
			}
			if i == 0 {
				want = "a=T,f=100," + want
			}
			if !ok || head != want || len(data) > 4096 {
				t.Fatalf("piece %d of %d: %q with %d characters, need %q", i, len(pieces), head, len(data), want)
			}
			text += data
		}
		file, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for y := range m.Rect.Max.Y {
			for x := range m.Rect.Max.X {
				if color.GrayModel.Convert(got.At(x, y)) != m.At(x, y) {
					t.Fatalf("pixel %d,%d", x, y)
				}
			}
		}
	})
}

// TestSixel: a reader of sixels, written here, gets the picture back in 32 greys.
func TestSixel(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		m := drawGray(t)
		var b bytes.Buffer
		if err := sixel(&b, m); err != nil {
			t.Fatal(err)
		}
		got := readSixel(t, b.String(), m.Rect.Max.X, m.Rect.Max.Y)
		for y := range m.Rect.Max.Y {
			for x := range m.Rect.Max.X {
				if have, want := got[y][x], int(m.GrayAt(x, y).Y)/8*100/31; have != want {
					t.Fatalf("pixel %d,%d: %d %%, need %d", x, y, have, want)
				}
			}
		}
	})
}

// readSixel returns percent of white by row and column; -1 is not drawn.
func readSixel(t *rapid.T, s string, wide, high int) [][]int {
	s, ok := strings.CutPrefix(s, "\x1bPq\"1;1;"+strconv.Itoa(wide)+";"+strconv.Itoa(high))
	s, closed := strings.CutSuffix(s, "\x1b\\")
	if !ok || !closed {
		t.Fatalf("%.40q", s)
	}
	rows := make([][]int, high+5)
	for y := range rows {
		rows[y] = make([]int, wide)
		for x := range rows[y] {
			rows[y][x] = -1
		}
	}
	number := func() (n int) {
		for len(s) > 0 && '0' <= s[0] && s[0] <= '9' {
			n, s = 10*n+int(s[0]-'0'), s[1:]
		}
		return n
	}
	percent := map[int]int{}
	x, top, now, times := 0, 0, 0, 1
	for len(s) > 0 {
		c := s[0]
		s = s[1:]
		switch {
		case c == '#':
			now = number()
			if strings.HasPrefix(s, ";2;") {
				s = s[3:]
				percent[now] = number()
				for range 2 {
					s = s[1:]
					number()
				}
			}
		case c == '!':
			times = number()
		case c == '$':
			x = 0
		case c == '-':
			x, top = 0, top+6
		case '?' <= c && c <= '~':
			for range times {
				for k := range 6 {
					if (c-'?')>>k&1 == 1 {
						rows[top+k][x] = percent[now]
					}
				}
				x++
			}
			times = 1
		default:
			t.Fatalf("a character %q", c)
		}
	}
	return rows
}

// TestGraphics: pictures only where the environment says so.
func TestGraphics(t *testing.T) {
	for env, want := range map[string]Style{
		"TERM=xterm-256color": Grey, "TERM=xterm-kitty": Kitty, "KITTY_WINDOW_ID=1": Kitty, "TERM_PROGRAM=WezTerm": Kitty, "TERM=xterm-ghostty": Kitty,
		"TERM=foot": Sixel, "TERM=mlterm": Sixel, "TERM=xterm-sixel": Sixel, "TERM=linux": Grey, "": Grey, "TERM_PROGRAM=Apple_Terminal": Grey,
		"TERM=xterm-kitty TMUX=/tmp/x": Grey,
	} {
		have := Graphics(func(name string) string {
			for v := range strings.FieldsSeq(env) {
				if n, value, _ := strings.Cut(v, "="); n == name {
					return value
				}
			}
			return ""
		})
		if have != want {
			t.Errorf("%q: style %d, need %d", env, have, want)
		}
	}
}

// TestHeat: ten colours, in order of the value.
func TestHeat(t *testing.T) {
	var b bytes.Buffer
	r, shape := rows()
	if err := Text(&b, r, shape, Heat, 80); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\x1b[38;5;220;48;5;220m\u2580") || !strings.HasSuffix(b.String(), "\x1b[0m\n\n") {
		t.Errorf("%q", &b)
	}
	seen := map[int]bool{}
	for v := range 256 {
		seen[heat(byte(v))] = true
	}
	if len(seen) != len(heats) || heat(0) != heats[0] || heat(255) != heats[len(heats)-1] {
		t.Errorf("colours %v", seen)
	}
}

// TestGraphicsRows: each row of samples is a title and a picture of all of them.
func TestGraphicsRows(t *testing.T) {
	r, shape := rows()
	for style, start := range map[Style]string{Kitty: "\x1b_G", Sixel: "\x1bPq"} {
		var b bytes.Buffer
		if err := Text(&b, r, shape, style, 200); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), start); n != 2 || !strings.HasPrefix(b.String(), "Chat\n"+start) {
			t.Errorf("style %d: %d pictures in %.60q", style, n, &b)
		}
		if err := Text(broken{}, r, shape, style, 200); err == nil {
			t.Error("a failing writer went unnoticed")
		}
	}
}
