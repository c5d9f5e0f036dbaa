package card

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/manifest"
)

// writer gathers the text of a card.
type writer struct {
	strings.Builder
	in *Input
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

// Readme is the text of README.md.
func Readme(in *Input) (string, error) {
	if err := in.check(); err != nil {
		return "", err
	}
	print, err := in.Manifest.Settings.Fingerprint()
	if err != nil {
		return "", err
	}
	w := &writer{in: in}
	w.WriteString(frontMatter(in))
	w.line("\n# %s\n", markdown(in.About.name()))
	w.about()
	w.files()
	w.variants()
	w.classes()
	w.splits()
	w.captures()
	w.settings(print)
	w.masking()
	w.limits()
	w.checks()
	w.load()
	w.again()
	w.legal()
	return sealed(w.String()), nil
}

// seal begins the last line, which holds a digest of all lines before.
const seal = "<!-- written by pcapmill card; SHA-256 of the lines above: "

func sealed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return text + seal + hex.EncodeToString(sum[:]) + " -->\n"
}

// Untouched tells whether a card is as Readme has made it.
func Untouched(text string) bool {
	at := strings.LastIndex(text, seal)
	return at >= 0 && text == sealed(text[:at])
}

func (w *writer) files() {
	m := w.in.Manifest
	labels := "uint8"
	if m.LabelType == manifest.LabelInt32 {
		labels = "big-endian int32"
	}
	w.line("\n## Files\n")
	w.line("| file | what |\n|---|---|")
	if m.DType() == "text" {
		w.line("| `session_output.txt` | the samples: %s of text |", plural(m.Samples, "line"))
		w.line("| `session_index.bin` | where each line ends: little-endian uint64 |")
	} else {
		w.line("| `session_output.idx3` | the samples: IDX, %s x %s behind a header of 16 bytes |", thousands(m.Samples), arrayText(m, "big-endian "))
	}
	w.line("| `label_output.idx1` | the labels: IDX, %s %s behind a header of 8 bytes; %d is unknown |", thousands(m.Samples), labels, m.Unknown())
	if w.in.has("sample_table.bin") {
		length := 96
		if m.Settings.Wide() {
			length = 112
		}
		w.line("| `sample_table.bin` | capture, session, times, packets, bytes and digest of every sample: records of %d bytes |", length)
	}
	w.line("| `%s` | captures, settings, classes and counts |", manifest.Name)
	w.line("| `%s`, `%s` | [Croissant](https://mlcommons.org/croissant) metadata; digests of all files, for `sha256sum -c` |", CroissantName, SumsName)
	for _, f := range w.folders() {
		what := ""
		if f.name == manifest.VariantsName && m.Variants != nil {
			what = "samples, labels and exports of the variants but the first: "
		}
		w.line("| `%s/` | %s%s, %s |", f.name, what, plural(f.files, "file"), size(f.size))
	}
}

type folder struct {
	name        string
	files, size int64
}

// folders are those of the exports, by name, with what is below.
func (w *writer) folders() (out []folder) {
	for _, f := range w.in.Files {
		name, _, deep := strings.Cut(f.Name, "/")
		if !deep {
			continue
		}
		if len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, folder{name: name})
		}
		last := &out[len(out)-1]
		last.files++
		last.size += f.Size
	}
	return out
}

func (w *writer) classes() {
	m := w.in.Manifest
	w.line("\n## Classes\n")
	w.line("Class table `%s`. %s\n", code(w.value("labels")), w.origin())
	head, rule := "| label | class | samples | share | captures |", "|---:|---|---:|---:|---:|"
	for _, s := range w.in.Splits {
		head += " " + s.Name + " |"
		rule += "---:|"
	}
	w.line("%s\n%s", head, rule)
	captures := w.in.capturesOf()
	for _, c := range m.Classes {
		label, unknown := int(c.Label), c.Label == m.Unknown()
		line := fmt.Sprintf("| %d | %s | %s | %s | %d |", label, markdown(c.Name), thousands(c.Samples), percent(c.Samples, m.Samples), captures[c.Label])
		for _, s := range w.in.Splits {
			n := s.Unknown
			if !unknown {
				n = 0
				if label < len(s.Labels) {
					n = s.Labels[label]
				}
			}
			line += " " + thousands(n) + " |"
		}
		w.line("%s", line)
	}
}

// origin says where labels come from.
func (w *writer) origin() string {
	switch from := w.in.Manifest.Settings.Get("label_from"); from {
	case "name":
		return "A capture's label comes from its name: the longest keyword decides."
	case "dir":
		return "A capture's label comes from the folder that it was in."
	case "table":
		return "Each session has its own label, from a table of five-tuples and times; what the table does not name is unknown."
	case "comment":
		return "Each session has its own label, from the comment of its first kept packet, as pcapML writes them; a session without one is unknown."
	default:
		return "Labels come from: " + markdown(from) + "."
	}
}

func (w *writer) splits() {
	w.line("\n## Splits\n")
	if len(w.in.Splits) == 0 && w.in.Split == nil {
		w.line("The dataset is not split. Samples of one capture resemble each other, so a random split of samples flatters a model:")
		w.line("split by capture, host or time (`pcapmill split`).")
		return
	}
	for _, s := range w.in.Splits {
		w.line("* **%s**: %s (%s)", s.Name, plural(s.Samples, "sample"), percent(s.Samples, w.in.Manifest.Samples))
	}
	if len(w.in.Splits) > 0 {
		w.line("")
	}
	for _, s := range w.in.Split {
		w.line("* %s", markdown(s))
	}
}

// mostCaptures is how many captures the card lists one by one.
const mostCaptures = 200

func (w *writer) captures() {
	m := w.in.Manifest
	w.line("\n## Source captures\n")
	sums := false
	for i := range m.Captures {
		sums = sums || m.Captures[i].SHA256 != ""
	}
	w.line("The digest is pcapmill's, of the uncompressed content (XXH3, 128 bits): it finds a capture again, it does not prove anything.\n")
	head, rule := "| capture | class | bytes | packets | used | sessions | samples | digest |", "|---|---|---:|---:|---:|---:|---:|---|"
	if sums {
		head, rule = head+" SHA-256 of the file |", rule+"---|"
	}
	w.line("%s\n%s", head, rule)
	for i := range m.Captures {
		if i == mostCaptures {
			w.line("\nand %s more, listed in `%s`.", thousands(int64(len(m.Captures)-i)), manifest.Name)
			break
		}
		c := &m.Captures[i]
		name := markdown(c.Name)
		if c.Damage != nil {
			name += fmt.Sprintf(" (%s at byte %d)", markdown(c.Damage.Kind), c.Damage.Offset)
		}
		if len(c.Gaps) > 0 {
			name += " (" + plural(gaps(c), "part") + " passed over)"
		}
		line := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | `%s` |", name, markdown(c.Class), thousands(c.Size), thousands(c.Packets), thousands(c.Used),
			thousands(c.Sessions), thousands(c.Samples), code(c.Digest))
		if sums {
			if c.SHA256 == "" {
				line += " - |"
			} else {
				line += " `" + code(c.SHA256) + "` |"
			}
		}
		w.line("%s", line)
	}
	t := &m.Totals
	units, of := "sessions", plural(t.Sessions, "session")
	if t.Units > 0 {
		units, of = "units", fmt.Sprintf("%s, cut into %s", of, plural(t.Units, "unit"))
	}
	w.line("\nOf %s, %s were used; left out: %s. Of %s, %s became samples; %s and %s without a byte did not.",
		plural(t.Packets, "packet"), thousands(t.Used), counted(t.LeftOut), of, thousands(t.Samples),
		plural(t.Duplicates, "duplicate"), thousands(t.Empty))
	if len(t.SessionsLeftOut) > 0 {
		w.line("%s that were not wanted: %s.", strings.ToUpper(units[:1])+units[1:], counted(t.SessionsLeftOut))
	}
	w.line("Of the %s with bytes %s were truncated, %s padded, %s fitted; they had %.1f bytes on average.", units, thousands(t.Truncated), thousands(t.Padded), thousands(t.Exact), t.MeanLength)
}

// gaps is how many parts of a capture were passed over.
func gaps(c *manifest.Capture) int64 {
	n := int64(len(c.Gaps))
	for _, g := range c.Gaps {
		n += int64(g.More)
	}
	return n
}

func (w *writer) checks() {
	w.line("\n## Checks\n")
	if len(w.in.Checks) == 0 {
		w.line("Not verified when this card was written. `pcapmill verify DIR` does it.")
		return
	}
	w.line("`pcapmill verify` found, before this card was written, that\n")
	for _, c := range w.in.Checks {
		w.line("* %s", markdown(c))
	}
	w.line("\nThat the files are the ones of that day: `sha256sum -c %s`.", SumsName)
}

func (w *writer) legal() {
	a := &w.in.About
	w.line("\n## License and citation\n")
	if a.License == "" {
		w.line("**Fill in**: the license is not stated (`pcapmill card --license`).")
	} else {
		w.line("License: %s.", markdown(a.License))
	}
	if a.Creator != "" {
		w.line("Creator: %s.", markdown(a.Creator))
	}
	if a.URL != "" {
		w.line("Published at <%s>.", strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "").Replace(a.URL))
	}
	if a.Date != "" {
		w.line("Published on %s.", a.Date)
	}
	if a.Citation != "" {
		w.line("\n```bibtex\n%s\n```", strings.ReplaceAll(strings.TrimSpace(a.Citation), "```", "'''"))
	}
}
