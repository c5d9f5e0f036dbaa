package mill_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/mill"
)

// TestInputSHA256 is that of the file as it is on disk: compressed, damaged, or whole; by every way of reading.
func TestInputSHA256(t *testing.T) {
	whole, err := os.ReadFile("../examples/captures/aim_chat1.pcap")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(whole); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	damaged := append(bytes.Clone(whole[:len(whole)/2]), bytes.Repeat([]byte{0xff}, 3<<20)...)
	for _, resync := range []bool{false, true} {
		dir, out := t.TempDir(), t.TempDir()
		files := map[string][]byte{"a_email.pcap": whole[:len(whole)-1], "b_email.pcap.gz": zipped.Bytes(), "c_email.pcap": damaged}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		o := mill.Default()
		o.InputSHA256, o.Resync = true, resync
		convert(t, []string{dir}, out, o)
		m, err := storetest.Load(out)
		if err != nil || len(m.Captures) != 3 {
			t.Fatalf("%v: %d captures", err, len(m.Captures))
		}
		for _, c := range m.Captures {
			sum := sha256.Sum256(files[c.Name])
			if c.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("resync %t: %s: %q, want %x", resync, c.Name, c.SHA256, sum)
			}
		}
	}
}
