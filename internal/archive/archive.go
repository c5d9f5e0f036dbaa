// Package archive reads the members of ZIP, tar and 7z archives in place: nothing is unpacked to
// disk. [List] names the members of an archive in byte-wise order of their paths and tells
// which are captures. A [Member] is plain data, and says where to open it.
//
// An archive is a directory as far as it goes. What unpacking it would give is what is read:
// of two members with one path the later one, a link to a member as that member, "./a" and
// "/a" as "a". A path that leads out of the archive ("../a") or has a zero byte is a problem.
//
// Archives are foreign bytes. Memory is taken for what is really there and counted against a
// limit; a member ends where its archive says, and its content is checked against the
// archive's checksum; members of a ZIP archive that share bytes are refused, because bombs
// are made of them.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// Kinds of archives.
const (
	ZIP = "ZIP"
	Tar = "tar"
	// SevenZip is the kind that 7-Zip writes.
	SevenZip = "7z"
)

// Has tells whether archives of a kind are read.
func Has(kind string) bool { return kind == ZIP || kind == Tar || kind == SevenZip }

// Member is a regular file in an archive: a location that can be opened, by several
// goroutines at a time.
type Member struct {
	Archive string // path of the archive
	Version string // of the archive, if it is an object; see package objects
	Kind    string // ZIP, Tar or SevenZip
	Name    string // its path inside: slash-separated, clean, relative
	Size    int64  // of its content, in bytes, as the archive says

	Offset int64  // of its header (ZIP) or its content (tar) in the archive, or in what its folder holds (7z)
	Packed int64  // bytes of its content there; 7z: of the folder
	Method uint16 // ZIP: how it is compressed
	CRC    uint32 // ZIP and 7z: of its content
	NoCRC  bool   // 7z: it has none

	Compressed bool   // with others, as one stream: a Stream reads them
	Index      int    // Compressed: of its header in the stream, from 0
	Window     int64  // Compressed: bytes of memory that the decoder takes
	Folder     int64  // 7z: where its folder stands in the archive
	Coders     string // 7z: how the folder is packed, see parseCoders
}

// Stream tells the streams apart that members stand in which are Compressed.
func (m *Member) Stream() string { return fmt.Sprintf("%s\x00%d", m.Archive, m.Folder) }

// Path is the path of the archive with that of the member, which the system cannot open.
func (m *Member) Path() string { return m.Archive + "/" + m.Name }

// what names the member in messages about its content.
func (m *Member) what() string { return "the member of the " + m.Kind + " archive" }

// Open opens the member's content. Where it is Compressed with others, the stream is read from
// its beginning; a Stream does that once for many. Errors of the source are those of package os, which are
// the system's, and others, which say that the archive is damaged.
func (m *Member) Open(ctx context.Context) (*capture.Source, error) {
	if m.Compressed {
		stream := NewStream([]*Member{m}, StreamOptions{})
		s, err := stream.Open(ctx, m)
		if err != nil {
			return nil, err
		}
		s.ReadCloser = &closer{s.ReadCloser, stream}
		return s, nil
	}
	f, err := objects.Open(ctx, m.Archive, m.Version)
	if err != nil {
		return nil, err
	}
	var s *capture.Source
	if m.Kind == ZIP {
		s, err = m.openZIP(f)
	} else {
		s = &capture.Source{ReadCloser: &closer{&stored{r: objects.Section(f, m.Offset, m.Offset+m.Size), left: m.Size}, f}, What: m.what()}
	}
	if err != nil {
		_ = f.Close() // the first error says more
		return nil, err
	}
	return s, nil
}

// closer reads from one thing and closes another.
type closer struct {
	io.Reader
	io.Closer
}

// stored is content that stands in the archive as it is. It must have its length.
type stored struct {
	r    io.Reader
	left int64
}

func (s *stored) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.left -= int64(n)
	if err == io.EOF && s.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Entry is what is known of one path in an archive. One of Member, Reason and Problem is set.
type Entry struct {
	Name    string
	Member  *Member
	Format  capture.Format // of the member
	Reason  string         // why it is not read, which is no error, with Detail
	Detail  string
	Problem error // names its path

	link string // path of the member that it is a link to
}

// Reasons not to read what has a path in an archive. A third is that of Options.Judge.
const (
	Special  = "special-file" // link, FIFO, device
	Repeated = "same-file"
)

// Options say how an archive is listed.
type Options struct {
	Capture      capture.Options // for looking at the members; MaxMemory bounds the list, too
	Compressed   bool            // it is a tar archive, in a compression that captures may have
	MaxExpansion int             // of a compressed one, see capture.Reader.MaxExpansion
	Version      string          // of an object, see package objects
	Helpers                      // of a compressed one
	// Judge says what becomes of a member that is not a capture that can be read: it is
	// skipped for a reason, or a problem.
	Judge func(path string, err error) (reason, detail string, problem error)
}

// entryMemory is about how many bytes of memory an entry takes, without its name.
const entryMemory = 400

// list is an archive that is being listed.
type list struct {
	Options
	ctx     context.Context // of List
	path    string
	kind    string
	entries []Entry
	memory  int64
	refused map[string]int // members by reason, see refuse
}

// List lists an archive, in byte-wise order of the paths in it. problems are about the archive
// as a whole: what was listed before stands.
func List(ctx context.Context, path, kind string, o Options) (entries []Entry, problems []error) {
	l := &list{Options: o, ctx: ctx, path: path, kind: kind, refused: map[string]int{}}
	f, err := objects.Open(ctx, path, o.Version)
	if err != nil {
		return nil, []error{err}
	}
	defer f.Close()
	switch {
	case kind == ZIP:
		err = l.zip(f)
	case kind == SevenZip:
		err = l.seven(f)
	case o.Compressed:
		err = l.compressedTar(f)
	default:
		err = l.tar(f)
	}
	if err != nil {
		problems = append(problems, l.problem(err))
	}
	l.sort()
	for _, reason := range []string{encrypted, leadsOut, overlaps, method, sparse} {
		if n := l.refused[reason]; n > mostRefused {
			problems = append(problems, &Error{path, fmt.Sprintf("%d members more: %s", n-mostRefused, reason)})
		}
	}
	return l.entries, problems
}

// Error says what is wrong with an archive, or with a path in it.
type Error struct {
	Path string
	Text string
}

func (e *Error) Error() string { return e.Path + ": " + e.Text }

// Paths are the paths that the error names.
func (e *Error) Paths() []string { return []string{e.Path} }

// problem is an error about the archive, which names it.
func (l *list) problem(err error) error {
	if errors.As(err, new(*fs.PathError)) || errors.As(err, new(*Error)) {
		return err
	}
	return &named{l.path, err}
}

// named is an error of the archive at a path.
type named struct {
	path string
	error
}

func (e *named) Error() string   { return e.path + ": " + e.error.Error() }
func (e *named) Unwrap() error   { return e.error }
func (e *named) Paths() []string { return []string{e.path} }

// Why members are refused.
const (
	encrypted = "it is encrypted: unpack it with its password, and convert what is in it"
	leadsOut  = "its path leads out of the archive: nothing is read by it"
	overlaps  = "it shares bytes of the archive with another member, as in a decompression bomb"
	method    = "its compression is of a method that is not read: unpack it, and convert what is in it"
	sparse    = "it is stored as a sparse file, which is not read: unpack it, and convert what is in it"
)

// mostRefused is how many members are named that are refused for one reason.
const mostRefused = 100

// refuse notes that a member is not read, which is a problem. Of very many it only counts.
func (l *list) refuse(name, reason, detail string) {
	if l.refused[reason]++; l.refused[reason] <= mostRefused {
		l.entries = append(l.entries, Entry{Name: name, Problem: &Error{l.path + "/" + name, reason + detail}})
	}
}

// add makes room for one more path, and cleans it. ok is false if it was refused. The error is
// that there is no memory for more.
func (l *list) add(raw string) (name string, ok bool, err error) {
	l.memory += entryMemory + int64(len(raw))
	if most := l.Capture.MaxMemory; most > 0 && l.memory > most {
		return "", false, &capture.MemoryError{What: "the list of the members of the " + l.kind + " archive", Need: l.memory, Most: most}
	}
	if name = clean(raw); name == "" {
		l.refuse(strings.ToValidUTF8(strings.ReplaceAll(raw, "\x00", `\x00`), "\uFFFD"), leadsOut, "")
		return "", false, nil
	}
	return name, true, nil
}

// clean is the path that a member has when it is unpacked; "" if there is none.
func clean(raw string) string {
	if strings.Contains(raw, "\x00") {
		return ""
	}
	for _, part := range strings.Split(raw, "/") {
		if part == ".." {
			return ""
		}
	}
	if c := strings.TrimLeft(path.Clean(raw), "/"); c != "." {
		return c
	}
	return ""
}

// open is what opens a member while it is looked at.
func (l *list) open(m *Member) func() (*capture.Source, error) {
	return func() (*capture.Source, error) { return m.Open(l.ctx) }
}

// look tells whether a member is a capture, and adds it to the list.
func (l *list) look(m *Member, from func() (*capture.Source, error)) {
	e := Entry{Name: m.Name}
	o := l.Capture
	o.From = from
	var err error
	if e.Format, err = o.Sniff(m.Path()); err == nil {
		e.Member = m
	} else {
		e.Reason, e.Detail, e.Problem = l.Judge(m.Path(), err)
	}
	l.entries = append(l.entries, e)
}

// sort puts the entries in order. Of several with one path the last one stays. Links become
// what they lead to. What is then there twice is read once, by its first path.
func (l *list) sort() {
	slices.SortStableFunc(l.entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	last := l.entries[:0]
	for i, e := range l.entries {
		if i+1 < len(l.entries) && l.entries[i+1].Name == e.Name && e.Problem == nil && l.entries[i+1].Problem == nil {
			e = Entry{Name: e.Name, Reason: Repeated, Detail: "a later member has the same path"}
		}
		last = append(last, e)
	}
	l.entries = last
	for i := range l.entries {
		if e := &l.entries[i]; e.link != "" {
			l.follow(e)
		}
	}
	seen := map[[2]int64]string{}
	for i := range l.entries {
		e := &l.entries[i]
		if e.Member == nil {
			continue
		}
		place := [2]int64{e.Member.Folder, e.Member.Offset}
		if e.Member.Compressed {
			place[1] = int64(e.Member.Index)
		}
		if before, ok := seen[place]; ok {
			*e = Entry{Name: e.Name, Reason: Repeated, Detail: "it is " + before + " again"}
			continue
		}
		seen[place] = e.Name
	}
}

// follow makes an entry that is a link what it leads to.
func (l *list) follow(e *Entry) {
	target := e.link
	for range 40 {
		i, ok := slices.BinarySearchFunc(l.entries, target, func(x Entry, name string) int { return strings.Compare(x.Name, name) })
		for ok && i+1 < len(l.entries) && l.entries[i+1].Name == target {
			i++
		}
		if !ok {
			break
		}
		to := &l.entries[i]
		if to.link == "" {
			name := e.Name
			if *e = *to; e.Member != nil {
				m := *to.Member
				m.Name, e.Member = name, &m
			}
			e.Name = name
			if e.Problem != nil { // named by its own path
				*e = Entry{Name: name, Reason: Repeated, Detail: "a link to " + target}
			}
			return
		}
		target = to.link
	}
	*e = Entry{Name: e.Name, Reason: Special, Detail: "a link to " + e.link + ", which is no file in the archive"}
}
