package archive

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// sevenFile is a path in a 7z archive.
type sevenFile struct {
	name       string
	empty      bool // it has no content
	directory  bool
	attributes uint32
}

// files reads the paths.
func (h *header) files() []sevenFile {
	n := h.count()
	files := make([]sevenFile, n)
	var empty []int // those without content
	for h.err == nil {
		id := h.byte()
		if id == idEnd {
			return files
		}
		p := &header{b: h.bytes(h.number())}
		switch id {
		case idEmptyStream:
			for i, is := range p.bits(n, false) {
				if is {
					files[i].empty, files[i].directory = true, true
					empty = append(empty, i)
				}
			}
		case idEmptyFile:
			for i, is := range p.bits(len(empty), false) {
				files[empty[i]].directory = !is
			}
		case idAnti:
			if slices.Contains(p.bits(len(empty), false), true) {
				p.fail() // it deletes files, as a part of a backup
			}
		case idNames:
			p.names(files)
		case idAttributes:
			defined := p.bits(n, true)
			if p.byte() != 0 {
				p.fail()
			}
			for i, is := range defined {
				if is {
					files[i].attributes = p.uint32()
				}
			}
		}
		if p.err != nil {
			h.fail()
		}
	}
	return nil
}

// names reads as many paths as there are files.
func (h *header) names(files []sevenFile) {
	if h.byte() != 0 { // stands elsewhere
		h.fail()
	}
	for i := range files {
		var units []uint16
		for {
			b := h.bytes(2)
			if b == nil {
				return
			}
			if u := le.Uint16(b); u != 0 {
				units = append(units, u)
				continue
			}
			break
		}
		files[i].name = strings.ReplaceAll(string(utf16.Decode(units)), "\\", "/")
	}
}
