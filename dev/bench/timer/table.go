package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// input is what all commands of a log have read, and whom they are compared to.
type input struct {
	bytes, packets int64
	base, rival    string
}

// runs are the measurements of one command, in order.
type runs struct {
	name            string
	wall, user, sys []float64 // seconds
	peak, own       []float64 // KiB; own is 0 if not known
}

// printTable prints a log, and below it what was asked for, if anything was.
func printTable(w io.Writer, path string, in input, bounds []asked) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	all, err := parse(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text := render(all, in)
	if len(bounds) > 0 {
		text += "\n" + renderAsked(all, in, bounds)
	}
	_, err = io.WriteString(w, text)
	return err
}

// parse reads a log.
func parse(r io.Reader) (all []*runs, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 6 {
			return nil, fmt.Errorf("line %d: have %d fields, need 6", n, len(fields))
		}
		var v [5]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(fields[i+1], 64); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		}
		x := find(all, fields[0])
		if x == nil {
			x = &runs{name: fields[0]}
			all = append(all, x)
		}
		x.wall, x.user, x.sys = append(x.wall, v[0]), append(x.user, v[1]), append(x.sys, v[2])
		x.peak, x.own = append(x.peak, v[3]), append(x.own, v[4])
	}
	if all == nil {
		return nil, errors.Join(lines.Err(), errors.New("no measurements"))
	}
	return all, lines.Err()
}

func find(all []*runs, name string) *runs {
	for _, x := range all {
		if x.name == name {
			return x
		}
	}
	return nil
}

func render(all []*runs, in input) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| command | wall s | min-max | user s | sys s | own MiB | peak MiB | x %s | min-max | x %s | min-max | ns/packet | packets/s | MB/s | n |\n", in.base, in.rival)
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, x := range all {
		wall := median(x.wall)
		fmt.Fprintf(&b, "| %s | %.3f | %s | %.3f | %.3f | %s | %s | %s | %s | %s | %s | %s | %d |\n",
			x.name, wall, span(x.wall, 3), median(x.user), median(x.sys), rate(median(x.own), 1024), rate(median(x.peak), 1024),
			ratio(x, find(all, in.base)), ratio(x, find(all, in.rival)),
			rate(wall*1e9, float64(in.packets)), rate(float64(in.packets), wall), rate(float64(in.bytes)/1e6, wall), len(x.wall))
	}
	return b.String()
}

// ratio is two cells: the median and the span of a run to its neighbour.
func ratio(x, to *runs) string {
	if to == nil {
		return "- | -"
	}
	var rs []float64
	for i := range min(len(x.wall), len(to.wall)) {
		rs = append(rs, x.wall[i]/to.wall[i])
	}
	return fmt.Sprintf("%.2f | %s", median(rs), span(rs, 2))
}

func rate(a, b float64) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return strconv.FormatFloat(a/b, 'f', 0, 64)
}

func span(v []float64, digits int) string {
	return fmt.Sprintf("%.*f-%.*f", digits, slices.Min(v), digits, slices.Max(v))
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
