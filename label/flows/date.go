package flows

import (
	"strings"
	"time"
)

// fields is what a time says, digit by digit.
type fields struct {
	year, month, day, hour, minute, second int

	nanos   int64
	unit    int64 // of the last digit of a fraction; 0: there is none
	seconds bool
	pm      int // 0: not said, 1: AM, 2: PM
	twelve  bool
	begins  int // first hour of the day, 0: not said
	zoned   bool
	east    int // if zoned: seconds east of UTC
}

// take reads what t asks for from the front of text.
func (f *fields) take(t *token, text string) (rest string, ok bool) {
	switch t.kind {
	case 0:
		if t.text == " " {
			trimmed := strings.TrimLeft(text, " ")
			return trimmed, len(trimmed) < len(text)
		}
		return strings.CutPrefix(text, t.text)
	case 'Y':
		return number(&f.year, text, 4, 4)
	case 'm':
		return number(&f.month, text, 1, 2)
	case 'd':
		return number(&f.day, text, 1, 2)
	case 'H':
		return number(&f.hour, text, 1, 2)
	case 'I':
		f.twelve, f.begins = true, t.hour
		return number(&f.hour, text, 1, 2)
	case 'M':
		return number(&f.minute, text, 1, 2)
	case 'S':
		f.seconds = true
		return number(&f.second, text, 1, 2)
	case 'f':
		return f.fraction(text)
	case 'p':
		if len(text) < 2 {
			return text, false
		}
		switch {
		case strings.EqualFold(text[:2], "AM"):
			f.pm = 1
		case strings.EqualFold(text[:2], "PM"):
			f.pm = 2
		}
		return text[2:], f.pm > 0
	default:
		return f.zone(text)
	}
}

// number reads as many digits as there are, least to most.
func number(n *int, text string, least, most int) (rest string, ok bool) {
	i := 0
	for i < len(text) && i < most && text[i] >= '0' && text[i] <= '9' {
		*n = *n*10 + int(text[i]-'0')
		i++
	}
	return text[i:], i >= least
}

func (f *fields) fraction(text string) (rest string, ok bool) {
	f.unit = int64(time.Second)
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if f.unit > 1 { // more digits than nanoseconds have say nothing
			f.unit /= 10
			f.nanos += int64(text[i]-'0') * f.unit
		}
	}
	return text[i:], i > 0
}

// zone reads Z, +hh:mm or +hhmm.
func (f *fields) zone(text string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(text, "Z"); ok {
		f.zoned, f.east = true, 0
		return rest, true
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		return text, false
	}
	var hours, minutes int
	if rest, ok = number(&hours, text[1:], 2, 2); !ok {
		return text, false
	}
	rest, ok = number(&minutes, strings.TrimPrefix(rest, ":"), 2, 2)
	if !ok || hours > 24 || minutes > 60 {
		return text, false
	}
	f.zoned, f.east = true, hours*3600+minutes*60
	if text[0] == '-' {
		f.east = -f.east
	}
	return rest, true
}

// time puts the fields together, if they are those of a day and an hour that exist.
func (f *fields) time(zone *time.Location) (at, coarse int64, ok bool) {
	hour := f.hour
	if f.twelve {
		if hour < 1 || hour > 12 {
			return 0, 0, false
		}
		hour %= 12
		if f.pm == 2 || f.begins > 0 && f.hour < f.begins || f.begins > 0 && f.hour == 12 {
			hour += 12
		}
	}
	if f.zoned {
		zone = time.UTC
	}
	if zone == nil || f.year < 1700 || f.year > 2200 || hour > 23 || f.minute > 59 || f.second > 59 {
		return 0, 0, false
	}
	t := time.Date(f.year, time.Month(f.month), f.day, hour, f.minute, f.second, int(f.nanos), zone)
	if day := time.Date(f.year, time.Month(f.month), f.day, 0, 0, 0, 0, time.UTC); day.Day() != f.day || int(day.Month()) != f.month {
		return 0, 0, false // 31 April
	}
	switch {
	case f.unit > 0:
		coarse = f.unit - 1
	case f.seconds:
		coarse = int64(time.Second) - 1
	default:
		coarse = int64(time.Minute) - 1
	}
	return t.UnixNano() - int64(f.east)*int64(time.Second), coarse, true
}
