package audit

import (
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/mask"
)

// TestRemediesAreOptions: what a remedy says is an option with a value that it takes, and it changes what is masked.
func TestRemediesAreOptions(t *testing.T) {
	masks := 0
	for f, text := range remedies {
		option, ok := strings.CutPrefix(text, "--")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(option, " ")
		if _, known := settings.Find(name); !known {
			t.Errorf("%s: no option --%s", kinds[f], name)
		}
		var p mask.Policy // keeps everything
		if err := p.Set(name, value); err != nil || p == (mask.Policy{}) {
			t.Errorf("%s: %s: %v, policy %+v", kinds[f], text, err, p)
		}
		masks++
	}
	if masks < 25 {
		t.Errorf("only %d remedies are options", masks)
	}
	for f, name := range kinds { // a header field that has a mask of its name has a remedy
		for _, m := range mask.PacketFields() {
			if name == m.String() && m != mask.PayloadBytes && remedies[field(f)] == "" {
				t.Errorf("%s has a mask and no remedy", name)
			}
		}
	}
}
