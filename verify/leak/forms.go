package leak

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/internal/needle"
)

// index finds all forms of all secrets.
type index struct {
	secrets []secret
	set     needle.Set
	of      []target // by needle
}

// target is what a needle stands for.
type target struct {
	secret int32
	form   Form
	style  style
}

// style says how a text of this kind would go on.
type style uint8

const (
	whole  style = iota // bytes and the like: it cannot
	dotted              // digits and dots
	colons              // hexadecimal digits and colons
	dashes              // hexadecimal digits and dashes
	dots                // hexadecimal digits and dots
	host                // letters, digits, dash, underscore
)

func newIndex(s *secrets) *index {
	x := &index{secrets: s.list()}
	for i := range x.secrets {
		id := int32(i)
		switch s := &x.secrets[i]; s.kind {
		case Name:
			x.add(target{id, Text, host}, []byte(s.name), true)
			x.add(target{id, Labels, whole}, labels(s.name), true)
		case MAC:
			x.addBytes(id, s.address())
			x.addMAC(id, s.address())
		case IPv4:
			x.addBytes(id, s.address())
			x.add(target{id, Text, dotted}, []byte(s.String()), true)
		case IPv6:
			x.addBytes(id, s.address())
			short, long := s.String(), netip.AddrFrom16(s.bytes).StringExpanded()
			x.add(target{id, Text, colons}, []byte(short), true)
			if long != short {
				x.add(target{id, Text, colons}, []byte(long), true)
			}
		}
	}
	x.set.Build()
	return x
}

func (x *index) add(t target, text []byte, fold bool) {
	if fold && len(text) < MinText {
		return // IPv6 addresses like 1::2, as text
	}
	x.set.Add(text, fold)
	x.of = append(x.of, t)
}

func (x *index) addBytes(id int32, address []byte) {
	form, reversed := Bytes, Reversed
	if plainBytes(address) {
		form, reversed = Plain, Plain
	}
	x.add(target{id, form, whole}, address, false)
	back := bytes.Clone(address)
	slices.Reverse(back)
	if !bytes.Equal(back, address) {
		x.add(target{id, reversed, whole}, back, false)
	}
}

func (x *index) addMAC(id int32, a []byte) {
	colon := fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5])
	x.add(target{id, Text, colons}, []byte(colon), true)
	x.add(target{id, Text, dashes}, []byte(strings.ReplaceAll(colon, ":", "-")), true)
	x.add(target{id, Text, dots}, fmt.Appendf(nil, "%x.%x.%x", a[0:2], a[2:4], a[4:6]), true)
	if !plainBytes(a) {
		x.add(target{id, Text, whole}, fmt.Appendf(nil, "%x", a), true)
	}
}

// labels is a name as DNS labels, without the last, empty one.
func labels(name string) (b []byte) {
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 {
			return nil
		}
		b = append(append(b, byte(len(label))), label...)
	}
	return b
}

// plainBytes reports less than four different values besides zero, of four bytes
// less than three with it: such bytes occur in any file of small numbers.
func plainBytes(b []byte) bool {
	seen := [256]bool{0: len(b) > 4}
	n := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n < min(4, len(b)-1)
}

// scan calls found for each occurrence in data, of texts only where they do not
// go on at either side.
func (x *index) scan(data []byte, found func(id, at, length int)) {
	x.set.Scan(data, func(id, at int) {
		n := len(x.set.Text(id))
		if !x.of[id].style.goesOn(data[:at], data[at+n:]) {
			found(id, at, n)
		}
	})
}

// goesOn reports whether a text is part of a longer one of its kind.
func (s style) goesOn(before, behind []byte) bool {
	// byteAt counts from the text outwards.
	left := func(i int) byte {
		if i < len(before) {
			return before[len(before)-1-i]
		}
		return ' '
	}
	right := func(i int) byte {
		if i < len(behind) {
			return behind[i]
		}
		return ' '
	}
	joins := func(separator byte, digit func(byte) bool) bool {
		return digit(left(0)) || digit(right(0)) ||
			left(0) == separator && digit(left(1)) || right(0) == separator && digit(right(1))
	}
	switch s {
	case dotted:
		return joins('.', isDigit)
	case colons:
		return joins(':', isHex) || left(0) == ':' && left(1) == ':' || right(0) == ':' && right(1) == ':'
	case dashes:
		return joins('-', isHex)
	case dots:
		return joins('.', isHex)
	case host:
		return isHost(left(0)) || isHost(right(0))
	}
	return false
}

func isDigit(c byte) bool { return c-'0' < 10 }

func isHex(c byte) bool { return isDigit(c) || c|0x20-'a' < 6 }

func isHost(c byte) bool { return isDigit(c) || c|0x20-'a' < 26 || c == '-' || c == '_' }
