package flows

import (
	"bufio"
	"cmp"
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
)

// maxClasses is how many classes all tables may have together.
const maxClasses = math.MaxUint16

// key is a five-tuple whichever way round.
type key struct {
	addr  [2][16]byte
	port  [2]uint16
	proto uint8
}

func keyOf(a, b netip.AddrPort, proto uint8) key {
	a, b = unmap(a), unmap(b)
	if c := a.Addr().Compare(b.Addr()); c > 0 || c == 0 && a.Port() > b.Port() {
		a, b = b, a
	}
	return key{[2][16]byte{a.Addr().As16(), b.Addr().As16()}, [2]uint16{a.Port(), b.Port()}, proto}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// entry is a row; entries of one key are a list, in the order of the tables.
type entry struct {
	start, end int64
	line       int
	next       int32 // -1: none
	file       int32
	class      uint16
	used       bool
}

// list is the first and the last entry of a key.
type list struct{ first, last int32 }

// Index is one table or several, ready to look sessions up in. It is for one goroutine.
type Index struct {
	flows   map[key]list
	entries []entry
	files   []string
	classes []string
	byName  map[string]uint16
	labels  []uint16 // by class; see Resolve
	skipped [noClass + 1]int64
	used    int64
	sum     hash.Hash // of options and content
	content hash.Hash
}

// Load reads the table at path, or, if that is a directory, all files in it that end in
// .csv, .tsv or .txt, by name.
func Load(path string, o Options) (*Index, error) {
	paths := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		paths = nil
		for _, e := range entries { // sorted
			if ext := strings.ToLower(filepath.Ext(e.Name())); slices.Contains([]string{".csv", ".tsv", ".txt"}, ext) && !e.IsDir() {
				paths = append(paths, filepath.Join(path, e.Name()))
			}
		}
		if paths == nil {
			return nil, fmt.Errorf("%s: no .csv, .tsv or .txt file in this directory", path)
		}
	}
	x, err := New(o)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(x.Read(f, filepath.Base(p), o), f.Close()); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// New returns an empty index, or an error about the options.
func New(o Options) (*Index, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if _, err := NewClock(o.Times, o.Zone, o.Offset); err != nil {
		return nil, err
	}
	x := &Index{flows: map[key]list{}, byName: map[string]uint16{}, sum: sha256.New(), content: sha256.New()}
	fmt.Fprintf(x.sum, "%+v\n", o)
	return x, nil
}

// Read adds a table; name is for messages.
func (x *Index) Read(src io.Reader, name string, o Options) error {
	clock, err := NewClock(o.Times, o.Zone, o.Offset)
	if err != nil {
		return err
	}
	t := &table{o: &o, clock: clock, name: name, in: bufio.NewReaderSize(io.TeeReader(src, io.MultiWriter(x.sum, x.content)), 1<<16)}
	if err := t.header(); err != nil {
		return inTable(name, err)
	}
	x.files = append(x.files, name)
	for {
		line, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return inTable(name, err)
		}
		r, why, err := t.parse(line)
		if err != nil {
			return err
		}
		if x.skipped[why]++; why != taken {
			continue
		}
		if err := x.add(t, &r); err != nil {
			return err
		}
	}
}

// inTable names the table in errors of the system.
func inTable(name string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (x *Index) add(t *table, r *row) error {
	c, ok := x.byName[r.class]
	if !ok {
		if len(x.classes) == maxClasses {
			return t.errorf("more than %d classes", maxClasses)
		}
		c = uint16(len(x.classes))
		x.byName[r.class] = c
		x.classes = append(x.classes, r.class)
	}
	if len(x.entries) == math.MaxInt32 {
		return t.errorf("more than %d rows", math.MaxInt32)
	}
	id := int32(len(x.entries))
	x.entries = append(x.entries, entry{r.start, r.end, t.line, -1, int32(len(x.files) - 1), c, false})
	k := keyOf(r.a, r.b, r.proto)
	l, ok := x.flows[k]
	if ok {
		x.entries[l.last].next = id
	} else {
		l.first = id
	}
	l.last = id
	x.flows[k] = l
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

// Resolve gives every class its label. It is called once, before Label.
func (x *Index) Resolve(label func(class string) uint16) {
	x.labels = make([]uint16, len(x.classes))
	for i, c := range x.classes {
		x.labels[i] = label(c)
	}
}

// A ConflictError says that a session matches two rows of different labels.
type ConflictError struct {
	First, Second           Line
	FirstClass, SecondClass string
}

// Error names both lines.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("the table has two classes for it: %s in %s, %s in %s", e.FirstClass, e.First, e.SecondClass, e.Second)
}

// Label returns the label of the session between a and b that lasts from start to end,
// nanoseconds since 1970 UTC, both included, and the first row that gave it; ok is false if
// no row matches. If rows of different labels do, the error is a *[ConflictError].
func (x *Index) Label(a, b netip.AddrPort, proto uint8, start, end int64) (label uint16, line Line, ok bool, err error) {
	l, found := x.flows[keyOf(a, b, proto)]
	if !found {
		return 0, line, false, nil
	}
	first := int32(-1)
	for id := l.first; id >= 0; id = x.entries[id].next {
		e := &x.entries[id]
		if e.start > end || e.end < start {
			continue
		}
		if !e.used {
			e.used = true
			x.used++
		}
		if first < 0 {
			first = id
			continue
		}
		if f := &x.entries[first]; x.labels[f.class] != x.labels[e.class] && err == nil {
			err = &ConflictError{x.line(f), x.line(e), x.classes[f.class], x.classes[e.class]}
		}
	}
	if first < 0 {
		return 0, line, false, nil
	}
	f := &x.entries[first]
	return x.labels[f.class], x.line(f), true, err
}

func (x *Index) line(e *entry) Line { return Line{x.files[e.file], e.line} }

// Counts is what became of the rows of all tables.
type Counts struct {
	Rows          int64 // that can match
	Used          int64 // of these, those that a session matched so far
	Blank         int64 // not one field filled
	OtherProtocol int64 // neither TCP nor UDP
	NoClass       int64
}

// Counts returns the counts so far.
func (x *Index) Counts() Counts {
	return Counts{int64(len(x.entries)), x.used, x.skipped[blank], x.skipped[otherProtocol], x.skipped[noClass]}
}
