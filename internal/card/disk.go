package card

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/filesum"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Collect lists the files of the dataset in dir with their digests, in the byte-wise
// order of their names; see the package comment for which these are. It reads all of
// them. A symbolic link to a file counts as that file; one to a folder is refused, since
// what is behind it would be missing.
func Collect(ctx context.Context, dir string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case name == ".":
			return nil
		case strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || name == ReadmeName || name == CroissantName || name == SumsName:
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder; what it stands for cannot be part of the dataset: remove it", path)
		}
		sum, size, err := filesum.Of(ctx, path)
		if err != nil {
			return err
		}
		files = append(files, File{name, size, sum})
		return nil
	})
	if err != nil {
		return nil, err
	}
	sortFiles(files) // WalkDir's order is that of folders: "a/b" before "a.c"
	return files, nil
}

// Count counts the samples of each side and class of a view that is split. It returns
// nil if the view is not.
func Count(ctx context.Context, v dataset.View) ([]Split, error) {
	sides := v.Sides()
	if len(sides) == 1 && sides[0] == dataset.Whole {
		return nil, nil
	}
	out := make([]Split, len(sides))
	for i, side := range sides {
		s := &out[i]
		s.Name, s.Labels = side.String(), make([]int64, len(v.Classes()))
		err := v.Each(ctx, side, func(e *dataset.Entry) error {
			s.Samples++
			if e.Label >= 0 && e.Label < len(s.Labels) {
				s.Labels[e.Label]++
			} else {
				s.Unknown++
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ErrForeign is wrapped by the error of Write about a README.md or croissant.json that
// it would have to replace and has not made.
var ErrForeign = errors.New("it was changed by hand, or was not written by pcapmill card")

// Write puts the three files into dir. SHA256SUMS is the last, so that it never speaks
// of files that are not there yet. replace allows to replace a card of somebody else.
func Write(dir string, in *Input, replace bool) error {
	readme, err := Readme(in)
	if err != nil {
		return err
	}
	croissant, err := Croissant(in)
	if err != nil {
		return err
	}
	if !replace {
		if err := allowed(dir); err != nil {
			return err
		}
	}
	files := append([]File(nil), in.Files...)
	for _, f := range []struct {
		name string
		text []byte
	}{{ReadmeName, []byte(readme)}, {CroissantName, croissant}} {
		sum := sha256.Sum256(f.text)
		files = append(files, File{f.name, int64(len(f.text)), hex.EncodeToString(sum[:])})
		if err := put(dir, f.name, f.text); err != nil {
			return err
		}
	}
	return put(dir, SumsName, []byte(Sums(files)))
}

func put(dir, name string, text []byte) error {
	path := filepath.Join(dir, name)
	if err := atomicfile.RemoveStale(fsys.OS{}, path); err != nil {
		return err
	}
	if err := atomicfile.Write(path, text, 0o666); err != nil {
		return err
	}
	return nil
}

// allowed tells whether the card that is there, if any, is one of ours.
func allowed(dir string) error {
	path := filepath.Join(dir, ReadmeName)
	text, err := os.ReadFile(path)
	if err == nil && !Untouched(string(text)) {
		return fmt.Errorf("%s: %w", path, ErrForeign)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	path = filepath.Join(dir, CroissantName)
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%s: %w", path, ErrForeign)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}
