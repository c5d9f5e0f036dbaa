package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Canonical is the one text of the settings: JSON with sorted keys and without space
// between them. Settings that do not apply are absent, so that a later program with more
// of them gives the settings of an old dataset the same text.
func (s Settings) Canonical() ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(fields); err != nil { // a map: sorted
		return nil, fmt.Errorf("settings: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Fingerprint is the SHA-256 of Canonical, in hexadecimal: equal settings, equal
// fingerprints, on every machine. Of a class table from a file it covers name and content,
// of a built-in one the name; where the file stood is not in it.
func (s Settings) Fingerprint() (string, error) {
	text, err := s.Canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
