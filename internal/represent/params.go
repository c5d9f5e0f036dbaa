package represent

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Param is a parameter of a form, for help and documentation.
type Param struct {
	Name    string
	Default string
	Allowed string // "1 to 65536", "drop, keep"
}

// params gives a form its parameters: a call for each names it, its default and what it may
// be. What the user wrote and no call asked for is an error of done.
type params struct {
	given map[string]string
	known []Param
	spelt []string // those that are not at their defaults, as key=value
	errs  []string
}

func (p *params) fail(name, value, allowed string) {
	p.errs = append(p.errs, fmt.Sprintf("%s=%s: need %s", name, value, allowed))
}

// take returns what was given, or the default.
func (p *params) take(name, def, allowed string) string {
	p.known = append(p.known, Param{name, def, allowed})
	if v, ok := p.given[name]; ok {
		return v
	}
	return def
}

// spell notes a value in its one spelling.
func (p *params) spell(name, value, def string) {
	if value != def {
		p.spelt = append(p.spelt, name+"="+value)
	}
}

// number is a whole number from low to high.
func (p *params) number(name string, def, low, high int) int {
	allowed := fmt.Sprintf("%d to %d", low, high)
	text := p.take(name, strconv.Itoa(def), allowed)
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high || strings.HasPrefix(text, "+") {
		p.fail(name, text, allowed)
		return def
	}
	p.spell(name, strconv.Itoa(n), strconv.Itoa(def))
	return n
}

// word is one of some words.
func (p *params) word(name, def string, words ...string) string {
	allowed := strings.Join(words, ", ")
	v := p.take(name, def, allowed)
	if !slices.Contains(words, v) {
		p.fail(name, v, "one of "+allowed)
		return def
	}
	p.spell(name, v, def)
	return v
}

// list is words joined by +, each at most once.
func (p *params) list(name, def string, words ...string) []string {
	allowed := "some of " + strings.Join(words, ", ") + ", joined by +"
	v := p.take(name, def, allowed)
	list := strings.Split(v, "+")
	for i, w := range list {
		if !slices.Contains(words, w) || slices.Contains(list[:i], w) {
			p.fail(name, v, allowed+", each at most once")
			return strings.Split(def, "+")
		}
	}
	p.spell(name, v, def)
	return list
}

// duration is a time with a unit, in whole nanoseconds, from low to high.
func (p *params) duration(name string, def, low, high time.Duration) time.Duration {
	allowed := fmt.Sprintf("%s to %s, with a unit, like 10ms", spellTime(low), spellTime(high))
	text := p.take(name, spellTime(def), allowed)
	d, err := time.ParseDuration(text)
	if err != nil || d < low || d > high {
		p.fail(name, text, allowed)
		return def
	}
	p.spell(name, spellTime(d), spellTime(def))
	return d
}

// spellTime is the duration in the largest unit that needs no fraction.
func spellTime(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}} {
		if d >= u.unit && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}

// done reports what was wrong with the parameters.
func (p *params) done(form string) error {
	names := make([]string, len(p.known))
	for i, k := range p.known {
		names[i] = k.Name
	}
	var unknown []string
	for name := range p.given {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	switch {
	case len(unknown) > 0:
		return fmt.Errorf("form %s has no parameter %q: have %s", form, unknown[0], strings.Join(names, ", "))
	case len(p.errs) > 0:
		return fmt.Errorf("form %s: %s", form, p.errs[0])
	}
	return nil
}
