package store

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/manifest"
)

// TestManifestText: in however many commits captures come, and however few of them the
// dataset had before, the text is that of the whole manifest encoded at once.
func TestManifestText(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\n \"captures\": [", "\n ]\n}\n", "\u202ea\x7f", "<&>"}))
		m := &manifest.Manifest{
			Format: manifest.Format, Version: manifest.Version, Captures: []manifest.Capture{},
			Settings: manifest.NewSettings(map[string]string{"length": "4", "shape": "1x4", "dedup": "none"}),
			Classes:  []manifest.Class{{Name: names.Draw(t, "class")}},
		}
		var text manifestText
		for range rapid.IntRange(1, 6).Draw(t, "commits") {
			for range rapid.IntRange(0, 4).Draw(t, "captures") {
				c := manifest.Capture{Name: names.Draw(t, "name"), Tasks: rapid.SliceOfN(names, 0, 2).Draw(t, "tasks"), FirstSample: m.Samples}
				if rapid.Bool().Draw(t, "damaged") {
					c.Damage = &manifest.Damage{Detail: names.Draw(t, "detail")}
				}
				m.Samples += int64(len(c.Name))
				m.Captures = append(m.Captures, c)
			}
			m.Classes[0].Samples = m.Samples
			want, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			pieces, err := text.encode(m)
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Join(pieces, nil); !bytes.Equal(got, want) {
				t.Fatalf("%d captures:\n%s\nwant\n%s", len(m.Captures), got, want)
			}
		}
	})
}
