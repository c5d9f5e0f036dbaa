package export

import (
	"bytes"
	"path/filepath"
	"testing"
)

// FuzzScan takes any bytes for a record. It is refused, or it is one of ours whose files
// are inside its folder.
func FuzzScan(f *testing.F) {
	f.Add([]byte(`{"format": "pcapmill export", "version": 1, "name": "npz", "samples": 3, "files": [{"name": "a/b", "size": 1, "sha256": "x"}]}`))
	f.Add([]byte(`{"files": [{"name": "../a"}]}`))
	f.Add([]byte(`{"files": 3, "format": "pcapmill export"}`))
	f.Add([]byte(`{"format": "pcapmill export", "version": 2}`))
	f.Add([]byte(`[]`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := scan(bytes.NewReader(b), func(f File) error {
			if !filepath.IsLocal(f.Name) {
				t.Errorf("file %q is outside", f.Name)
			}
			return nil
		})
		if err != nil {
			return
		}
		if r.Format != Format || r.Version > Version {
			t.Errorf("%+v", r)
		}
		// What stands behind the files is not read without them.
		if head, err := scan(bytes.NewReader(b), nil); err == nil && head.Format != r.Format {
			t.Errorf("with files %+v, without %+v", r, head)
		}
	})
}
