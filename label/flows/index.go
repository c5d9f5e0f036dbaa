package flows

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/userfile"
)

// maxClasses is how many classes all tables may have together.
const maxClasses = math.MaxUint16

// keyOf is the key of two endpoints; v4 says that both addresses are IPv4, and which key holds.
func keyOf(a, b netip.AddrPort, proto uint8) (k4 key[[4]byte], k6 key[[16]byte], v4 bool) {
	a, b = unmap(a), unmap(b)
	if c := a.Addr().Compare(b.Addr()); c > 0 || c == 0 && a.Port() > b.Port() {
		a, b = b, a
	}
	port := [2]uint16{a.Port(), b.Port()}
	if a.Addr().Is4() && b.Addr().Is4() {
		return key[[4]byte]{[2][4]byte{a.Addr().As4(), b.Addr().As4()}, port, proto}, k6, true
	}
	return k4, key[[16]byte]{[2][16]byte{a.Addr().As16(), b.Addr().As16()}, port, proto}, false
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Index is one table or several, ready to look sessions up in. It takes 44 bytes of memory a
// row, 68 where an address is IPv6; see Size. It is for one goroutine.
type Index struct {
	v4       store[[4]byte]
	v6       store[[16]byte]
	most     int64 // bytes of memory; 0: any number
	files    []string
	classes  []string
	byName   map[string]uint16
	labels   []uint16 // by class; see Resolve
	skipped  [skips]int64
	first    [skips][]Line // of those that are left
	firstBad []error
	used     int64
	missed   missed
	sum      hash.Hash // of options and content
	content  hash.Hash
}

// Load reads the table at path, or, if that is a directory, all files in it that end in
// .csv, .tsv or .txt, by name; if there are none, those that end in .json, .log, .labeled or
// .binetflow, and compressed ones. It ends soon after ctx is done, and with a *[MemoryError] where
// the index would take more than memory bytes; 0 is no limit.
func Load(ctx context.Context, path string, memory int64, o Options) (*Index, error) {
	paths := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		paths = nil
		for _, taken := range []func(string) bool{isTable, isOther} { // others where there are none
			for _, e := range entries { // sorted
				if taken(e.Name()) && !e.IsDir() {
					paths = append(paths, filepath.Join(path, e.Name()))
				}
			}
			if paths != nil {
				break
			}
		}
		if paths == nil {
			return nil, fmt.Errorf("%s: no .csv, .tsv, .txt, .json, .log, .labeled or .binetflow file in this directory", path)
		}
	}
	x, err := New(o)
	if err != nil {
		return nil, err
	}
	x.most = memory
	for _, p := range paths {
		f, err := userfile.Open(ctx, p)
		if err != nil {
			return nil, err
		}
		var size int64
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
		if err := errors.Join(x.read(f, filepath.Base(p), size, o), f.Close()); err != nil {
			return nil, err
		}
	}
	return x, x.judge(&o)
}

// isTable reports whether a file of a directory is taken for a table, by its name.
func isTable(name string) bool {
	return slices.Contains([]string{".csv", ".tsv", ".txt"}, strings.ToLower(filepath.Ext(name)))
}

// isOther reports whether it is taken for one in a directory without any that isTable knows.
func isOther(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	if slices.Contains([]string{".gz", ".zst", ".xz", ".bz2", ".lz4"}, ext) {
		name = name[:len(name)-len(ext)]
		ext = strings.ToLower(filepath.Ext(name))
	}
	return isTable(name) || slices.Contains([]string{".json", ".log", ".labeled", ".binetflow"}, ext)
}

// New returns an empty index, or an error about the options.
func New(o Options) (*Index, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if _, err := NewClock(o.Times, o.Zone, o.Offset); err != nil {
		return nil, err
	}
	if _, _, err := o.allowed(); err != nil {
		return nil, err
	}
	x := &Index{byName: map[string]uint16{}, sum: sha256.New(), content: sha256.New()}
	_, _ = io.WriteString(x.sum, o.digested())
	return x, nil
}

// Read adds a table; name is for messages. A *[RowsError] says that too many of its rows, and
// of those before, cannot be read.
func (x *Index) Read(src io.Reader, name string, o Options) error {
	if err := x.read(src, name, 0, o); err != nil {
		return err
	}
	return x.judge(&o)
}

// read adds a table of size bytes; 0: not known.
func (x *Index) read(src io.Reader, name string, size int64, o Options) error {
	clock, err := NewClock(o.Times, o.Zone, o.Offset)
	if err != nil {
		return err
	}
	var room int64 // for the decoder's window
	if x.most > 0 {
		room = max(1, x.most-x.Size())
	}
	plain, err := capture.Plain(src, room)
	if err != nil {
		return inTable(name, err)
	}
	defer plain.Close()
	in, same := plainText(io.TeeReader(plain, io.MultiWriter(x.sum, x.content)))
	if plain.Compression != "" || !same {
		size = 0 // that of the file does not tell how many rows there are
	}
	t := &table{o: &o, clock: clock, name: name, in: in}
	if err := t.header(); err != nil {
		return inTable(name, err)
	}
	x.files = append(x.files, name)
	x.v4.files, x.v6.files = append(x.v4.files, x.v4.n), append(x.v6.files, x.v6.n)
	before := x.rows()
	for {
		line, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return inTable(name, err)
		}
		r, why, err := t.parse(line)
		if err != nil && !isRow(err) {
			return inTable(name, err)
		}
		if why != taken {
			x.leave(t, why, err)
			continue
		}
		if err := x.add(t, &r); err != nil {
			return err
		}
		if x.most > 0 && x.rows()%chunkLen == 1 {
			if err := x.fits(t, x.rows()-before, size, plain.Memory()); err != nil {
				return err
			}
		}
	}
}

// A MemoryError says that a table does not fit into the memory that there is for it.
type MemoryError struct {
	Table string
	Rows  int64 // that all tables have up to here or, judged by its size, to the end of this one
	Need  int64 // bytes of memory for them
	Most  int64 // that there are
}

// Error names the table and the sizes.
func (e *MemoryError) Error() string {
	const mib = 1 << 20
	return fmt.Sprintf("%s: about %d rows need %d MiB of memory, and there are %d MiB for them: give more (--memory), or a table of fewer rows", e.Table, e.Rows, (e.Need+mib-1)/mib, e.Most/mib)
}

// fits refuses a table of size bytes (0: not known), of which rows are read, before it outgrows
// the memory: as soon as its size says that it will by half, or when it does. window is what
// its decoder takes.
func (x *Index) fits(t *table, rows, size, window int64) error {
	if need := x.Size() + window; need > x.most {
		return &MemoryError{t.name, x.rows(), need, x.most}
	}
	if t.read == 0 || size <= t.read || rows < chunkLen {
		return nil
	}
	// The rest of this table is like what was read of it.
	grown := 1 + float64(rows)/float64(x.rows())*float64(size-t.read)/float64(t.read)
	v4, v6 := int64(grown*float64(x.v4.n)), int64(grown*float64(x.v6.n))
	if need := x.v4.size(v4) + x.v6.size(v6); need > x.most+x.most/2 {
		return &MemoryError{t.name, v4 + v6, need, x.most}
	}
	return nil
}

func (x *Index) rows() int64 { return int64(x.v4.n + x.v6.n) }

// Size is the memory in bytes that the rows take.
func (x *Index) Size() int64 { return x.v4.size(int64(x.v4.n)) + x.v6.size(int64(x.v6.n)) }

// inTable names the table in errors of the system.
func inTable(name string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (x *Index) add(t *table, r *row) error {
	c, ok := x.byName[string(r.class)]
	if !ok {
		if len(x.classes) == maxClasses {
			return t.errorf("more than %d classes", maxClasses)
		}
		c = uint16(len(x.classes))
		name := string(r.class)
		x.byName[name] = c
		x.classes = append(x.classes, name)
	}
	if x.rows() == math.MaxInt32 || int64(t.line) > math.MaxUint32 {
		return t.errorf("more than %d rows", math.MaxInt32)
	}
	k4, k6, v4 := keyOf(r.a, r.b, r.proto)
	if v4 {
		x.v4.add(&k4, record[[4]byte]{start: r.start, end: r.end, line: uint32(t.line), class: c, flags: r.flags})
	} else {
		x.v6.add(&k6, record[[16]byte]{start: r.start, end: r.end, line: uint32(t.line), class: c, flags: r.flags})
	}
	return nil
}

// Classes are the names of all classes in the tables, in byte-wise order.
func (x *Index) Classes() []string {
	return slices.SortedFunc(slices.Values(x.classes), cmp.Compare[string])
}

// Digest is the SHA-256, in hexadecimal, of options and tables.
func (x *Index) Digest() string { return hex.EncodeToString(x.sum.Sum(nil)) }

// ContentDigest is the SHA-256, in hexadecimal, of the content of the tables, one after the other.
func (x *Index) ContentDigest() string { return hex.EncodeToString(x.content.Sum(nil)) }

// Resolve gives every class its label, and makes the rows ready to be searched. It is called
// once, before Label.
func (x *Index) Resolve(label func(class string) uint16) {
	x.v4.index()
	x.v6.index()
	x.labels = make([]uint16, len(x.classes))
	for i, c := range x.classes {
		x.labels[i] = label(c)
	}
}

// A ConflictError says that a session matches two rows of different labels.
type ConflictError struct {
	First, Second           Line
	FirstClass, SecondClass string
	Longest                 uint16 // label of the row whose interval overlaps the session's longest, the first of such
}

// Error names both lines.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("the table has two classes for it: %s in %s, %s in %s", e.FirstClass, e.First, e.SecondClass, e.Second)
}

// Label returns the label of the session between a and b that lasts from start to end,
// nanoseconds since 1970 UTC, both included, and the first row that gave it; ok is false if
// no row matches. If rows of different labels do, the error is a *[ConflictError].
func (x *Index) Label(a, b netip.AddrPort, proto uint8, start, end int64) (label uint16, line Line, ok bool, err error) {
	k4, k6, v4 := keyOf(a, b, proto)
	if v4 {
		return search(x, &x.v4, &k4, start, end)
	}
	return search(x, &x.v6, &k6, start, end)
}

// openSlack is how long after a row that has no end a session may begin and still be its own,
// in nanoseconds: a connection begins with packets that are left out, which may be repeated.
const openSlack = 10e9

// search is Label in one of the stores.
func search[A comparable](x *Index, s *store[A], k *key[A], start, end int64) (label uint16, line Line, ok bool, err error) {
	first, longest, overlap := -1, -1, int64(-1)
	var conflict *ConflictError
	take := func(i int, lasts int64) {
		r := s.at(i)
		if r.flags&flagUsed == 0 {
			r.flags |= flagUsed
			x.used++
		}
		if longest < 0 || lasts > overlap {
			longest, overlap = i, lasts
		}
		if first < 0 {
			first = i
			return
		}
		if f := s.at(first); x.labels[f.class] != x.labels[r.class] && conflict == nil {
			conflict = &ConflictError{First: lineOf(x, s, first), Second: lineOf(x, s, i), FirstClass: x.classes[f.class], SecondClass: x.classes[r.class]}
		}
	}
	near := int64(math.MinInt64) // the last end of a row without one, shortly before the session
	for i := s.first(k); i >= 0; i = s.after(k, i) {
		switch r := s.at(i); {
		case r.start <= end && r.end >= start:
			take(i, min(r.end, end)-max(r.start, start))
		case r.flags&flagOpen > 0 && r.end < start && start-r.end > 0 && start-r.end <= openSlack:
			near = max(near, r.end)
		}
	}
	if first < 0 && near > math.MinInt64 {
		for i := s.first(k); i >= 0; i = s.after(k, i) {
			if r := s.at(i); r.flags&flagOpen > 0 && r.end == near {
				take(i, 0)
			}
		}
	}
	if first < 0 {
		x.missed.miss(nearest(s, k, start))
		return 0, line, false, nil
	}
	if conflict != nil {
		conflict.Longest = x.labels[s.at(longest).class]
		err = conflict
	}
	return x.labels[s.at(first).class], lineOf(x, s, first), true, err
}

// lineOf is the place of record i.
func lineOf[A comparable](x *Index, s *store[A], i int) Line {
	return Line{x.files[s.file(i)], int(s.at(i).line)}
}

// Counts is what became of the rows of all tables.
type Counts struct {
	Rows          int64 // that can match
	Used          int64 // of these, those that a session matched so far
	Blank         int64 // not one field filled
	OtherProtocol int64 // neither TCP nor UDP
	NoClass       int64
	NoPort        int64
	NoTime        int64
	BadValue      int64
}

// Counts returns the counts so far.
func (x *Index) Counts() Counts {
	return Counts{x.rows(), x.used, x.skipped[blank], x.skipped[otherProtocol], x.skipped[noClass], x.skipped[noPort], x.skipped[noTime], x.skipped[badValue]}
}
