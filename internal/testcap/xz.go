package testcap

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"hash/crc64"

	"github.com/ulikunitz/xz/lzma"
)

// XZStream appends an xz stream of a block for each part to b. check is the number of its check: 0, 1, 4, 10. Headers have the
// sizes of their blocks if sized is true, as xz -T writes them. p is how LZMA counts; nil is 3, 0, 2.
func XZStream(b []byte, check byte, sized bool, p *lzma.Properties, parts ...[]byte) []byte {
	start := len(b)
	b = append(b, "\xfd7zXZ\x00\x00"...)
	b = append(b, check)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start+6:]))
	index := binary.AppendUvarint([]byte{0}, uint64(len(parts)))
	for _, part := range parts {
		packed := lzma2(part, p)
		head := []byte{0, 0}
		if sized {
			head[1] = 0xc0
			head = binary.AppendUvarint(head, uint64(len(packed)))
			head = binary.AppendUvarint(head, uint64(len(part)))
		}
		head = padded(append(head, 0x21, 1, 12)) // 256 KiB
		head[0] = byte(len(head) / 4)
		head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE(head))
		sum := xzCheck(check, part)
		b = append(append(append(b, head...), padded(packed)...), sum...)
		index = binary.AppendUvarint(index, uint64(len(head)+len(packed)+len(sum)))
		index = binary.AppendUvarint(index, uint64(len(part)))
	}
	index = padded(index)
	index = binary.LittleEndian.AppendUint32(index, crc32.ChecksumIEEE(index))
	foot := binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4-1))
	foot = append(foot, 0, check)
	b = append(b, index...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(foot))
	return append(append(b, foot...), "YZ"...)
}

func lzma2(part []byte, p *lzma.Properties) []byte {
	var out bytes.Buffer
	w, err := lzma.Writer2Config{Properties: p, DictCap: 256 << 10}.NewWriter2(&out)
	if err == nil {
		_, err = w.Write(part)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("testcap: compressing: " + err.Error())
	}
	return out.Bytes()
}

func padded(b []byte) []byte { return append(b[:len(b):len(b)], make([]byte, -len(b)&3)...) }

func xzCheck(check byte, part []byte) []byte {
	switch check {
	case 1:
		return binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(part))
	case 4:
		return binary.LittleEndian.AppendUint64(nil, crc64.Checksum(part, crc64.MakeTable(crc64.ECMA)))
	case 10:
		sum := sha256.Sum256(part)
		return sum[:]
	}
	return nil
}
