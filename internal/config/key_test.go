package config

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestReadKey(t *testing.T) {
	v := Defaults()
	if key, err := v.ReadKey(context.Background()); key != nil || err != nil {
		t.Errorf("without a file: %q, %v", key, err)
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := v.Set("key-file", path, "--key-file"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.ReadKey(context.Background()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for text, ok := range map[string]bool{
		"": false, "k": true, " key with\nspace \n": true,
		strings.Repeat("k", MaxKey): true, strings.Repeat("k", MaxKey+1): false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := v.ReadKey(context.Background())
		if (err == nil) != ok || ok && string(key) != text {
			t.Errorf("%d bytes: %d, %v", len(text), len(key), err)
		}
		if err != nil && len(text) > 0 && strings.Contains(err.Error(), "kkk") {
			t.Errorf("the key stands in the error: %v", err)
		}
	}
}

// TestKeyWarnings: each cause alone, and none for a good key.
func TestKeyWarnings(t *testing.T) {
	v := Defaults()
	path := filepath.Join(t.TempDir(), "the key")
	if err := v.Set("key-file", path, "--key-file"); err != nil {
		t.Fatal(err)
	}
	long := bytes.Repeat([]byte("secret"), 4)
	for _, c := range []struct {
		key  []byte
		mode os.FileMode
		want string // "": no warning
	}{
		{long, 0o600, ""},
		{long, 0o400, ""},
		{long, 0o640, "mode 0640"},
		{long, 0o604, "mode 0604"},
		{long, 0o620, "mode 0620"},
		{long[:16], 0o600, ""},
		{long[:15], 0o600, "15 bytes"},
	} {
		if runtime.GOOS == "windows" && strings.HasPrefix(c.want, "mode") {
			continue
		}
		_ = os.Remove(path) // it may not be writable
		if err := errors.Join(os.WriteFile(path, c.key, 0o600), os.Chmod(path, c.mode)); err != nil {
			t.Fatal(err)
		}
		w := v.KeyWarnings(c.key)
		if c.want == "" && w != nil || c.want != "" && (len(w) != 1 || !strings.Contains(w[0], c.want) || strings.Contains(w[0], "secret")) {
			t.Errorf("%d bytes, mode %o: %q, want %q", len(c.key), c.mode, w, c.want)
		}
	}
	if w := v.KeyWarnings(nil); w != nil {
		t.Errorf("no key was read: %q", w)
	}
}
