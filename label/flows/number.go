package flows

import (
	"bytes"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// wholeNumber reads a number as any column may have it: 6, 6.0, 6e0, 0x0006.
func wholeNumber(text []byte) (n uint64, ok bool) {
	for i, c := range text {
		if c < '0' || c > '9' || i == 18 {
			return oddNumber(string(text))
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(text) > 0
}

func oddNumber(text string) (n uint64, ok bool) {
	f, ok := realNumber(text)
	if !ok || f != math.Trunc(f) || f < 0 || f >= 1<<53 {
		return 0, false
	}
	return uint64(f), true
}

// realNumber reads a number that may have a fraction.
func realNumber(text string) (float64, bool) {
	if hex := strings.TrimPrefix(strings.ToLower(text), "0x"); len(hex) < len(text) {
		n, err := strconv.ParseUint(hex, 16, 52)
		return float64(n), err == nil
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsNaN(f)
}

// unset are words for a field that has no value, besides the empty one.
var unset = []string{"-", "(empty)"}

// noNumber are more of them, in columns of numbers.
var noNumber = []string{"nan", "null", "none"}

// value is a field without blanks around it; nil if it has no value.
func (t *table) value(role int, text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) > 7 && t.unset == "" {
		return text
	}
	for _, word := range unset {
		if string(text) == word {
			return nil
		}
	}
	if t.unset != "" && string(text) == t.unset {
		return nil
	}
	if role != class && len(text) == 3 || len(text) == 4 {
		for _, word := range noNumber {
			if role != class && strings.EqualFold(string(text), word) {
				return nil
			}
		}
	}
	return text
}

// parseAddr is netip.ParseAddr, which allocates, with a short way for IPv4.
func parseAddr(text []byte) (netip.Addr, error) {
	var a [4]byte
	part, digits, n := 0, 0, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9' && digits < 3 && (digits == 0 || n > 0):
			n, digits = n*10+int(c-'0'), digits+1
			continue
		case c == '.' && digits > 0 && n <= 255 && part < 3:
			a[part], part, digits, n = byte(n), part+1, 0, 0
			continue
		}
		return netip.ParseAddr(string(text))
	}
	if part != 3 || digits == 0 || n > 255 {
		return netip.ParseAddr(string(text))
	}
	a[3] = byte(n)
	return netip.AddrFrom4(a), nil
}

// short is the beginning of a field, for messages.
func short(text string) string {
	const most = 40
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
