package capture_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestPlainDamaged: damage and bombs in what is no capture are errors like any other.
func TestPlainDamaged(t *testing.T) {
	for _, c := range testcap.Compressions() {
		packed := c.Wrap(bytes.Repeat([]byte("some text. "), 30000))
		for at := 12; at < len(packed); at += 1 + len(packed)/20 {
			b := bytes.Clone(packed)
			b[at] ^= 0x5a
			u, err := capture.Plain(bytes.NewReader(b), 0)
			if err != nil {
				continue
			}
			_, err = io.Copy(io.Discard, u)
			if err != nil && bytes.Contains([]byte(err.Error()), []byte("decoder failed")) {
				t.Errorf("%s, byte %d: %v", c.Name, at, err)
			}
			u.Close()
		}
		if c.Name != "gzip" { // one will do: all go through the same check
			continue
		}
		u, err := capture.Plain(bytes.NewReader(c.Wrap(make([]byte, 66<<20))), 0)
		if err != nil {
			t.Fatal(err)
		}
		u.MaxExpansion(100)
		if n, err := io.Copy(io.Discard, u); !errors.As(err, new(*capture.ExpansionError)) || n > 66<<20 || u.Used() <= 0 {
			t.Errorf("%s: %d bytes, %v, %d used", c.Name, n, err, u.Used())
		}
		u.Close()
	}
}
