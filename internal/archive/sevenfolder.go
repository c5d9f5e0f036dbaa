package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ulikunitz/xz/lzma"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/capture/inflate"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// formatCoders writes coders as text: number, properties and size of each, in hexadecimal.
func formatCoders(list []coder) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, fmt.Sprintf("%x:%x:%x", c.id, c.props, c.size))
	}
	return strings.Join(parts, ",")
}

// parseCoders reads what formatCoders writes.
func parseCoders(text string) (list []coder, err error) {
	for _, part := range strings.Split(text, ",") {
		f := strings.Split(part, ":")
		if len(f) != 3 || len(list) == most {
			return nil, fmt.Errorf("%q does not say how a folder is packed", text)
		}
		id, err := hex.DecodeString(f[0])
		props, err2 := hex.DecodeString(f[1])
		size, err3 := strconv.ParseInt(f[2], 16, 64)
		if err := errors.Join(err, err2, err3); err != nil {
			return nil, err
		}
		list = append(list, coder{string(id), props, size})
	}
	return list, nil
}

// window is the memory in bytes that a chain of coders takes.
func window(list []coder) (bytes int64, err error) {
	for _, c := range list {
		switch c.id {
		case sevenLZMA:
			if len(c.props) != 5 || c.props[0] >= 9*5*5 {
				return 0, errSeven
			}
			bytes += max(int64(le.Uint32(c.props[1:])), lzma.MinDictCap)
		case sevenLZMA2:
			if len(c.props) != 1 || c.props[0] > 40 {
				return 0, errSeven
			}
			bytes += dictionary(c.props[0])
		case sevenBzip2:
			bytes += 4 << 20
		}
	}
	return bytes, nil
}

// dictionary is the size in bytes that the property of LZMA2 stands for.
func dictionary(p byte) int64 {
	if p == 40 {
		return 1<<32 - 1
	}
	return int64(2|p&1) << (p/2 + 11)
}

// unpacked reads what a folder holds. used is how many packed bytes were taken.
func unpacked(f io.ReaderAt, at, packed int64, list []coder) (r io.Reader, used func() int64, err error) {
	in := &stored{r: objects.Section(f, at, at+packed), left: packed}
	used = func() int64 { return packed - in.left }
	r = bufio.NewReaderSize(in, 32<<10)
	for _, c := range list {
		switch c.id {
		case sevenCopy:
		case sevenLZMA:
			head := append(slices.Clone(c.props), binary.LittleEndian.AppendUint64(nil, uint64(c.size))...)
			r, err = lzma.ReaderConfig{DictCap: int(max(min(int64(le.Uint32(c.props[1:])), 1<<31-1), lzma.MinDictCap))}.NewReader(io.MultiReader(bytes.NewReader(head), r))
		case sevenLZMA2:
			r, err = lzma.Reader2Config{DictCap: int(min(dictionary(c.props[0]), 1<<31-1))}.NewReader2(r)
		case sevenFlate:
			r = inflate.NewReader(r)
		case sevenBzip2:
			r = bzip2.NewReader(r)
		default:
			err = fmt.Errorf("the method % x is not read", c.id)
		}
		if err != nil {
			return nil, nil, err
		}
		r = bufio.NewReader(r)
	}
	return r, used, nil
}

// sevenPass is one reading of a folder.
type sevenPass struct {
	f       objects.File
	r       io.Reader
	taken   func() int64
	members []*Member // in the order in which they stand
	at      int64     // of what the folder holds
	end     int64     // of the content of the member in hand
	limit   int
}

// newSevenPass begins one for members of a folder. Closing it closes f.
func newSevenPass(f objects.File, members []*Member, o StreamOptions) (*sevenPass, error) {
	m := members[0]
	list, err := parseCoders(m.Coders)
	if err != nil {
		return nil, err
	}
	need, err := window(list)
	if err != nil {
		return nil, err
	}
	if o.Memory > 0 && need > o.Memory {
		return nil, &capture.MemoryError{What: "the dictionary of the 7z archive", Need: need, Most: o.Memory}
	}
	p := &sevenPass{f: f, members: slices.Clone(members), limit: o.MaxExpansion}
	slices.SortFunc(p.members, func(a, b *Member) int { return a.Index - b.Index })
	p.r, p.taken, err = unpacked(f, m.Folder, m.Packed, list)
	return p, err
}

func (p *sevenPass) used() int64 { return p.taken() }

func (p *sevenPass) member() (index int, size int64, err error) {
	if len(p.members) == 0 {
		return 0, 0, io.EOF
	}
	m := p.members[0]
	p.members = p.members[1:]
	p.end = m.Offset
	if _, err := io.CopyN(io.Discard, p, m.Offset-p.at); err != nil {
		return 0, 0, cutOff(err)
	}
	p.end = m.Offset + m.Size
	return m.Index, m.Size, nil
}

// Read reads the content of the member in hand.
func (p *sevenPass) Read(b []byte) (n int, err error) {
	defer func() {
		if x := recover(); x != nil { // a fault of the library on hostile input
			n, err = 0, fmt.Errorf("the decoder failed: %v", x)
		}
	}()
	if p.at >= p.end {
		return 0, io.EOF
	}
	n, err = p.r.Read(b[:min(int64(len(b)), p.end-p.at)])
	p.at += int64(n)
	const grace = 64 << 20 // as in captures
	if used := p.taken(); p.limit > 0 && p.at > grace && p.at/int64(p.limit) >= used {
		return n, &capture.ExpansionError{Compression: "the folder of the 7z archive", From: used, To: p.at, Limit: p.limit}
	}
	if err == io.EOF && p.at < p.end {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (p *sevenPass) Close() error { return p.f.Close() }
