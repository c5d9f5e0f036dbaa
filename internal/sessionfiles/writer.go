package sessionfiles

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/plainjson"
	"github.com/pcapmill/pcapmill/mask"
)

// indexName is the file that lists the others.
const indexName = dataset.AsideFolder + "/sessions.jsonl"

// Line is a line of sessions.jsonl: a session and its file.
type Line struct {
	File    string `json:"file"` // relative to the folder, with slashes
	ID      int64  `json:"id"`   // as in comments
	Capture string `json:"capture"`
	Session int    `json:"session"` // place in its capture, from 0; those without a file count
	Label   int    `json:"label"`
	Class   string `json:"class"`
	Proto   string `json:"protocol"`
	Link    string `json:"link"` // link type of its first packet
	Packets int64  `json:"packets"`
	Bytes   int64  `json:"bytes"` // of packets, as they stand in the file
}

// Totals is what a run has written.
type Totals struct {
	Files, Packets, Bytes int64 // Bytes are those of the files
	TooSmall              int64 // sessions without a file, by MinPackets, MinBytes and MinSpan
	Left                  int64 // and those that Leave named
}

// Writer writes one folder. It is for one goroutine.
type Writer struct {
	Totals Totals

	disk       fsys.FS
	out, next  string
	o          Options
	masker     *mask.Masker
	relative   bool
	now        Capture
	class      string // as comments have it
	units      []unit
	held       int   // bytes in units
	before     int64 // sessions of the captures before
	scratch    []byte
	numbers    []mask.Number
	folders    map[string]bool
	index      fsys.File
	indexLines *bufio.Writer
}

// A TakenError says that the folder cannot be made, because something is there.
type TakenError struct{ Path string }

// Error names the path.
func (e *TakenError) Error() string { return e.Path + ": is there already and is not empty" }

// Paths are the paths that the error names.
func (e *TakenError) Paths() []string { return []string{e.Path} }

// Hint says what to do about it.
func (e *TakenError) Hint() string {
	return "name a new directory; pcapmill adds no files to one, and replaces none"
}

// New begins the folder out, which must not exist, or be empty. The caller ends it by Close,
// or by Abort.
func New(disk fsys.FS, out string, o Options) (*Writer, error) {
	if err := Check(&o.Policy); err != nil {
		return nil, err
	}
	if o.Buffer <= 0 {
		o.Buffer = DefaultBuffer
	}
	if err := free(disk, out); err != nil {
		return nil, err
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	w := &Writer{
		disk: disk, out: out, next: filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+".new"),
		o: o, masker: mask.New(o.Policy, o.Key), relative: o.Policy.Relative(), folders: map[string]bool{},
	}
	if err := fsys.RemoveAll(disk, w.next); err != nil { // what a killed run has left
		return nil, err
	}
	index, err := w.create(indexName)
	if err != nil {
		w.Abort()
		return nil, err
	}
	w.index, w.indexLines = index, bufio.NewWriter(index)
	return w, nil
}

// free refuses a path that holds something.
func free(disk fsys.FS, out string) error {
	info, err := disk.Stat(out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return &TakenError{out}
	}
	entries, err := disk.ReadDir(out)
	if err == nil && len(entries) > 0 {
		err = &TakenError{out}
	}
	return err
}

// create makes a new file below the folder, or opens one that it has made, to append.
func (w *Writer) create(name string) (fsys.File, error) {
	path := filepath.Join(w.next, filepath.FromSlash(name))
	if dir := filepath.Dir(path); !w.folders[dir] {
		if err := w.disk.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		w.folders[dir] = true
	}
	return w.disk.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}

// Begin begins a capture.
func (w *Writer) Begin(c Capture) {
	w.now, w.class = c, comment(c.Class)
}

// wanted tells whether a session has a file.
func (w *Writer) wanted(u *unit) bool {
	return u.packets >= w.o.MinPackets && u.bytes >= w.o.MinBytes && uint64(u.latest)-uint64(u.earliest) >= uint64(w.o.MinSpan)
}

// Leave says that a session of the capture in hand, which has packets, has no file.
func (w *Writer) Leave(id int) { w.units[id].left = true }

// flush writes the records in memory to their files, in the order of the sessions.
func (w *Writer) flush() error {
	for id := range w.units {
		if err := w.write(id, &w.units[id]); err != nil {
			return err
		}
	}
	w.held = 0
	return nil
}

// write appends the records of a session to its file.
func (w *Writer) write(id int, u *unit) error {
	if len(u.records) == 0 {
		return nil
	}
	f, err := w.create(w.name(id))
	if err != nil {
		return err
	}
	_, err = f.Write(u.records)
	u.records, u.onDisk = nil, true
	return errors.Join(err, f.Close())
}

// End ends the capture: its sessions have their files, and their lines in the index.
func (w *Writer) End() error {
	for id := range w.units {
		u := &w.units[id]
		if u.left || !w.wanted(u) {
			if u.left {
				w.Totals.Left++
			} else {
				w.Totals.TooSmall++
			}
			if u.onDisk {
				if err := w.disk.Remove(filepath.Join(w.next, filepath.FromSlash(w.name(id)))); err != nil {
					return err
				}
			}
			continue
		}
		if err := w.write(id, u); err != nil {
			return err
		}
		if err := w.line(id, u); err != nil {
			return err
		}
		w.Totals.Files++
		w.Totals.Packets += u.packets
		w.Totals.Bytes += u.size
	}
	w.before += int64(len(w.units))
	w.units, w.held = w.units[:0], 0
	return nil
}

func (w *Writer) line(id int, u *unit) error {
	text, err := json.Marshal(Line{
		File: w.name(id), ID: w.before + int64(id), Capture: w.now.Name, Session: id, Label: w.now.Label, Class: w.now.Class,
		Proto: u.proto, Link: linkName(u.links[0]), Packets: u.packets, Bytes: u.bytes,
	})
	if err == nil {
		_, err = w.indexLines.Write(append(plainjson.Escape(text), '\n'))
	}
	return err
}

func linkName(l header.LinkType) string {
	if l == header.LinkTypeEthernet {
		return "ethernet"
	}
	return "raw"
}

// Close makes the files durable and gives the folder its name. After an error nothing is
// there.
func (w *Writer) Close(ctx context.Context) error {
	err := errors.Join(w.indexLines.Flush(), w.index.Close())
	w.index = nil
	if err == nil {
		err = w.sync(ctx)
	}
	if err == nil {
		err = w.publish()
	}
	if err != nil {
		w.Abort()
	}
	return err
}

// sync makes all files durable.
func (w *Writer) sync(ctx context.Context) error {
	if done, err := w.disk.SyncAll(w.next); done || err != nil {
		return err
	}
	err := fsys.Walk(w.disk, w.next, func(name string, e fs.DirEntry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.IsDir() {
			return w.disk.SyncDir(filepath.Join(w.next, filepath.FromSlash(name)))
		}
		f, err := fsys.OpenInside(w.disk, w.next, name, os.O_RDWR)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	return errors.Join(err, w.disk.SyncDir(w.next))
}

// publish gives the folder its name.
func (w *Writer) publish() error {
	if err := free(w.disk, w.out); err != nil {
		return err
	}
	if err := w.disk.Remove(w.out); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty one
		return err
	}
	err := w.disk.Rename(w.next, w.out)
	if err == nil {
		err = w.disk.SyncDir(filepath.Dir(w.out))
	}
	if err == nil {
		return nil
	}
	if _, gone := w.disk.Lstat(w.next); errors.Is(gone, fs.ErrNotExist) { // it has its name
		err = errors.Join(err, w.disk.Rename(w.out, w.next)) // Abort removes it
	}
	return err
}

// Abort removes what was written. After Close it does nothing.
func (w *Writer) Abort() {
	if w.index != nil {
		_ = w.index.Close()
		w.index = nil
	}
	_ = fsys.RemoveAll(w.disk, w.next)
}
