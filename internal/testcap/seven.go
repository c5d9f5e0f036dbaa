package testcap

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"

	"github.com/ulikunitz/xz/lzma"
)

// SevenZip is a 7z archive of the members, in two folders of LZMA2.
func SevenZip(members ...Member) []byte {
	var full []Member
	var files []byte
	empty, names := make([]byte, (len(members)+7)/8), []byte{0}
	for i, m := range members {
		if len(m.Data) > 0 {
			full = append(full, m)
		} else {
			empty[i/8] |= 0x80 >> (i % 8)
		}
		for _, u := range utf16.Encode([]rune(m.Name + "\x00")) {
			names = binary.LittleEndian.AppendUint16(names, u)
		}
	}
	var data, header []byte
	header = append(header, 1)
	if folders := parts(full); len(folders) > 0 {
		var sizes, unpacked, counts, substreams, sums []byte
		for _, f := range folders {
			var plain []byte
			for i, m := range f {
				plain = append(plain, m.Data...)
				if i < len(f)-1 {
					substreams = number(substreams, len(m.Data))
				}
				sums = binary.LittleEndian.AppendUint32(sums, crc32.ChecksumIEEE(m.Data))
			}
			var b bytes.Buffer
			w, err := lzma.Writer2Config{DictCap: 1 << 16}.NewWriter2(&b)
			must(err)
			_, err = w.Write(plain)
			must(err)
			must(w.Close())
			data = append(data, b.Bytes()...)
			sizes, unpacked, counts = number(sizes, b.Len()), number(unpacked, len(plain)), number(counts, len(f))
		}
		n := byte(len(folders))
		header = append(append(append(header, 4, 6, 0, n, 9), sizes...), 0) // pack info at 0
		header = append(header, 7, 11, n, 0)
		for range folders {
			header = append(header, 1, 0x21, 0x21, 1, 8) // one coder: LZMA2, a dictionary of 2^16
		}
		header = append(append(append(header, 12), unpacked...), 0)
		header = append(append(header, 8, 13), counts...)
		if len(substreams) > 0 {
			header = append(append(header, 9), substreams...)
		}
		header = append(append(append(header, 10, 1), sums...), 0, 0)
	}
	files = number(append(files, 5), len(members))
	if len(full) < len(members) {
		files = append(number(append(files, 14), len(empty)), empty...)
		all := bytes.Repeat([]byte{0xff}, (len(members)-len(full)+7)/8) // no directories
		files = append(number(append(files, 15), len(all)), all...)
	}
	files = append(number(append(files, 17), len(names)), names...)
	header = append(append(header, files...), 0, 0)

	start := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	start = binary.LittleEndian.AppendUint64(start, uint64(len(header)))
	start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(header))
	file := binary.LittleEndian.AppendUint32([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), crc32.ChecksumIEEE(start))
	return append(append(append(file, start...), data...), header...)
}

// parts are the members in at most two parts.
func parts(members []Member) [][]Member {
	switch n := len(members); n {
	case 0:
		return nil
	case 1:
		return [][]Member{members}
	default:
		return [][]Member{members[:n/2], members[n/2:]}
	}
}

// number appends an integer below 2^32 as 7z has it.
func number(b []byte, n int) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	return binary.LittleEndian.AppendUint32(append(b, 0xf0), uint32(n))
}
