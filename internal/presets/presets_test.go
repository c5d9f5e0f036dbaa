package presets_test

import (
	"os"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/presets"
)

// TestFiles: every file is in the list, and says whose input it is and how it is meant.
func TestFiles(t *testing.T) {
	files, err := os.ReadDir("files")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(presets.Names()) {
		t.Errorf("%d files, %d names", len(files), len(presets.Names()))
	}
	for _, name := range presets.Names() {
		p, err := presets.Find(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Paper == "" || strings.HasPrefix(p.Paper, "#") || !strings.HasPrefix(p.State, "as published") && !strings.HasPrefix(p.State, "as intended") {
			t.Errorf("%s: paper %q, state %q", name, p.Paper, p.State)
		}
	}
	if _, err := presets.Find("yatcc"); err == nil || !strings.Contains(err.Error(), "have reference,") {
		t.Errorf("an unknown preset: %v", err)
	}
}
