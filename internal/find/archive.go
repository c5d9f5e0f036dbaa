package find

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/archive"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// ArchiveError says that what was opened as a capture is an archive, or a capture compressed
// in a way that is not read. There may be captures inside, so it is never passed over in
// silence. [Files] reads some kinds.
type ArchiveError struct {
	Path        string
	Kind        string // like "a ZIP archive"
	Compression string // around it, or ""
	Unpack      string // command that unpacks it, or "" where no common one does

	format string // of package archive, if it reads the kind; else ""
	nested bool   // it is an archive, and not a single compressed file
}

func (e *ArchiveError) Error() string {
	inside := ""
	if e.Compression != "" {
		inside = " inside " + e.Compression
	}
	with := "unpack it"
	if e.Unpack != "" {
		with += " ('" + e.Unpack + "')"
	}
	if e.format != "" {
		return fmt.Sprintf("%s: %s%s, and no capture: 'pcapmill convert' reads the captures in one that is named as a file; here, %s", e.Path, e.Kind, inside, with)
	}
	return fmt.Sprintf("%s: %s%s, which is not read: %s and convert the files in it", e.Path, e.Kind, inside, with)
}

// Paths are the paths that the error names.
func (e *ArchiveError) Paths() []string { return []string{e.Path} }

// kind is one kind of archive and how it is recognised by content.
type kind struct {
	name   string
	unpack string
	is     func(begin []byte) bool
	format string // see ArchiveError
}

// kinds are tried in order. Sources of the magic numbers: the formats' specifications
// where there are any, else file(1)'s magic.
var kinds = []kind{
	{"a ZIP archive", "unzip FILE -d DIR", begins("PK\x03\x04", "PK\x05\x06", "PK\x07\x08", "PK\x06\x06"), archive.ZIP},
	{"a 7z archive", "7z x FILE", begins("7z\xbc\xaf\x27\x1c"), archive.SevenZip},
	{"a RAR archive", "unrar x FILE", begins("Rar!\x1a\x07", "RE\x7e\x5e"), ""},
	{"a tar archive", "tar -xf FILE", isTar, archive.Tar},
	{"a cpio archive", "cpio -id < FILE", isCpio, ""},
	{"an ar archive", "ar x FILE", begins("!<arch>\n", "!<thin>\n"), ""},
	{"an RPM package", "rpm2cpio FILE | cpio -id", begins("\xed\xab\xee\xdb"), ""},
	{"a cabinet archive", "cabextract FILE", begins("MSCF\x00\x00\x00\x00", "ISc("), ""},
	{"an ARJ archive", "7z x FILE", func(b []byte) bool { return len(b) > 10 && b[0] == 0x60 && b[1] == 0xea && b[10] == 2 }, ""},
	{"an LHA archive", "7z x FILE", isLHA, ""},
	{"an ACE archive", "unace x FILE", at(7, "**ACE**"), ""},
	{"a ZOO archive", "unzoo -x FILE", at(20, "\xdc\xa7\xc4\xfd"), ""},
	{"a StuffIt archive", "unar FILE", begins("SIT!", "StuffIt "), ""},
	{"an xar archive", "xar -xf FILE", begins("xar!\x00"), ""},
	{"a WIM archive", "7z x FILE", begins("MSWIM\x00\x00\x00"), ""},
	{"a ZPAQ archive", "zpaq x FILE", begins("zPQ", "7kSt"), ""},
	{"a squashfs image", "unsquashfs FILE", begins("hsqs", "sqsh"), ""},
	{"a file compressed by compress", "gzip -d FILE", isCompress, ""},
	{"a file compressed by lzip", "lzip -d FILE", begins("LZIP\x00", "LZIP\x01"), ""},
	{"a file compressed by lzop", "lzop -d FILE", begins("\x89LZO\x00\x0d\x0a\x1a\x0a"), ""},
	{"a file compressed by lrzip", "lrzip -d FILE", begins("LRZI"), ""},
	{"an LZMA file", "unlzma FILE", isLZMA, ""},
	{"a file compressed by snappy", "snzip -d FILE", begins("\xff\x06\x00\x00sNaPpY"), ""},
}

// compressed are the compressions that are read around a capture, but not around another
// compression.
var compressed = []kind{
	{"a gzip file", "", begins("\x1f\x8b\x08"), ""},
	{"a zstd file", "", begins("\x28\xb5\x2f\xfd"), ""},
	{"an lz4 file", "", begins("\x04\x22\x4d\x18", "\x02\x21\x4c\x18"), ""},
	{"an xz file", "", begins("\xfd7zXZ\x00"), ""},
	{"a bzip2 file", "", func(b []byte) bool { return begins("BZh")(b) && at(4, "\x31\x41\x59\x26\x53\x59")(b) }, ""},
}

// Archive returns an *[ArchiveError] in place of err if that is a
// *[capture.NotCaptureError] about an archive, and err itself if not.
func Archive(err error) error {
	var not *capture.NotCaptureError
	if errors.As(err, &not) {
		if a := archiveIn(not); a != nil {
			return a
		}
	}
	return err
}

// archiveIn recognises an archive in what is not a capture, or returns nil.
func archiveIn(not *capture.NotCaptureError) *ArchiveError {
	e := &ArchiveError{Path: not.Path, Compression: not.Compression}
	for _, k := range kinds {
		if k.is(not.Begin) {
			e.Kind, e.Unpack, e.format = k.name, k.unpack, k.format
			e.nested = !strings.Contains(k.name, " file")
			if e.Compression != "" && k.format != archive.Tar {
				e.format = ""
			}
			if e.Compression != "" && e.Kind != "a tar archive" { // tar undoes a compression itself
				e.Unpack = ""
			}
			return e
		}
	}
	if not.Compression != "" {
		for _, k := range compressed {
			if k.is(not.Begin) {
				e.Kind = k.name
				return e
			}
		}
		return nil
	}
	if e.Kind, e.Unpack, e.format = archiveByEnd(not.Path); e.Kind == "" {
		return nil
	}
	return e
}

func begins(magics ...string) func([]byte) bool {
	return func(b []byte) bool {
		for _, m := range magics {
			if bytes.HasPrefix(b, []byte(m)) {
				return true
			}
		}
		return false
	}
}

func at(offset int, magic string) func([]byte) bool {
	return func(b []byte) bool { return len(b) > offset && bytes.HasPrefix(b[offset:], []byte(magic)) }
}

// isTar: the magic of POSIX and GNU, or, in archives older than both, a header whose
// checksum is right (IEEE 1003.1, pax, "ustar Interchange Format"). An archive of no
// members is two blocks of zeros, which are no archive that anything could be lost from.
func isTar(b []byte) bool {
	if at(257, "ustar")(b) {
		return true
	}
	if len(b) < 512 || b[0] == 0 {
		return false
	}
	text := strings.Trim(string(b[148:156]), " \x00")
	want, err := strconv.ParseInt(text, 8, 32)
	if err != nil {
		return false
	}
	unsigned, signed := int64(0), int64(0) // early tar programs summed signed characters
	for i, c := range b[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// isCpio: the three formats in text, and the oldest, in binary of either byte order, whose
// magic is two bytes: there the name of the first member must end where its length says.
func isCpio(b []byte) bool {
	if begins("070701", "070702", "070707")(b) {
		return true
	}
	name := 0
	switch {
	case len(b) < 28:
	case b[0] == 0xc7 && b[1] == 0x71:
		name = int(binary.LittleEndian.Uint16(b[20:]))
	case b[0] == 0x71 && b[1] == 0xc7:
		name = int(binary.BigEndian.Uint16(b[20:]))
	}
	return name > 1 && 26+name <= len(b) && bytes.IndexByte(b[26:26+name], 0) == name-1
}

// isCompress: .Z files say in their third byte how long codes get, 9 to 16 bits.
func isCompress(b []byte) bool {
	return len(b) > 2 && b[0] == 0x1f && (b[1] == 0x9d && b[2]&0x60 == 0 && b[2]&0x1f >= 9 && b[2]&0x1f <= 16 || b[1] == 0xa0)
}

// isLHA: "-lh5-" and the like behind the length and checksum of the first header.
func isLHA(b []byte) bool {
	return len(b) > 7 && b[2] == '-' && b[3] == 'l' && (b[4] == 'h' || b[4] == 'z') && b[6] == '-'
}

// isLZMA: the file format of LZMA alone has no magic. This is what LZMA Utils and xz write
// and file(1) goes by: the usual properties, a dictionary of 2^n or 2^n + 2^(n-1) bytes,
// and a size that is unknown or below 256 GiB.
func isLZMA(b []byte) bool {
	if len(b) < 14 || b[0] != 0x5d || b[13] != 0 {
		return false
	}
	dictionary, size := binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint64(b[5:])
	usual := false
	for n := uint(12); n < 32; n++ {
		usual = usual || dictionary == 1<<n || dictionary == 1<<n|1<<(n-1)
	}
	return (usual || dictionary == 1<<32-1) && (size == 1<<64-1 || size < 1<<38)
}

// archiveByEnd finds the archives that something may stand before: a ZIP archive has its
// directory at the end (APPNOTE 4.3.16), an ISO image its descriptor at byte 32,769
// (ECMA-119, 8.4).
func archiveByEnd(path string) (kind, unpack, format string) {
	info, err := objects.Stat(context.Background(), path)
	if err != nil || !info.Mode().IsRegular() {
		return "", "", "" // a stream has no end that could be looked at
	}
	f, err := objects.Open(context.Background(), path, objects.Version(info))
	if err != nil {
		return "", "", "" // it was opened before, and found to be no capture
	}
	defer f.Close()
	b := make([]byte, 22+1<<16)
	if n, err := f.ReadAt(b[:5], 32769); n == 5 && (err == nil || err == io.EOF) && string(b[:5]) == "CD001" {
		return "an ISO 9660 image", "7z x FILE", ""
	}
	from := max(info.Size()-int64(len(b)), 0)
	n, err := f.ReadAt(b, from)
	if err != nil && err != io.EOF {
		return "", "", ""
	}
	b = b[:n]
	for at := len(b) - 22; at >= 0; at-- {
		if bytes.HasPrefix(b[at:], []byte("PK\x05\x06")) && at+22+int(binary.LittleEndian.Uint16(b[at+20:])) == len(b) {
			return "a ZIP archive", "unzip FILE -d DIR", archive.ZIP
		}
	}
	return "", "", ""
}
