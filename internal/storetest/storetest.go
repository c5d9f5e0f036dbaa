// Package storetest opens and changes parts of datasets for tests that look at one
// file, or damage it. It stands beside the store, which is the only door for the product.
package storetest

import (
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/manifest"
)

// Load reads the manifest of the dataset in dir.
func Load(dir string) (*manifest.Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	if err != nil {
		return nil, err
	}
	return manifest.Parse(text)
}

// Write puts a manifest into dir.
func Write(dir string, m *manifest.Manifest) error {
	text, err := m.Encode()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifest.Name), text, 0o666)
}
