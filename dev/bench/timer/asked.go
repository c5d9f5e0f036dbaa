package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// asked is a bound that was asked for. Names are those of a log.
//
//	pcapmill <= 2.5 x cat
//	gopacket PacketSource >= 10 x pcapmill
//	pcapmill <= 2 x cp of the output + 250 ns     a packet
//	pcapmill <= 250 MiB                           of its own
type asked struct {
	text   string
	name   string
	least  bool // >=, else <=
	factor float64
	base   string  // "" if the bound is on memory
	ns     float64 // a packet, that the factor does not count for
}

var boundForm = regexp.MustCompile(`^(.+) (<=|>=) ([0-9.]+) (?:MiB|x (.+?)(?: \+ ([0-9.]+) ns)?)$`)

func parseAsked(text string) (a asked, err error) {
	m := boundForm.FindStringSubmatch(text)
	if m == nil {
		return a, fmt.Errorf("bound %q: have NAME <= N x NAME [+ N ns], NAME >= N x NAME, NAME <= N MiB", text)
	}
	a = asked{text: text, name: m[1], least: m[2] == ">=", base: m[4]}
	if a.factor, err = strconv.ParseFloat(m[3], 64); err != nil {
		return a, fmt.Errorf("bound %q: %w", text, err)
	}
	if m[5] != "" {
		if a.ns, err = strconv.ParseFloat(m[5], 64); err != nil {
			return a, fmt.Errorf("bound %q: %w", text, err)
		}
	}
	return a, nil
}

// renderAsked sets what was measured beside what was asked: medians, ratios pair
// by pair.
func renderAsked(all []*runs, in input, bounds []asked) string {
	var b strings.Builder
	b.WriteString("| asked | have | min-max | n | holds |\n|---|---|---|---|---|\n")
	for _, a := range bounds {
		v, unit := a.measured(all, in), " x"
		if a.base == "" {
			unit = " MiB"
		}
		if len(v) == 0 {
			fmt.Fprintf(&b, "| %s | not measured | | 0 | |\n", a.text)
			continue
		}
		have, holds := median(v), "yes"
		if a.least && have < a.factor || !a.least && have > a.factor {
			holds = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %.2f%s | %s | %d | %s |\n", a.text, have, unit, span(v, 2), len(v), holds)
	}
	return b.String()
}

// measured is what a bound is about, run by run.
func (a *asked) measured(all []*runs, in input) (v []float64) {
	x := find(all, a.name)
	if x == nil {
		return nil
	}
	if a.base == "" {
		for _, kib := range x.own {
			if kib > 0 {
				v = append(v, kib/1024)
			}
		}
		return v
	}
	to := find(all, a.base)
	if to == nil {
		return nil
	}
	for i := range min(len(x.wall), len(to.wall)) {
		v = append(v, (x.wall[i]-a.ns*1e-9*float64(in.packets))/to.wall[i])
	}
	return v
}
