package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/pcapmill/pcapmill/internal/userfile"
)

// Bounds of a key, in bytes. Below the first it is warned about: it could be
// guessed. Above the second it is refused: that is no key, and a device such as
// /dev/urandom never ends.
const (
	ShortKey = 16
	MaxKey   = 64 << 10
)

// ReadKey reads the key file, if one is given: nil without one. The bytes are
// the key exactly as they stand. They stand in no error. It ends with ctx.
func (v *Values) ReadKey(ctx context.Context) ([]byte, error) { return v.ReadKeyOf(ctx, "key-file") }

// ReadKeyOf is ReadKey of another option that names a key file.
func (v *Values) ReadKeyOf(ctx context.Context, option string) ([]byte, error) {
	path := v.Get(option)
	if path == "" {
		return nil, nil
	}
	key, err := userfile.Read(ctx, path, MaxKey)
	var long *userfile.SizeError
	switch {
	case errors.As(err, &long):
		return nil, fmt.Errorf("%s has more than %d bytes: that is no key; 'pcapmill keygen FILE' makes one of 32", path, MaxKey)
	case err != nil:
		return nil, err
	case len(key) == 0:
		return nil, fmt.Errorf("%s is empty: need at least one byte, better 32 random ones: 'pcapmill keygen FILE' makes them", path)
	}
	return key, nil
}

// KeyWarnings are what the owner of the key that ReadKey read should know:
// others can read the file, or the key is short enough to be guessed.
func (v *Values) KeyWarnings(key []byte) (w []string) {
	path := v.Get("key-file")
	if key == nil || path == "" {
		return nil
	}
	if len(key) < ShortKey {
		w = append(w, fmt.Sprintf("the key in %s has only %d bytes: it can be guessed; 'pcapmill keygen FILE' makes one of 32", path, len(key)))
	}
	// Where files have no such mode, it says nothing. Pipes and devices are not kept.
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && runtime.GOOS != "windows" {
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			w = append(w, fmt.Sprintf("the key file %s has mode %04o: others than its owner can get at it, and then undo the pseudonyms; chmod 600 it", path, mode))
		}
	}
	return w
}
