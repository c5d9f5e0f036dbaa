package faulty

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
)

// Files is what a directory holds: contents by name, which has slashes below it.
type Files map[string][]byte

// Replay computes what the directory dir may hold when the power is cut after the
// first n calls, for every n. before is what it held before the first call; all of
// that was durable. Calls that failed, and calls about directories elsewhere, count for
// nothing. Directories below it are taken to be durable as soon as they are made.
//
// The model: a file's content is durable once it was synced, and its names once the
// directory was. Of names that were made, renamed or removed since then any number
// of changes may have survived, but in their order, as journaling file systems keep
// it; of the directories below, all of them or none. Of what was written to a file since its last sync, all may have survived, or
// nothing, the first half, only the last write, the sizes with zeros in place of
// data behind the old end; and one kind for one file, another for the next. A write
// of four bytes is torn in the middle too, more than disks do, which write sectors.
//
// visit is called for each state once, with the number of calls before the cut;
// where names it. It must not change the state.
func Replay(dir string, before Files, calls []Call, visit func(n int, where string, state Files)) {
	d := &disk{dir: filepath.Clean(dir), files: map[int]*inode{}, durable: map[string]int{}, names: map[string][]Call{}}
	for name, data := range before {
		d.durable[name] = d.adopt(name, data, calls)
	}
	seen := map[string]bool{}
	for n := 0; ; n++ {
		d.states(func(what string, state Files) {
			if key := state.Key(); !seen[key] {
				seen[key] = true
				visit(n, fmt.Sprintf("after %d of %d calls, %s", n, len(calls), what), state)
			}
		})
		if n == len(calls) {
			return
		}
		if !calls[n].Failed {
			d.do(calls[n])
		}
	}
}

// Key tells states apart.
func (s Files) Key() string {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s\n%d\n%s", name, len(s[name]), s[name])
	}
	return b.String()
}

// disk is the state of the directory at some moment.
type disk struct {
	dir     string
	files   map[int]*inode
	durable map[string]int
	names   map[string][]Call // changes of names since a directory was synced, by its name below dir
	last    int
}

// inode is a file, whatever its name.
type inode struct {
	durable []byte
	since   []Call // writes and truncations since the last sync
}

// adopt gives a file that was there before the number by which the calls know it.
func (d *disk) adopt(name string, data []byte, calls []Call) int {
	id := 0
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	for _, c := range calls {
		if c.Failed {
			continue
		}
		if c.Op == Rename && filepath.Clean(c.To) == path {
			break // from here on the name is another file's
		}
		if filepath.Clean(c.Path) == path && (c.File != 0 || c.Op == Remove) {
			id = c.File
			break
		}
	}
	if id == 0 {
		d.last--
		id = d.last
	}
	d.files[id] = &inode{durable: data}
	return id
}

// do applies a call.
func (d *disk) do(c Call) {
	name, ok := d.below(c.Path)
	if !ok {
		return
	}
	in := path.Dir(name)
	switch c.Op {
	case Create:
		d.files[c.File] = &inode{}
		d.names[in] = append(d.names[in], c)
	case Rename, Remove:
		d.names[in] = append(d.names[in], c)
	case Write, Truncate:
		if f := d.files[c.File]; f != nil { // else it was made behind our back: the lock
			f.since = append(f.since, c)
		}
	case Sync:
		if f := d.files[c.File]; f != nil {
			f.durable, f.since = apply(f.durable, f.since), nil
		}
	case SyncDir:
		d.durable = d.named(map[string]int{name: len(d.names[name])})
		delete(d.names, name)
	}
}

// below is the name of a path below the directory, with slashes; "." is that itself.
func (d *disk) below(path string) (name string, ok bool) {
	rel, err := filepath.Rel(d.dir, path)
	return filepath.ToSlash(rel), err == nil && filepath.IsLocal(rel)
}

// named are the names when so many of the first changes survived, by directory.
func (d *disk) named(survived map[string]int) map[string]int {
	names := maps.Clone(d.durable)
	for in, n := range survived {
		for _, c := range d.names[in][:n] {
			name, _ := d.below(c.Path)
			switch c.Op {
			case Create:
				names[name] = c.File
			case Rename:
				delete(names, name)
				to, _ := d.below(c.To)
				names[to] = c.File
			case Remove:
				delete(names, name)
			}
		}
	}
	return names
}

// apply is content after writes and truncations.
func apply(content []byte, calls []Call) []byte {
	content = slices.Clone(content)
	for _, c := range calls {
		size := int(c.Size)
		if c.Op == Write {
			size = max(len(content), int(c.Offset)+len(c.Data))
		}
		if size > len(content) {
			content = append(content, make([]byte, size-len(content))...)
		}
		content = content[:size]
		if c.Op == Write {
			copy(content[c.Offset:], c.Data)
		}
	}
	return content
}

// survivals are the ways in which unsynced writes may have survived.
var survivals = []struct {
	name string
	of   func(f *inode) []byte
}{
	{"all data", func(f *inode) []byte { return apply(f.durable, f.since) }},
	{"no data", func(f *inode) []byte { return f.durable }},
	{"half of the data", func(f *inode) []byte {
		n := len(f.since) / 2
		some := slices.Clone(f.since[:n])
		if len(f.since) > n {
			torn := f.since[n]
			torn.Data = torn.Data[:len(torn.Data)/2]
			some = append(some, torn)
		}
		return apply(f.durable, some)
	}},
	{"the last write", func(f *inode) []byte { return apply(f.durable, f.since[max(0, len(f.since)-1):]) }},
	{"zeros for data", func(f *inode) []byte {
		blank := slices.Clone(f.since)
		for i, c := range blank {
			was := min(max(int64(len(f.durable))-c.Offset, 0), int64(len(c.Data)))
			blank[i].Data = make([]byte, len(c.Data))
			copy(blank[i].Data, f.durable[min(c.Offset, int64(len(f.durable))):][:was])
		}
		return apply(f.durable, blank)
	}},
}

// states visits what a power cut now may leave.
func (d *disk) states(visit func(what string, state Files)) {
	for n := 2*len(d.names["."]) + 1; n >= 0; n-- {
		survived := map[string]int{}
		for in, calls := range d.names {
			if in == "." {
				survived[in] = n / 2
			} else if n%2 > 0 {
				survived[in] = len(calls)
			}
		}
		names := d.named(survived)
		for k := range 2 * len(survivals) {
			state := Files{}
			what := survivals[k%len(survivals)].name
			if k >= len(survivals) {
				what += " of one file, another kind of the next"
			}
			for i, name := range slices.Sorted(maps.Keys(names)) {
				kind := k
				if k >= len(survivals) {
					kind += i
				}
				state[name] = survivals[kind%len(survivals)].of(d.files[names[name]])
			}
			below := ""
			if n%2 == 0 {
				below = ", none below,"
			}
			visit(fmt.Sprintf("%d of %d changes of names%s and %s survived", n/2, len(d.names["."]), below, what), state)
		}
	}
}
