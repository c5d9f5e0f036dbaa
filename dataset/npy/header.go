package npy

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	magic = "\x93NUMPY\x01\x00"
	// align is what the length of a header is a multiple of.
	align = 64
	// growth is the room, in digits, that numpy leaves for the first dimension.
	growth = 21
)

// Header is the bytes in front of the elements of an array, as numpy.save writes them.
// descr is the type in numpy's notation, such as "|u1"; shape has at least one
// dimension.
func Header(descr string, shape ...int64) []byte {
	var dims strings.Builder
	for i, n := range shape {
		if i > 0 {
			dims.WriteString(", ")
		}
		fmt.Fprint(&dims, n)
	}
	if len(shape) == 1 {
		dims.WriteString(",") // a tuple of one
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, &dims)
	text += strings.Repeat(" ", growth-len(fmt.Sprint(shape[0])))
	n := len(magic) + 2 + len(text) + 1
	text += strings.Repeat(" ", align-n%align) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte(magic), uint16(len(text)))
	return append(b, text...)
}

// textArray is a whole array of texts: UTF-32, each padded with zeros to the longest.
func textArray(words []string) []byte {
	longest := 1 // numpy has no texts without characters
	for _, w := range words {
		longest = max(longest, utf8.RuneCountInString(w))
	}
	b := Header(fmt.Sprintf("<U%d", longest), int64(len(words)))
	for _, w := range words {
		end := len(b) + 4*longest
		for _, r := range w {
			b = binary.LittleEndian.AppendUint32(b, uint32(r))
		}
		b = append(b, make([]byte, end-len(b))...)
	}
	return b
}
