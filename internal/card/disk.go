package card

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/filesum"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// Collect lists the files of the dataset in dir with their digests, in the byte-wise
// order of their names; see the package comment for which these are. It reads all of
// them. Links and special files are refused: what they stand for is not in the directory.
func Collect(ctx context.Context, dir string) ([]File, error) {
	return CollectIn(ctx, fsys.OS{}, dir)
}

// CollectIn is [Collect] in another file system.
func CollectIn(ctx context.Context, disk fsys.FS, dir string) ([]File, error) {
	files, err := collect(ctx, disk, dir, "", nil)
	if err != nil {
		return nil, err
	}
	sortFiles(files) // the order so far is that of folders: "a/b" before "a.c"
	return files, nil
}

// collect adds what stands in the folder of that name.
func collect(ctx context.Context, disk fsys.FS, dir, folder string, files []File) ([]File, error) {
	entries, err := disk.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
			continue
		case e.IsDir():
			files, err = collect(ctx, disk, dir, name, files)
		case name == ReadmeName || name == CroissantName || name == SumsName:
			continue
		default:
			var f File
			f, err = sum(ctx, disk, dir, name)
			files = append(files, f)
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// sum reads one file.
func sum(ctx context.Context, disk fsys.FS, dir, name string) (File, error) {
	f, err := fsys.OpenInside(disk, dir, name, os.O_RDONLY)
	if err != nil {
		return File{}, err
	}
	sum, size, err := filesum.OfReader(ctx, f)
	return File{name, size, sum}, errors.Join(err, f.Close())
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

// Write puts the three files into dir: all of them, or, after an error, none. SHA256SUMS
// is the last, so that it never speaks of files that are not there yet. replace allows to
// replace a card of somebody else.
func Write(dir string, in *Input, replace bool) error { return WriteIn(fsys.OS{}, dir, in, replace) }

// WriteIn is [Write] in another file system.
func WriteIn(disk fsys.FS, dir string, in *Input, replace bool) error {
	readme, err := Readme(in)
	if err != nil {
		return err
	}
	croissant, err := Croissant(in)
	if err != nil {
		return err
	}
	if !replace {
		if err := allowed(disk, dir); err != nil {
			return err
		}
	}
	files := append([]File(nil), in.Files...)
	texts := []atomicfile.Content{{Name: ReadmeName, Text: []byte(readme)}, {Name: CroissantName, Text: croissant}}
	for _, f := range texts {
		sum := sha256.Sum256(f.Text)
		files = append(files, File{f.Name, int64(len(f.Text)), hex.EncodeToString(sum[:])})
	}
	return atomicfile.Together(disk, dir, append(texts, atomicfile.Content{Name: SumsName, Text: []byte(Sums(files))}))
}

// maxReadme is more bytes than any card has that Write wrote.
const maxReadme = 64 << 20

// allowed tells whether the card that is there, if any, is one of ours.
func allowed(disk fsys.FS, dir string) error {
	at := filepath.Join(dir, ReadmeName)
	text, err := fsys.ReadText(disk, dir, ReadmeName, maxReadme)
	if errors.As(err, new(*fsys.TextError)) || err == nil && !Untouched(string(text)) {
		return fmt.Errorf("%s: %w", at, ErrForeign)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	at = filepath.Join(dir, CroissantName)
	switch _, err := disk.Lstat(at); {
	case err == nil:
		return fmt.Errorf("%s: %w", at, ErrForeign)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}
