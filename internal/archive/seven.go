package archive

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// 7z archives are read by 7zFormat.txt of the LZMA SDK. Members stand in folders, each of
// which is one compressed stream; folders are independent of each other.

const startLen = 32 // of the header at the beginning

// mostHeader bounds the header of a 7z archive in bytes where the memory does not.
const mostHeader = 256 << 20

// seven lists a 7z archive: its folders one after the other.
func (l *list) seven(f objects.File) error {
	limit := l.Capture.MaxMemory / 4
	if limit == 0 || limit > mostHeader {
		limit = mostHeader
	}
	folders, files, err := sevenHeader(f, limit)
	if err != nil {
		return fmt.Errorf("the 7z archive is damaged or cut off: nothing of it is read; %w", err)
	}
	for _, d := range folders {
		stop, err := l.sevenFolder(f, d, &files)
		if err != nil || stop {
			return err
		}
	}
	for _, f := range files { // those behind the last content
		if !f.empty {
			return fmt.Errorf("the 7z archive is damaged: %w", errSeven)
		}
		if _, err := l.sevenEmpty(&f); err != nil {
			return err
		}
	}
	return nil
}

// sevenHeader reads what the archive says of its folders and files.
func sevenHeader(f objects.File, limit int64) (folders []*folder, files []sevenFile, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	var start [startLen]byte
	if _, err := f.ReadAt(start[:], 0); err != nil {
		return nil, nil, cutOff(err)
	}
	at, size := int64(le.Uint64(start[12:])), int64(le.Uint64(start[20:]))
	switch {
	case crc32.ChecksumIEEE(start[12:]) != le.Uint32(start[8:]):
		return nil, nil, errors.New("the checksum of its first bytes is wrong")
	case size == 0:
		return nil, nil, nil // it is empty
	case at < 0 || size < 0 || at > info.Size()-startLen || size > info.Size()-startLen-at:
		return nil, nil, fmt.Errorf("its header should stand at byte %d, and there are %d bytes: %w", at+startLen, info.Size(), io.ErrUnexpectedEOF)
	case size > limit:
		return nil, nil, fmt.Errorf("its header has %d bytes, need at most %d", size, limit)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, startLen+at); err != nil {
		return nil, nil, cutOff(err)
	}
	if crc32.ChecksumIEEE(b) != le.Uint32(start[28:]) {
		return nil, nil, errors.New("the checksum of its header is wrong")
	}
	for range 4 { // a header may be packed itself
		h := &header{b: b}
		switch h.byte() {
		case idHeader:
			return h.all()
		case idEncoded:
			d := h.streams()
			if h.err != nil || len(d) != 1 {
				return nil, nil, errSeven
			}
			if b, err = d[0].all(f, limit); err != nil {
				return nil, nil, err
			}
		default:
			return nil, nil, errSeven
		}
	}
	return nil, nil, errSeven
}

func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// all reads a header behind its first byte.
func (h *header) all() (folders []*folder, files []sevenFile, err error) {
	for h.err == nil {
		switch h.byte() {
		case idEnd:
			return folders, files, nil
		case idMainStreams:
			folders = h.streams()
		case idFiles:
			files = h.files()
		default:
			h.fail()
		}
	}
	return nil, nil, h.err
}

// all unpacks a folder that holds a header.
func (d *folder) all(f io.ReaderAt, limit int64) ([]byte, error) {
	if d.encrypted() {
		return nil, errors.New("its list of names is encrypted: unpack it with its password, and convert what is in it")
	}
	if d.size() > limit || !d.readable() {
		return nil, fmt.Errorf("its header has %d bytes%s, need at most %d of a method that is read", d.size(), d.methods(), limit)
	}
	if window, _ := window(d.list()); window > limit {
		return nil, fmt.Errorf("its header needs %d bytes of memory, need at most %d", window, limit)
	}
	r, _, err := unpacked(f, d.at, d.packed, d.list())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if n, err := io.CopyN(&b, r, d.size()); err != nil {
		return nil, fmt.Errorf("its header ends after %d of %d bytes: %w", n, d.size(), cutOff(err))
	}
	if d.digest.known && crc32.ChecksumIEEE(b.Bytes()) != d.digest.crc {
		return nil, errors.New("the checksum of its header is wrong")
	}
	return b.Bytes(), nil
}

// list are the coders in the order in which they work.
func (d *folder) list() (chain []coder) {
	for _, i := range d.chain {
		chain = append(chain, d.coders[i])
	}
	return chain
}

func (d *folder) encrypted() bool {
	return slices.ContainsFunc(d.coders, func(c coder) bool { return strings.HasPrefix(c.id, "\x06\xf1\x07") })
}

// Coders that are read.
const (
	sevenCopy  = "\x00"
	sevenLZMA2 = "\x21"
	sevenLZMA  = "\x03\x01\x01"
	sevenFlate = "\x04\x01\x08"
	sevenBzip2 = "\x04\x02\x02"
)

func (d *folder) readable() bool {
	return !d.odd && !slices.ContainsFunc(d.coders, func(c coder) bool {
		return !slices.Contains([]string{sevenCopy, sevenLZMA, sevenLZMA2, sevenFlate, sevenBzip2}, c.id)
	})
}

// sevenFolder lists the files of a folder, in one pass. stop: the rest cannot be known.
func (l *list) sevenFolder(f objects.File, d *folder, files *[]sevenFile) (stop bool, err error) {
	coders := formatCoders(d.list())
	need, err := window(d.list())
	switch {
	case d.encrypted() || !d.readable():
		need = 0
	case err != nil:
		return true, fmt.Errorf("the 7z archive is damaged: %w", err)
	case l.Capture.MaxMemory > 0 && need > l.Capture.MaxMemory:
		return true, &capture.MemoryError{What: "the dictionary of the 7z archive", Need: need, Most: l.Capture.MaxMemory}
	}
	var members []*Member
	at := int64(0)
	for i, sub := range d.members {
		var file *sevenFile
		for file == nil {
			if len(*files) == 0 {
				return true, fmt.Errorf("the 7z archive is damaged: %w", errSeven)
			}
			first := &(*files)[0]
			if *files = (*files)[1:]; !first.empty {
				file = first
			} else if _, err := l.sevenEmpty(first); err != nil {
				return true, err
			}
		}
		m := &Member{
			Archive: l.path, Version: l.Version, Kind: SevenZip, Size: sub.size, Offset: at, Packed: d.packed, CRC: sub.crc, NoCRC: !sub.known,
			Compressed: true, Index: i, Window: need, Folder: d.at, Coders: coders,
		}
		at += sub.size
		name, ok, err := l.add(file.name)
		if err != nil {
			return true, err
		}
		switch m.Name = name; {
		case !ok:
		case d.encrypted():
			l.refuse(name, encrypted, "")
		case !d.readable():
			l.refuse(name, method, d.methods())
		case file.special():
			l.entries = append(l.entries, Entry{Name: name, Reason: Special, Detail: "a link or a device"})
		default:
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		return false, nil
	}
	p, err := newSevenPass(f, members, StreamOptions{MaxExpansion: l.MaxExpansion})
	if err != nil {
		return true, err
	}
	for _, m := range members {
		if _, _, err := p.member(); err != nil {
			return false, fmt.Errorf("the folder of the 7z archive at byte %d is damaged or cut off before %s: what stands before it is read; %w", d.at, m.Name, err)
		}
		l.look(m, func() (*capture.Source, error) {
			return &capture.Source{ReadCloser: io.NopCloser(m.content(p)), What: m.what(), Used: p.used}, nil
		})
	}
	return false, nil
}

// special tells whether a file is a link or a device of Unix.
func (f *sevenFile) special() bool {
	const unix, format, regular = 0x8000, 0o170000, 0o100000
	mode := f.attributes >> 16
	return f.attributes&unix != 0 && mode&format != 0 && mode&format != regular
}

// sevenEmpty lists a file without content; directories are none.
func (l *list) sevenEmpty(f *sevenFile) (ok bool, err error) {
	if f.directory {
		return false, nil
	}
	name, ok, err := l.add(f.name)
	if ok {
		e := Entry{Name: name}
		path := l.path + "/" + name
		e.Reason, e.Detail, e.Problem = l.Judge(path, &capture.NotCaptureError{Path: path})
		l.entries = append(l.entries, e)
	}
	return ok, err
}
