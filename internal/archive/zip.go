package archive

import (
	"bufio"
	"cmp"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/capture/inflate"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// ZIP is read by its directory (APPNOTE.TXT 6.3.10, sections 4.3 and 4.4).
const (
	endLen      = 22 // of the end record, without comment
	locatorLen  = 20
	end64Len    = 56
	centralLen  = 46
	localLen    = 30
	maxComment  = 1<<16 - 1
	zip64Extra  = 0x0001
	methodStore = 0
	methodFlate = 8
	methodBzip2 = 12
)

var le = binary.LittleEndian

var errNoDirectory = errors.New("the ZIP archive has no directory at its end: it is cut off, or a part of a split archive; copy it again, or join its parts ('zip -s 0 FILE --out WHOLE')")

// directory is where the directory of a ZIP archive stands.
type directory struct {
	at, size int64
	count    uint64
	base     int64 // what stands before the archive; offsets count from there
}

// findDirectory looks for it at the end of a file of the given size.
func findDirectory(r io.ReaderAt, size int64) (d directory, err error) {
	b := make([]byte, min(size, endLen+maxComment))
	from := size - int64(len(b))
	if _, err := r.ReadAt(b, from); err != nil && err != io.EOF {
		return d, err
	}
	at := len(b) - endLen
	for ; at >= 0; at-- {
		if string(b[at:at+4]) == "PK\x05\x06" && at+endLen+int(le.Uint16(b[at+20:])) <= len(b) {
			break
		}
	}
	if at < 0 {
		return d, errNoDirectory
	}
	end := b[at:]
	stands := from + int64(at)
	disk, disks := uint32(le.Uint16(end[4:])), uint32(le.Uint16(end[6:]))
	d.count, d.size, d.at = uint64(le.Uint16(end[10:])), int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	if stands >= locatorLen {
		var l [locatorLen]byte
		if _, err := r.ReadAt(l[:], stands-locatorLen); err != nil && err != io.EOF {
			return d, err
		}
		if string(l[:4]) == "PK\x06\x07" {
			where := int64(le.Uint64(l[8:]))
			var e [end64Len]byte
			for _, try := range []int64{where, stands - locatorLen - end64Len} { // the second if something stands before the archive
				if try < 0 || try > stands-locatorLen-end64Len {
					continue
				}
				if _, err := r.ReadAt(e[:], try); err != nil && err != io.EOF {
					return d, err
				}
				if string(e[:4]) == "PK\x06\x06" {
					disk, disks = le.Uint32(e[16:]), le.Uint32(e[20:])
					d.count, d.size, d.at = le.Uint64(e[32:]), int64(le.Uint64(e[40:])), int64(le.Uint64(e[48:]))
					stands = try
					break
				}
			}
		}
	}
	if disk != 0 || disks != 0 {
		return d, errNoDirectory
	}
	if d.size < 0 || d.at < 0 || d.size > stands || d.at > stands-d.size {
		return d, fmt.Errorf("the directory of the ZIP archive is damaged: %d bytes at byte %d, and %d bytes are there", d.size, d.at, stands)
	}
	if d.count > uint64(d.size)/centralLen {
		return d, fmt.Errorf("the directory of the ZIP archive is damaged: %d members in %d bytes", d.count, d.size)
	}
	d.base = stands - d.size - d.at
	if d.base > 0 { // unless its offsets count from the beginning all the same
		var sig [4]byte
		if _, err := r.ReadAt(sig[:], d.at); err == nil && string(sig[:]) == "PK\x01\x02" {
			d.base = 0
		}
	}
	return d, nil
}

// zip lists a ZIP archive.
func (l *list) zip(f objects.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	d, err := findDirectory(f, info.Size())
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(objects.Section(f, d.base+d.at, d.base+d.at+d.size), 64<<10)
	var members []*Member
	for i := range d.count {
		m, err := l.zipEntry(r, d.base)
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("the directory of the ZIP archive is damaged at its entry %d of %d: nothing of the archive is read; %w", i+1, d.count, err)
		}
		if m != nil {
			members = append(members, m)
		}
	}
	for _, m := range l.apart(members) {
		l.look(m, l.open(m))
	}
	return nil
}

// zipEntry reads an entry of the directory; nil: it is no member that can be read.
func (l *list) zipEntry(r *bufio.Reader, base int64) (*Member, error) {
	var c [centralLen]byte
	if _, err := io.ReadFull(r, c[:]); err != nil {
		return nil, err
	}
	if string(c[:4]) != "PK\x01\x02" {
		return nil, fmt.Errorf("it begins with % x", c[:4])
	}
	rest := make([]byte, int(le.Uint16(c[28:]))+int(le.Uint16(c[30:]))+int(le.Uint16(c[32:])))
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, err
	}
	raw, extra := string(rest[:le.Uint16(c[28:])]), rest[le.Uint16(c[28:]):][:le.Uint16(c[30:])]
	m := &Member{
		Archive: l.path, Version: l.Version, Kind: ZIP, Method: le.Uint16(c[10:]), CRC: le.Uint32(c[16:]),
		Packed: int64(le.Uint32(c[20:])), Size: int64(le.Uint32(c[24:])), Offset: int64(le.Uint32(c[42:])),
	}
	m.zip64(extra)
	if m.Packed < 0 || m.Size < 0 || m.Offset < 0 || m.Offset+base < 0 {
		return nil, errors.New("a size or an offset is above 2^63")
	}
	m.Offset += base
	host, mode := c[5], le.Uint32(c[38:])>>16
	if !strings.Contains(raw, "/") { // written so by tools of Windows
		raw = strings.ReplaceAll(raw, `\`, "/")
	}
	if strings.HasSuffix(raw, "/") {
		return nil, nil // a directory
	}
	name, ok, err := l.add(raw)
	if !ok {
		return nil, err
	}
	m.Name = name
	const format, regular, unix, darwin = 0o170000, 0o100000, 3, 19
	switch flags := le.Uint16(c[8:]); {
	case (host == unix || host == darwin) && mode&format != 0 && mode&format != regular:
		l.entries = append(l.entries, Entry{Name: name, Reason: Special, Detail: "a link or a device"})
		return nil, nil
	case flags&(1<<0|1<<6|1<<13) != 0:
		l.refuse(name, encrypted, "")
		return nil, nil
	case m.Method != methodStore && m.Method != methodFlate && m.Method != methodBzip2:
		l.refuse(name, method, methodName(m.Method))
		return nil, nil
	}
	return m, nil
}

// zip64 takes sizes and the offset from the extra field for those that have no room elsewhere.
func (m *Member) zip64(extra []byte) {
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return
		}
		if b := extra[:n]; id == zip64Extra {
			for _, v := range []*int64{&m.Size, &m.Packed, &m.Offset} {
				if *v == 1<<32-1 && len(b) >= 8 {
					*v, b = int64(le.Uint64(b)), b[8:]
				}
			}
			return
		}
		extra = extra[n:]
	}
}

func methodName(id uint16) string {
	for known, name := range map[uint16]string{1: "shrink", 6: "implode", 9: "Deflate64", 14: "LZMA", 93: "zstd", 95: "xz", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES"} {
		if known == id {
			return fmt.Sprintf(" (method %d, %s)", id, name)
		}
	}
	return fmt.Sprintf(" (method %d)", id)
}

// apart refuses the members whose bytes are another's, too, and gives the others in the order
// of the directory.
func (l *list) apart(members []*Member) []*Member {
	byPlace := slices.Clone(members)
	slices.SortStableFunc(byPlace, func(a, b *Member) int { return cmp.Compare(a.Offset, b.Offset) })
	shared, end := map[*Member]bool{}, int64(0)
	for _, m := range byPlace {
		if shared[m] = m.Offset < end; !shared[m] {
			end = m.Offset + localLen + int64(len(m.Name)) + m.Packed
		}
	}
	return slices.DeleteFunc(members, func(m *Member) bool {
		if shared[m] {
			l.refuse(m.Name, overlaps, "")
		}
		return shared[m]
	})
}

// openZIP opens a member's content.
func (m *Member) openZIP(f objects.File) (*capture.Source, error) {
	var h [localLen]byte
	if _, err := f.ReadAt(h[:], m.Offset); err == io.EOF || err == nil && string(h[:4]) != "PK\x03\x04" {
		return nil, &Error{m.Path(), fmt.Sprintf("the ZIP archive is damaged: there is no member at byte %d, where its directory says", m.Offset)}
	} else if err != nil {
		return nil, err
	}
	at := m.Offset + localLen + int64(le.Uint16(h[26:])) + int64(le.Uint16(h[28:]))
	in := &stored{r: objects.Section(f, at, at+m.Packed), left: m.Packed}
	c := &checked{m: m, left: m.Size, sum: crc32.NewIEEE()}
	s := &capture.Source{ReadCloser: &closer{c, f}, What: m.what(), Used: func() int64 { return m.Packed - in.left }}
	switch m.Method {
	case methodFlate:
		z := inflate.NewReader(bufio.NewReaderSize(in, 32<<10))
		c.r, s.ReadCloser = z, &closer{c, closers{z, f}}
		s.Used = z.InputOffset // not what was read ahead
		s.Divide = func(workers int, run func(task func())) { z.Divide(inflate.Options{Workers: workers, Run: run}) }
	case methodBzip2:
		c.r = bzip2.NewReader(in)
	default:
		c.r, s.Used = in, nil
	}
	return s, nil
}

// closers are closed one after the other.
type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, x := range c {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}

// checked is a member's content, which must have the length and the checksum that the
// directory says.
type checked struct {
	m    *Member
	r    io.Reader
	left int64
	sum  hash.Hash32
}

func (c *checked) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if int64(n) > c.left {
		n, err = int(c.left), fmt.Errorf("its content is longer than the %d bytes that the directory says", c.m.Size)
	}
	c.left -= int64(n)
	_, _ = c.sum.Write(b[:n]) // a hash never fails
	switch {
	case err != io.EOF:
	case c.left > 0:
		err = fmt.Errorf("its content ends %d bytes before the %d that the directory says: %w", c.left, c.m.Size, io.ErrUnexpectedEOF)
	case c.sum.Sum32() != c.m.CRC && !c.m.NoCRC:
		err = fmt.Errorf("its checksum is %08x, the directory says %08x", c.sum.Sum32(), c.m.CRC)
	}
	return n, err
}
