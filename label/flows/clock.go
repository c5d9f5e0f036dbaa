package flows

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Clock reads the times of a table.
type Clock struct {
	layouts []layout
	zone    *time.Location // nil: every layout says it
	offset  int64
}

// layout is one form of a time.
type layout struct {
	unix   int64 // ns of a unit, or 0: tokens
	tokens []token
}

// token is a directive, or text that must stand there.
type token struct {
	kind byte // of the directive; 0: text
	text string
	hour int // of %{N}I: the first hour of the day
}

// NewClock returns a clock for a layout, a zone and an offset that is added to every time.
//
// A layout is "unix", "unix-ms", "unix-us", "unix-ns" (numbers since 1970, fractions
// allowed), or a text with %Y %m %d %H %I %M %S %f (fraction of a second) %p (AM, PM) %z
// (Z or +hh:mm) and %%; numbers need no leading zeros, a blank stands for any number of
// blanks. %I needs %p; without one, %{8}I says that the day begins at 8: 8 to 12 are before
// or at noon, 1 to 7 after. Several layouts, separated by |, are tried in order.
//
// zone is "UTC", "+hh:mm", "-hh:mm", or a name like America/Halifax, which the time zones of
// the system must know; it may be empty only if
// every layout is unix or has %z.
func NewClock(text, zone string, offset time.Duration) (*Clock, error) {
	c := &Clock{offset: int64(offset)}
	complete := true
	for part := range strings.SplitSeq(text, "|") {
		l, zoned, err := parseLayout(part)
		if err != nil {
			return nil, err
		}
		c.layouts = append(c.layouts, l)
		complete = complete && zoned
	}
	switch {
	case zone != "":
		var err error
		if c.zone, err = parseZone(zone); err != nil {
			return nil, err
		}
	case !complete:
		return nil, fmt.Errorf("times like %q say no time zone: give the table's with --table-timezone, such as UTC, -03:00 or America/Halifax", text)
	}
	return c, nil
}

func parseZone(name string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", name); err == nil {
		_, seconds := t.Zone()
		return time.FixedZone(name, seconds), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("no time zone %q: need UTC, an offset like -03:00, or a name like America/Halifax", name)
	}
	return z, nil
}

var units = map[string]int64{"unix": 1e9, "unix-ms": 1e6, "unix-us": 1e3, "unix-ns": 1}

func parseLayout(text string) (l layout, zoned bool, err error) {
	text = strings.TrimSpace(text)
	if unit := units[text]; unit > 0 {
		return layout{unix: unit}, true, nil
	}
	have := map[byte]int{}
	for i := 0; i < len(text); {
		if text[i] != '%' {
			if text[i] == ' ' && i > 0 && text[i-1] == ' ' {
				i++
				continue // one stands for any number
			}
			l.tokens = append(l.tokens, token{text: text[i : i+1]})
			i++
			continue
		}
		t := token{}
		i++
		if end := strings.IndexByte(text[i:], '}'); strings.HasPrefix(text[i:], "{") && end > 0 {
			if t.hour, err = strconv.Atoi(text[i+1 : i+end]); err != nil || t.hour < 1 || t.hour > 12 {
				return l, false, fmt.Errorf("layout %q: %%{%s}: need the hour at which the day begins, 1 to 12", text, text[i+1:i+end])
			}
			i += end + 1
		}
		if i == len(text) || !strings.ContainsRune("YmdHIMSfpz%", rune(text[i])) || t.hour > 0 && text[i] != 'I' {
			return l, false, fmt.Errorf("layout %q: need %%Y %%m %%d %%H %%I %%{8}I %%M %%S %%f %%p %%z or %%%% at %q", text, text[i-1:])
		}
		if t.kind = text[i]; t.kind == '%' {
			t = token{text: "%"}
		}
		have[t.kind]++
		if t.kind == 'I' && t.hour > 0 {
			have['p']++ // it needs none
		}
		l.tokens = append(l.tokens, t)
		i++
	}
	switch {
	case have['Y'] != 1 || have['m'] != 1 || have['d'] != 1 || have['H']+have['I'] != 1 || have['M'] != 1:
		err = fmt.Errorf("layout %q: need %%Y, %%m, %%d, %%H or %%I, and %%M, once each; or unix, unix-ms, unix-us, unix-ns", text)
	case have['I'] != have['p']:
		err = fmt.Errorf("layout %q: a clock of 12 hours needs %%I with %%p, or %%{8}I where the day begins at 8", text)
	case have['S'] > 1 || have['f'] > 1 || have['z'] > 1 || have['f'] > have['S']:
		err = fmt.Errorf("layout %q: %%S, %%f and %%z at most once, and %%f only with %%S", text)
	}
	return l, have['z'] == 1, err
}

// Read reads a time: nanoseconds since 1970 UTC, and how much later it may have been.
func (c *Clock) Read(text string) (at, coarse int64, err error) {
	text = strings.TrimSpace(text)
	for i := range c.layouts {
		var ok bool
		if at, coarse, ok = c.layouts[i].read(text, c.zone); ok {
			sum := at + c.offset
			if (sum > at) != (c.offset > 0) && c.offset != 0 || sum > math.MaxInt64-coarse {
				return 0, 0, fmt.Errorf("time %q with the offset of the clock is out of range", short(strings.Clone(text)))
			}
			return sum, coarse, nil
		}
	}
	return 0, 0, fmt.Errorf("time %q does not have the form that was given", short(strings.Clone(text)))
}

func (l *layout) read(text string, zone *time.Location) (at, coarse int64, ok bool) {
	if l.unix > 0 {
		return readNumber(text, l.unix)
	}
	var f fields
	for i := range l.tokens {
		if text, ok = f.take(&l.tokens[i], text); !ok {
			return 0, 0, false
		}
	}
	if text != "" {
		return 0, 0, false
	}
	return f.time(zone)
}

// readNumber is a decimal number of units, exact.
func readNumber(text string, unit int64) (at, coarse int64, ok bool) {
	if strings.ContainsAny(text, "eExX") {
		if f, real := realNumber(text); !real || math.Abs(f) > 1<<62 {
			return 0, 0, false
		} else {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	whole, fraction, dot := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/unit-1 || n < math.MinInt64/unit+1 || dot && fraction == "" {
		return 0, 0, false
	}
	coarse = unit
	at = n * unit
	sign := int64(1)
	if strings.HasPrefix(whole, "-") {
		sign = -1
	}
	for _, d := range []byte(fraction) {
		if d < '0' || d > '9' {
			return 0, 0, false
		}
		if coarse /= 10; coarse > 0 {
			at += sign * int64(d-'0') * coarse
		}
	}
	if coarse > 0 {
		coarse--
	}
	return at, coarse, true
}
