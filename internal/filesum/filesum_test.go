package filesum_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pcapmill/pcapmill/internal/filesum"
)

// of is what sha256sum prints.
const (
	ofNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	ofABC     = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	ofMillion = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" // letters a, from FIPS 180-2
)

func TestOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for want, text := range map[string]string{ofNothing: "", ofABC: "abc", ofMillion: strings.Repeat("a", 1_000_000)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if sum, size, err := filesum.Of(t.Context(), path); sum != want || size != int64(len(text)) || err != nil {
			t.Errorf("%d bytes: %s, %d, %v", len(text), sum, size, err)
		}
	}
	big := bytes.Repeat([]byte("a"), 5<<20)
	if err := os.WriteFile(path, big, 0o600); err != nil {
		t.Fatal(err)
	}
	sum, size, err := filesum.Of(t.Context(), path)
	if again, n, err2 := filesum.NewReader(bytes.NewReader(big)).Sum(); sum != again || size != n || err != nil || err2 != nil {
		t.Errorf("%s, %d, %v and %s, %d, %v", sum, size, err, again, n, err2)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, _, err := filesum.Of(gone, path); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := filesum.Of(t.Context(), path+"x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestReader sums what was read in any pieces, and what was not.
func TestReader(t *testing.T) {
	r := filesum.NewReader(iotest.OneByteReader(strings.NewReader("abc")))
	if b, err := io.ReadAll(io.LimitReader(r, 2)); string(b) != "ab" || err != nil {
		t.Fatalf("%q, %v", b, err)
	}
	for range 2 {
		if sum, size, err := r.Sum(); sum != ofABC || size != 3 || err != nil {
			t.Errorf("%s, %d, %v", sum, size, err)
		}
	}
	broken := errors.New("cable cut")
	if _, _, err := filesum.NewReader(io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken))).Sum(); !errors.Is(err, broken) {
		t.Error(err)
	}
}
