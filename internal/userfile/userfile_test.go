package userfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/userfile"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a file ")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := userfile.Read(t.Context(), path, 5); err != nil || string(text) != "12345" {
		t.Errorf("%q, %v", text, err)
	}
	var size *userfile.SizeError
	if text, err := userfile.Read(t.Context(), path, 4); !errors.As(err, &size) || text != nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := userfile.Read(t.Context(), filepath.Join(dir, "none"), 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := userfile.Read(t.Context(), dir, 4); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := userfile.Read(ctx, path, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("context done: %v", err)
	}
}
