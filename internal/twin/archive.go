package twin

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// Member is a file in an archive.
type Member struct {
	Name string
	Data []byte
}

// Members gives what an archive holds that is whole, as unpacking it would, in byte-wise order of the paths. ok is false if
// raw is no archive. A member that is itself an archive is there as it is: it is no capture.
func Members(raw []byte) (list []Member, ok bool) {
	tree := map[string][]byte{}
	put := func(name string, r io.Reader) {
		if b, err := io.ReadAll(r); err == nil {
			tree[strings.TrimPrefix(path.Clean(name), "/")] = b
		}
	}
	plain, err := decompress(raw)
	if z, zerr := zip.NewReader(bytes.NewReader(raw), int64(len(raw))); zerr == nil && raw[0] == 'P' {
		for _, f := range z.File {
			if r, err := f.Open(); err == nil && !strings.HasSuffix(f.Name, "/") {
				put(f.Name, r)
			}
		}
	} else if err == nil && len(plain) > 262 && string(plain[257:262]) == "ustar" {
		t := tar.NewReader(bytes.NewReader(plain))
		for h, err := t.Next(); err == nil; h, err = t.Next() {
			if h.Typeflag == tar.TypeReg {
				put(h.Name, t)
			}
		}
	} else {
		return nil, false
	}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		list = append(list, Member{name, tree[name]})
	}
	return list, true
}
