package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/store"
)

// State is an export that was found.
type State struct {
	Dir    string
	Record *Record // nil if Err is set
	Stale  bool    // it was made from another state of the dataset
	Err    error   // its record cannot be read
}

// Find looks for exports in the folders directly below dir, in the order of their
// names. fingerprint is that of the dataset now; see FingerprintOf.
func Find(dir, fingerprint string) ([]State, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []State
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		s := State{Dir: filepath.Join(dir, e.Name())}
		s.Record, s.Err = Read(s.Dir)
		if errors.Is(s.Err, fs.ErrNotExist) {
			continue // somebody's folder
		}
		s.Stale = s.Err == nil && s.Record.Fingerprint != fingerprint
		found = append(found, s)
	}
	return found, nil
}

// Beside looks for the exports beside the samples of a dataset, and says which are stale.
func Beside(d *store.Dataset) ([]State, error) {
	split := ""
	switch _, err := d.Split(); {
	case err == nil:
		split = d.Manifest().Split.Digest
	case !errors.Is(err, store.ErrNotSplit):
		return nil, err
	}
	print, err := Fingerprint(d.Manifest(), split)
	if err != nil {
		return nil, err
	}
	return Find(d.Place(), print)
}

// FingerprintOf is that of the dataset that the view reads, with its split.
func FingerprintOf(v *store.View) (string, error) {
	return Fingerprint(v.Dataset().Manifest(), v.SplitDigest())
}

// DamagedError says that a file of an export is not the one that was written.
type DamagedError struct {
	Path   string
	Reason string
}

// Error names the path and the reason.
func (e *DamagedError) Error() string { return e.Path + ": " + e.Reason }

// Paths are the paths that the error names.
func (e *DamagedError) Paths() []string { return []string{e.Path} }

// Verify compares the files of the export in dir with what its record says, on as many
// goroutines as workers, 0: one a core. The first difference, in the order of the record, is a
// *DamagedError.
func Verify(ctx context.Context, dir string, workers int) error {
	return digests(ctx, fsys.OS{}, dir, workers,
		func(add func(File) error) error { return EachFile(dir, add) },
		func(want, have File, err error) error {
			path := filepath.Join(dir, filepath.FromSlash(want.Name))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return &DamagedError{path, "is missing"}
			case err != nil:
				return err
			case have.Size != want.Size:
				return &DamagedError{path, fmt.Sprintf("have %d bytes, need %d", have.Size, want.Size)}
			case have.SHA256 != want.SHA256:
				return &DamagedError{path, fmt.Sprintf("its SHA-256 is %s, need %s", have.SHA256, want.SHA256)}
			}
			return nil
		})
}
