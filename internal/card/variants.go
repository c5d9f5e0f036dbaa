package card

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
)

// types are the types of elements, in words.
var types = map[string]string{"": "uint8", "u8": "uint8", "i8": "int8", "i16": "int16", "f32": "float32"}

// arrayText is what a sample is: "28x28 `uint8`", "text". Elements of several bytes have the
// byte order in front.
func arrayText(m *manifest.Manifest, order string) string {
	switch t := m.DType(); t {
	case "text":
		return "text"
	case "i16", "f32":
		return fmt.Sprintf("%dx%d %s`%s`", m.Rows, m.Cols, order, types[t])
	default:
		return fmt.Sprintf("%dx%d `%s`", m.Rows, m.Cols, types[t])
	}
}

// unitText is what one sample is made of.
func unitText(m *manifest.Manifest) string {
	switch m.Settings.Get("unit") {
	case "flow":
		return "one flow, all packets of a five-tuple in one direction"
	case "packet":
		return "one packet"
	}
	return "one session, all packets of a five-tuple in both directions"
}

func (w *writer) about() {
	m := w.in.Manifest
	if w.in.About.Description != "" {
		w.line("%s\n", w.in.About.Description)
	}
	w.line("%s of network traffic, made from %s by [pcapmill](https://github.com/pcapmill/pcapmill) %s.",
		plural(m.Samples, "sample"), plural(int64(len(m.Captures)), "packet capture"), markdown(m.Tool.Version))
	if m.Settings.Form() != "" && m.Form != nil {
		w.form(m)
		return
	}
	what := "its packets"
	if m.Settings.Get("content") == "payload" {
		what = "the TCP or UDP payload of its packets"
	}
	w.line("A sample is %s: %s one behind the other, masked, the first %s bytes of that,", unitText(m), what, thousands(m.Settings.Int("length")))
	w.line("padded with zeros, as a %s array of `uint8`. Sample *i* has label *i*.", m.Settings.Get("shape"))
}

// form says what a sample of a form is, in the words of the manifest.
func (w *writer) form(m *manifest.Manifest) {
	w.line("A sample is %s, masked, in the form `%s`: %s. Sample *i* has label *i*.\n", unitText(m), code(m.Settings.Form()), arrayText(m, ""))
	f := m.Form
	for _, fact := range [][2]string{
		{"Rows and columns", f.Axes},
		{"Units", f.Units},
		{"Where nothing is", f.Pad},
		{"Begins in a packet", f.Start},
		{"Packets", f.Selection},
		{"Sizes", f.Sizes},
		{"Times", f.Time},
		{"Limits", f.Clip},
	} {
		if fact[1] != "" && fact[1] != "-" {
			w.line("* %s: %s.", fact[0], markdown(fact[1]))
		}
	}
}

// variants says what samples there are of each unit.
func (w *writer) variants() {
	m := w.in.Manifest
	if m.Variants == nil {
		return
	}
	w.line("\n## Variants\n")
	w.line("There are several samples of every unit. Row *i* is the same unit in all of them: same label, same row of the table, same side of the split.")
	w.line("What this card says of samples is said of the first one. Each other one stands in a folder of its own, under the same file names.\n")
	w.line("| variant | folder | sample | settings that differ |\n|---|---|---|---|")
	w.line("| `%s` | this one | %s | those below |", m.Variant, arrayText(m, ""))
	for i := range m.Variants {
		v := m.Of(i)
		w.line("| `%s` | `%s/%s` | %s | %s |", v.Variant, manifest.VariantsName, v.Variant, arrayText(v, ""), w.differences(&v.Settings))
	}
}

// differences are the settings of a variant that are not those of the first one.
func (w *writer) differences(own *manifest.Settings) string {
	var list []string
	for _, r := range settings.Recorded() {
		if value := own.Get(r.Key); r.Key != "length" && value != w.in.Manifest.Settings.Get(r.Key) {
			list = append(list, fmt.Sprintf("%s `%s`", r.Name, code(cmp.Or(r.Shown(value), "none"))))
		}
	}
	return cmp.Or(strings.Join(list, ", "), "none")
}

// ofVariant reports whether a variant can have this setting of its own.
func ofVariant(r *settings.Record) bool {
	return slices.Contains([]string{"mask", "mac", "ip", "ports", "checksums", "udp-pad", "content", "form", "length", "shape", "forge"}, r.Option.Name)
}

// entries are the file of variants that makes these ones.
func (w *writer) entries() {
	m := w.in.Manifest
	if m.Variants == nil {
		return
	}
	w.line("VARIANTS is this file:\n")
	entry := func(name string, s *manifest.Settings) {
		w.line("    - name: %s", name)
		each(s, func(r *settings.Record, value string) {
			if ofVariant(r) && r.Option.Name != "length" { // it is that of the shape
				w.line("      %s: \"%s\"", r.Option.Name, oneLine(value))
			}
		})
	}
	entry(m.Variant, &m.Settings)
	for i := range m.Variants {
		entry(m.Variants[i].Name, &m.Variants[i].Settings)
	}
	w.line("")
}

// forgeKey is the id of the key of what was forged, in any variant; "" if there is none.
func (in *Input) forgeKey() string {
	id := in.Manifest.Settings.Get("forge_key")
	for i := range in.Manifest.Variants {
		id = cmp.Or(id, in.Manifest.Variants[i].Settings.Get("forge_key"))
	}
	return id
}
