package card_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/card"
	"github.com/pcapmill/pcapmill/manifest"
)

// TestVariants: the card names every variant and says of each one what it hides; what was
// kept of a twin is not called original.
func TestVariants(t *testing.T) {
	in := example()
	m := in.Manifest
	of := func(change map[string]string) manifest.Settings {
		values := map[string]string{"length": "784", "shape": "28x28", "content": "packet", "mac": "remove", "ip": "zero", "ports": "keep", "checksums": "zero", "drop": "none", "dedup": "none", "labels": "mine"}
		maps.Copy(values, change)
		return manifest.NewSettings(values)
	}
	m.Settings, m.Variant = of(nil), "plain"
	m.Variants = []manifest.Variant{
		{Name: "times", Rows: 4, Cols: 30, Form: &manifest.Form{Name: "series", DType: "f32"}, Settings: of(map[string]string{"form": "series"})},
		{Name: "twin", Rows: 28, Cols: 28, Settings: of(map[string]string{"ip": "keep", "forge": "addresses,ports"})},
	}
	for i := range m.Captures {
		m.Captures[i].Variants = []string{"a", "b"}
	}
	in.Files = append(in.Files, card.File{Name: "variants/times/session_output.idx3", Size: 10, SHA256: "0a"}, card.File{Name: "variants/twin/session_output.idx3", Size: 10, SHA256: "0b"})
	text, err := card.Readme(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `plain` | this one | 28x28 `uint8` | those below |",
		"| `times` | `variants/times` | 4x30 `float32` | form `series` |",
		"| `twin` | `variants/twin` | 28x28 `uint8` | ip `keep`, forge `addresses,ports` |",
		"Of the variant `twin`:\n\n* Link headers and MAC addresses: cut out.\n* IP addresses: **kept**.",
		"rewritten, **without a secret key**, so that everybody can undo it: `addresses,ports`",
		" --variants VARIANTS",
		"    - name: twin\n      shape: \"28x28\"\n",
		"      forge: \"addresses,ports\"\n",
		"| `variants/` | samples, labels and exports of the variants but the first: 2 files, ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	b, err := card.Croissant(in)
	if err != nil || !strings.Contains(string(b), "Each unit is there in 3 variants: plain, times, twin.") {
		t.Errorf("croissant.json (%v) names no variants: %s", err, b)
	}
}

// TestForms: the card describes the columns that a form has in Parquet, and no picture.
func TestForms(t *testing.T) {
	for dtype, want := range map[string][]string{
		"text": {"- text-classification\n", "  - name: text\n    dtype: string\n", `"samples/text"`, `"column": "text"`},
		"f32":  {"- tabular-classification\n", "  - name: array\n    dtype:\n      array2_d:\n        shape:\n        - 4\n        - 30\n        dtype: float32\n", `"samples/array"`, `"arrayShape": "4,30"`, "num_bytes: 480000\n"},
	} {
		in := example()
		m := in.Manifest
		m.Rows, m.Cols, m.Form = 4, 30, &manifest.Form{Name: "some", DType: dtype, Unit: "session"}
		if dtype == "text" {
			m.Rows, m.Cols = 0, 0
		}
		m.Settings = manifest.NewSettings(map[string]string{"form": "some"})
		text, err := card.Readme(in)
		if err != nil {
			t.Fatal(err)
		}
		croissant, err := card.Croissant(in)
		if err != nil {
			t.Fatal(err)
		}
		text += string(croissant)
		for _, want := range append(want, "records of 112 bytes") {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", dtype, want, text)
			}
		}
		for _, not := range []string{"dtype: image", "image-classification", "ImageObject", "records of 96 bytes"} {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q", dtype, not)
			}
		}
	}
}
