package card

import "testing"

// TestLists: what the Hub calls as SPDX does is in SPDX's list, and so are the others' other names.
func TestLists(t *testing.T) {
	if len(spdx) < 600 || spdx["mit"] != "MIT" {
		t.Fatalf("%d identifiers", len(spdx))
	}
	for _, name := range hubSPDX {
		if spdx[name] == "" {
			t.Errorf("%s is no identifier of SPDX", name)
		}
	}
	for name, id := range hubNames {
		if id != "" && spdxURL(id) != licenseURL(name) {
			t.Errorf("%s: %s, want %s", name, licenseURL(name), spdxURL(id))
		}
	}
}
