package objects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/internal/parallel"
)

// atATime is how many files are put in place side by side.
const atATime = 4

// PutTree puts the regular files of a directory, and of those in it, below a prefix, and at last,
// when all others are there, the one that is called last, which must be new. n and bytes are how
// much that was. An object that is there already and is no file of the directory is an error
// before anything is put: whoever reads the prefix would take it for a part.
func PutTree(ctx context.Context, dir, prefix, last string) (n, bytes int64, err error) {
	var names []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil && filepath.ToSlash(name) != last {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	slices.Sort(names)
	there, err := List(ctx, prefix)
	if err != nil {
		return 0, 0, err
	}
	for _, o := range there {
		if name := o.Relative(prefix); name != last {
			if _, ok := slices.BinarySearch(names, name); !ok {
				return 0, 0, &fs.PathError{Op: "write", Path: o.Place.String(), Err: errors.New("it is there already, and no file of what is put beside it: delete it, or name another prefix")}
			}
		}
	}
	sizes := make([]int64, len(names)+1)
	put := func(i int, name string, once bool) error {
		f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		defer f.Close() // it was only read
		info, err := f.Stat()
		if err != nil {
			return err
		}
		sizes[i] = info.Size()
		return Put(ctx, Join(prefix, name), f, info.Size(), once)
	}
	if err := parallel.Each(ctx, atATime, len(names), func(_, i int) error { return put(i, names[i], false) }); err != nil {
		return 0, 0, err
	}
	if err := put(len(names), last, true); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("%w: somebody else has put it there meanwhile", err)
		}
		return 0, 0, err
	}
	for _, size := range sizes {
		bytes += size
	}
	return int64(len(sizes)), bytes, nil
}
