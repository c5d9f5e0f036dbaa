package main

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// column is how one column of a table looks.
type column struct {
	head  string
	right bool // numbers, aligned at the right
	fold  bool // a list that may be broken at its commas; the last column only
	short bool // names that may lose their middle, as those of the first column may
}

// table is rows of cells in columns that are as wide as their widest cell. A
// cell is one line of printable text. A row with fewer cells ends early, and its
// last cell may run into the columns behind it.
type table struct {
	columns []column
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// widths are the columns' widths in terminal cells.
func (t *table) widths() []int {
	w := make([]int, len(t.columns))
	for i, c := range t.columns {
		w[i] = columnsOf(c.head)
	}
	for _, r := range t.rows {
		for i, cell := range r {
			if i < len(r)-1 || len(r) == len(t.columns) {
				w[i] = max(w[i], columnsOf(cell))
			}
		}
	}
	return w
}

// What names of captures and of classes are shortened to at most, in columns.
const (
	leastName  = 9
	leastClass = 9
)

// least is the width below which the table cannot be made.
func (t *table) least() int {
	w := t.widths()
	for i, c := range t.columns {
		switch {
		case i == 0:
			w[i] = min(w[i], leastName+3)
		case c.short:
			w[i] = min(w[i], leastClass)
		case c.fold:
			w[i] = min(w[i], 24)
		}
	}
	return sum(w) + 2*(len(w)-1)
}

// width is what the table takes on a terminal.
func (t *table) width() int {
	total := -2
	for _, w := range t.widths() {
		total += w + 2
	}
	return total
}

// write writes the table, no wider than limit if that can be (0: no limit):
// lists in the last column are broken over lines, and names in the first and in
// columns that allow it lose their middle, each in turn.
func (t *table) write(out io.Writer, limit int) {
	w := t.widths()
	last := len(w) - 1
	type step struct{ column, least int }
	steps := []step{{last, 40}, {0, 24}, {last, 24}}
	for i, c := range t.columns {
		if c.short {
			steps = append(steps, step{i, leastClass})
		}
	}
	for _, step := range append(steps, step{0, leastName}) {
		over := sum(w) + 2*last - limit
		if limit > 0 && over > 0 && (step.column != last || step.column == 0 || t.columns[last].fold || t.columns[last].short) {
			w[step.column] -= max(0, min(over, w[step.column]-step.least))
		}
	}
	var b strings.Builder
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.head
	}
	t.line(&b, heads, w)
	for _, r := range t.rows {
		t.row(&b, r, w)
	}
	_, _ = io.WriteString(out, b.String()) // nobody to tell about a closed pipe
}

// row writes one row, its last cell on as many lines as it needs.
func (t *table) row(b *strings.Builder, cells []string, w []int) {
	last := len(w) - 1
	if len(cells) <= last || !t.columns[last].fold || columnsOf(cells[last]) <= w[last] {
		t.line(b, cells, w)
		return
	}
	var words []string
	for _, word := range strings.SplitAfter(cells[last], ", ") {
		if columnsOf(strings.TrimRight(word, " ")) > w[last] {
			words = append(words, strings.SplitAfter(word, " ")...)
		} else {
			words = append(words, word)
		}
	}
	for i, part := range foldWords(words, w[last]) {
		line := make([]string, len(w))
		if i == 0 {
			copy(line, cells)
		}
		line[last] = part
		t.line(b, line, w)
	}
}

func (t *table) line(b *strings.Builder, cells []string, w []int) {
	var line strings.Builder
	for i, cell := range cells {
		if i > 0 {
			line.WriteString("  ")
		}
		if i == 0 || t.columns[i].short && len(cells) == len(w) {
			cell = shorten(cell, w[i])
		}
		space := strings.Repeat(" ", max(0, w[i]-columnsOf(cell)))
		if t.columns[i].right && (i < len(cells)-1 || len(cells) == len(w)) {
			cell, space = space+cell, ""
		}
		line.WriteString(cell + space)
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// shorten takes characters out of the middle of a name: its end tells more than
// its middle.
func shorten(name string, width int) string {
	if columnsOf(name) <= width {
		return name
	}
	head, tail := name, name
	for columnsOf(head) > (width-1)/2 {
		_, n := utf8.DecodeLastRuneInString(head)
		head = head[:len(head)-n]
	}
	for columnsOf(tail) > width-1-columnsOf(head) {
		_, n := utf8.DecodeRuneInString(tail)
		tail = tail[n:]
	}
	return head + "…" + tail
}

func sum(numbers []int) (total int) {
	for _, n := range numbers {
		total += n
	}
	return total
}

// columnsOf is how many columns of a terminal a text takes. Nearly all texts are
// plain, and a table has many.
func columnsOf(text string) int {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return runewidth.StringWidth(text)
		}
	}
	return len(text)
}
