package sessionfiles_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/fsys/faulty"
	"github.com/pcapmill/pcapmill/internal/sessionfiles"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// file is what a file of a session says, read by package capture.
type file struct {
	line    sessionfiles.Line
	content []byte // of its packets, one after another
	times   []int64
	links   []header.LinkType
}

// read reads a folder by its index, and checks that there is nothing else in it.
func read(t *testing.T, dir string) (files []file) {
	t.Helper()
	there := map[string]bool{}
	err := fsys.Walk(fsys.OS{}, dir, func(name string, e os.DirEntry) error {
		there[name] = !e.IsDir()
		return nil
	})
	index, e := os.ReadFile(filepath.Join(dir, "__pcapmill", "sessions.jsonl"))
	if err := errors.Join(err, e); err != nil {
		t.Fatal(err)
	}
	delete(there, "__pcapmill/sessions.jsonl")
	for text := range bytes.Lines(index) {
		f := file{}
		if err := json.Unmarshal(text, &f.line); err != nil {
			t.Fatal(err)
		}
		if !there[f.line.File] {
			t.Errorf("%s: not there, or listed twice", f.line.File)
		}
		delete(there, f.line.File)
		r, err := capture.Open(filepath.Join(dir, filepath.FromSlash(f.line.File)))
		if err != nil {
			t.Fatal(err)
		}
		var p capture.Packet
		for {
			if err := r.Next(&p); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			f.content = append(f.content, p.Data...)
			f.times = append(f.times, p.Time)
			f.links = append(f.links, p.LinkType)
			if int(p.OrigLen) < len(p.Data) {
				t.Errorf("%s: %d bytes of %d", f.line.File, len(p.Data), p.OrigLen)
			}
		}
		if int64(len(f.times)) != f.line.Packets || int64(len(f.content)) != f.line.Bytes {
			t.Errorf("%+v: %d packets, %d bytes", f.line, len(f.times), len(f.content))
		}
		files = append(files, f)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, isFile := range there {
		if isFile {
			t.Errorf("%s is not in the index", name)
		}
	}
	return files
}

// write writes the sessions of one capture.
func write(t *testing.T, disk fsys.FS, path, out string, o mill.Options, s sessionfiles.Options) error {
	t.Helper()
	p, err := mill.Prepare([]string{path}, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Policy == (mask.Policy{}) {
		s.Policy, s.Key = o.Mask, o.Key
	}
	s.Folder = func(label int) string { return fmt.Sprint("class", label) }
	w, err := sessionfiles.New(disk, out, s)
	if err != nil {
		return err
	}
	defer w.Abort()
	w.Begin(sessionfiles.Capture{Path: path, Name: "a", Label: 3, Class: "A, b\n"})
	_, err = p.EachPacket(t.Context(), 0, func(k *mill.Kept) error { return w.Add(k.Session, k.Packet, k.Layout) })
	if err == nil {
		err = w.End()
	}
	if err == nil {
		err = w.Close(t.Context())
	}
	return err
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 17)) }

// makeCapture writes random traffic into a file.
func makeCapture(t *testing.T, r *rand.Rand, o testcap.Options) string {
	t.Helper()
	raw, _ := testcap.Random(r, o).Capture(r)
	path := filepath.Join(t.TempDir(), "a.cap")
	if err := os.WriteFile(path, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLaw: the records of a file are, one after another, the bytes of its session as the mill has them, whatever the masks,
// the format and the memory; so a file begins with its sample. Files come in the order of the sessions.
func TestLaw(t *testing.T) {
	const length = 1 << 16
	for seed := range uint64(60) {
		r := random(seed)
		options := testcap.Options{Sessions: 10}
		comments := seed%2 == 1
		if !comments {
			options.LinkTypes = []uint16{testcap.LinkTypes()[r.IntN(len(testcap.LinkTypes()))]}
		}
		path := makeCapture(t, r, options)
		o := mill.Default()
		o.Shape, o.Dedup = sample.Shape{Rows: 1, Cols: length}, sample.DedupNone
		o.Mask.MAC = []mask.Action{mask.Remove, mask.Zero, mask.Anonymize, mask.Keep}[r.IntN(4)]
		o.Mask.IP = []mask.Action{mask.Zero, mask.Anonymize, mask.Keep}[r.IntN(3)]
		o.Mask.Ports = []mask.Action{mask.Zero, mask.Keep}[r.IntN(2)]
		if r.IntN(2) == 0 {
			o.Drop = header.DropNone
		}
		if r.IntN(2) == 0 {
			o.Breaks = session.Breaks{Restart: true, Idle: 1e9, Of: session.Units(r.IntN(3)), MaxPackets: uint64(r.IntN(3) * 2), Window: int64(r.IntN(2)) * 1e8}
		}
		s := sessionfiles.Options{Comments: comments, Buffer: []int{0, 1, 500}[r.IntN(3)]}
		out := filepath.Join(t.TempDir(), "out")
		var mixed *sessionfiles.MixedError
		if err := write(t, fsys.OS{}, path, out, o, s); errors.As(err, &mixed) && !comments {
			continue // an Ethernet frame and one that is none
		} else if err != nil {
			t.Fatal(err)
		}
		x, err := mill.Extract(t.Context(), path, o)
		if err != nil {
			t.Fatal(err)
		}
		files := read(t, out)
		n := 0
		err = x.Each(func(i int, s *session.Session) error {
			if i >= len(files) {
				return fmt.Errorf("%d files, and more sessions", len(files))
			}
			f := &files[i]
			n++
			if f.line.Session != i || f.line.Packets != int64(s.Packets[0]+s.Packets[1]) || f.line.Bytes != int64(s.Bytes) ||
				!bytes.Equal(f.content[:min(len(f.content), length)], s.Prefix[:min(len(s.Prefix), length)]) {
				return fmt.Errorf("seed %d: session %d: %+v, want %v packets, %d bytes", seed, i, f.line, s.Packets, s.Bytes)
			}
			return nil
		})
		if err := errors.Join(err, x.Close()); err != nil {
			t.Fatal(err)
		}
		if n != len(files) || !slices.IsSortedFunc(files, func(a, b file) int { return strings.Compare(a.line.File, b.line.File) }) {
			t.Errorf("seed %d: %d files of %d sessions, or not in order", seed, len(files), n)
		}
	}
}

// TestTimesAndComments: what the two formats say beside the bytes.
func TestTimesAndComments(t *testing.T) {
	path := makeCapture(t, random(1), testcap.Options{LinkTypes: []uint16{testcap.Ethernet}, Sessions: 4, Clean: true})
	o := mill.Default()
	o.Drop = header.DropNone
	var kept []file
	for _, times := range []sessionfiles.Times{sessionfiles.KeepTimes, sessionfiles.RelativeTimes, sessionfiles.NoTimes} {
		for _, comments := range []bool{false, true} {
			out := filepath.Join(t.TempDir(), "out")
			if err := write(t, fsys.OS{}, path, out, o, sessionfiles.Options{Times: times, Comments: comments}); err != nil {
				t.Fatal(err)
			}
			files := read(t, out)
			if kept == nil {
				kept = files
			}
			for i, f := range files {
				raw, err := os.ReadFile(filepath.Join(out, f.line.File))
				if err != nil {
					t.Fatal(err)
				}
				if have, want := bytes.Count(raw, fmt.Appendf(nil, "%d,A_ b\uFFFD", i)), len(f.times); comments && have != want || !comments && have != 0 {
					t.Errorf("%s: %d comments in %d packets", f.line.File, have, want)
				}
				for k, have := range f.times {
					whole, first := kept[i].times[k], kept[i].times[0]
					want := map[sessionfiles.Times]int64{sessionfiles.KeepTimes: whole, sessionfiles.RelativeTimes: max(0, whole-first)}[times]
					if d := have - want; d < -1000 || d > 1000 { // a microsecond: pcap
						t.Errorf("%v: packet %d: time %d, want %d", times, k, have, want)
					}
				}
			}
		}
	}
}

// TestTooSmall: sessions below the limits have no file, also if one was begun.
func TestTooSmall(t *testing.T) {
	path := makeCapture(t, random(2), testcap.Options{LinkTypes: []uint16{testcap.Ethernet}, Sessions: 20})
	o := mill.Default()
	o.Drop = header.DropNone
	all, some := filepath.Join(t.TempDir(), "all"), filepath.Join(t.TempDir(), "some")
	if err := errors.Join(
		write(t, fsys.OS{}, path, all, o, sessionfiles.Options{}),
		write(t, fsys.OS{}, path, some, o, sessionfiles.Options{MinPackets: 4, MinBytes: 300, MinSpan: 2000, Buffer: 1}),
	); err != nil {
		t.Fatal(err)
	}
	var want, have []string
	for _, f := range read(t, all) {
		if f.line.Packets >= 4 && f.line.Bytes >= 300 && slices.Max(f.times)-slices.Min(f.times) >= 2000 {
			want = append(want, f.line.File)
		}
	}
	for _, f := range read(t, some) {
		have = append(have, f.line.File)
	}
	if !slices.Equal(have, want) || len(want) == 0 || len(want) == len(read(t, all)) {
		t.Errorf("%v, want %v", have, want)
	}
}

// TestRelativeNumbers: sequence numbers count from the first of their direction.
func TestRelativeNumbers(t *testing.T) {
	path := makeCapture(t, random(3), testcap.Options{LinkTypes: []uint16{testcap.Ethernet}, Sessions: 30, Clean: true})
	o := mill.Default()
	o.Drop = header.DropNone
	policy := o.Mask
	policy.Fields[mask.TCPSeq] = mask.Relative
	out := filepath.Join(t.TempDir(), "out")
	if err := write(t, fsys.OS{}, path, out, o, sessionfiles.Options{Policy: policy}); err != nil {
		t.Fatal(err)
	}
	tcp, later := 0, 0
	for _, f := range read(t, out) {
		r, err := capture.Open(filepath.Join(out, f.line.File))
		if err != nil {
			t.Fatal(err)
		}
		var p capture.Packet
		for i := 0; r.Next(&p) == nil; i++ {
			var s header.Stack
			header.Decode(p.LinkType, p.Data, p.OrigLen, &s)
			if s.Proto != header.TCP {
				break
			}
			seq := p.Data[s.Transport+4:][:4]
			if i == 0 {
				tcp++
				if !bytes.Equal(seq, make([]byte, 4)) {
					t.Errorf("%s: the first number is % x", f.line.File, seq)
				}
			} else if !bytes.Equal(seq, make([]byte, 4)) {
				later++
			}
		}
		_ = r.Close()
	}
	if tcp == 0 || later == 0 {
		t.Errorf("%d sessions of TCP, %d numbers that are not 0", tcp, later)
	}
}

// TestRefused: what cannot be written as packets, and a folder that holds something.
func TestRefused(t *testing.T) {
	for want, change := range map[string]func(*mask.Policy){
		"--content payload": func(p *mask.Policy) { p.Content = mask.Payload },
		"--ip remove":       func(p *mask.Policy) { p.IP = mask.Remove },
		"--udp-pad":         func(p *mask.Policy) { p.UDPPad = true },
	} {
		o := sessionfiles.Options{Policy: mask.Default()}
		change(&o.Policy)
		if _, err := sessionfiles.New(fsys.OS{}, t.TempDir(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{dir, filepath.Join(dir, "x")} {
		var taken *sessionfiles.TakenError
		if _, err := sessionfiles.New(fsys.OS{}, out, sessionfiles.Options{Policy: mask.Default()}); !errors.As(err, &taken) {
			t.Errorf("%s: %v", out, err)
		}
	}
}

// TestFaults: whatever call fails, the error comes out, and neither the folder nor a rest of it is there.
func TestFaults(t *testing.T) {
	path := makeCapture(t, random(4), testcap.Options{LinkTypes: []uint16{testcap.Ethernet}, Sessions: 3})
	o := mill.Default()
	o.Drop = header.DropNone
	for _, how := range []faulty.How{faulty.Undone, faulty.Done, faulty.Half} {
		for n := 0; ; n++ {
			parent := t.TempDir()
			disk := faulty.New(fsys.OS{}, &faulty.Fault{At: n, Err: syscall.EIO, How: how})
			err := write(t, disk, path, filepath.Join(parent, "out"), o, sessionfiles.Options{Buffer: 1})
			entries, e := os.ReadDir(parent)
			if e != nil {
				t.Fatal(e)
			}
			if n >= len(disk.Calls()) {
				if err != nil || n < 20 || len(entries) != 1 {
					t.Errorf("%d calls, %v, %v", n, entries, err)
				}
				break
			}
			last := disk.Calls()[len(disk.Calls())-1]
			if err == nil && len(entries) != 1 || err != nil && len(entries) != 0 {
				t.Errorf("call %d of %v: error %v, there are %v; last %v", n, how, err, entries, last)
			}
			if err != nil && !errors.Is(err, syscall.EIO) {
				t.Errorf("call %d: %v", n, err)
			}
		}
	}
}
