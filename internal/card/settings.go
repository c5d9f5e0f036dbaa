package card

import (
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
)

// value is a setting as a person reads it.
func (w *writer) value(key string) string {
	for _, r := range settings.Recorded() {
		if r.Key == key {
			return r.Shown(w.in.Manifest.Settings.Get(key))
		}
	}
	return ""
}

// each walks the settings that the manifest has: all but those omitted at their defaults,
// and a size that is the form's own.
func each(s *manifest.Settings, yield func(r *settings.Record, value string)) {
	own := s.Form() != ""
	for _, r := range settings.Recorded() {
		value := s.Get(r.Key)
		if r.Omit && value == r.Default() || own && (r.Key == "length" || r.Key == "shape" && value == r.Option.Default) {
			continue
		}
		yield(&r, r.Shown(value))
	}
}

func (w *writer) settings(print string) {
	w.line("\n## Settings\n")
	w.line("| option | value |\n|---|---|")
	each(&w.in.Manifest.Settings, func(r *settings.Record, value string) {
		switch {
		case r.Key == "key" || r.Key == "forge_key":
			w.line("| `--%s` | a key with the id `%s` |", r.Option.Name, code(value))
		case r.Fact:
			w.line("| `--%s` | SHA-256 of what it holds: `%s` |", r.Option.Name, code(value))
		default:
			w.line("| `--%s` | `%s` |", r.Name, code(value))
		}
	})
	w.line("\nFingerprint of the settings, the SHA-256 of their canonical JSON: `%s`", print)
}

// limits are what is known to be wrong or unusual, from the counts.
func (w *writer) limits() {
	m := w.in.Manifest
	w.line("\n## Known limits\n")
	say := func(yes bool, format string, args ...any) {
		if yes {
			w.line("* "+format, args...)
		}
	}
	var single, none []string
	var least, most int64
	captures := w.in.capturesOf()
	for _, c := range w.in.classes() {
		switch {
		case c.Samples == 0:
			none = append(none, markdown(c.Name))
			continue
		case captures[c.Label] == 1:
			single = append(single, markdown(c.Name))
		}
		if least == 0 || c.Samples < least {
			least = c.Samples
		}
		most = max(most, c.Samples)
	}
	damaged, passed := int64(0), int64(0)
	for i := range m.Captures {
		if m.Captures[i].Damage != nil {
			damaged++
		}
		passed += gaps(&m.Captures[i])
	}
	from := m.Settings.Get("label_from")
	say(from == "name" || from == "dir", "All sessions of a capture have its label, whatever is in them: background traffic carries it too, unless the filters left it out (`--drop %s`).",
		code(m.Settings.Get("drop")))
	say(len(single) > 0, "One capture only: %s. What a model learns there may be the capture and not the class.", strings.Join(single, ", "))
	say(len(none) > 0, "Without a sample: %s.", strings.Join(none, ", "))
	say(least > 0 && most >= 10*least, "The largest class has %.0f times as many samples as the smallest.", float64(most)/float64(max(least, 1)))
	say(w.in.unknown() > 0, "%s of no class, label %d.", plural(w.in.unknown(), "sample"), m.Unknown())
	say(m.Totals.Conflicts > 0, "%s whose bytes stand under another label too: no model can tell these apart.", plural(m.Totals.Conflicts, "sample"))
	say(m.Settings.Get("dedup") == "none", "Duplicates were not removed, and may stand on both sides of a split.")
	say(from == "table", "Labels are those of the table that was given, and as right as its clock: a session is looked for by five-tuple and time.")
	say(passed > 0, "%s of captures could not be true and were passed over (`--resync on`); what is behind them may belong to sessions before them.", plural(passed, "part"))
	say(damaged > 0, "%s ended before its end; what is before the damage is in the dataset.", plural(damaged, "capture"))
	say(m.Totals.Padded > 0 && 2*m.Totals.Padded > m.Totals.Truncated+m.Totals.Padded+m.Totals.Exact, "Most sessions are shorter than a sample: its length can be read off its zeros.")
	say(true, "Packets stand in capture order, retransmissions included; nothing is reassembled or decrypted, and tunnels count by their outer headers.")
}

// load shows how to read it. The commands are run in the dataset's directory.
func (w *writer) load() {
	m := w.in.Manifest
	labels := `np.fromfile("label_output.idx1", np.uint8)[8:]`
	if m.LabelType == manifest.LabelInt32 {
		labels = `np.fromfile("label_output.idx1", ">i4")[2:]`
	}
	w.line("\n## Load it\n\nIn this directory, with numpy:\n")
	w.arrays(labels)
	if w.in.has("sample_table.bin") {
		w.line("\nwith the Python doorway of pcapmill (`pip install clients/python` in its repository), which also knows splits, class names and the table of samples:\n")
		w.line("```python\nimport pcapmill\nimages, labels, classes, table = pcapmill.load(\".\")\n```")
	}
	if len(w.in.imageSides()) > 0 {
		w.line("\nwith Hugging Face `datasets`:\n")
		w.line("```python\nimport datasets, os\ndata = datasets.load_dataset(os.getcwd())  # its last folder is the name\n```")
	}
	if file := map[bool]string{true: tableFile, false: ""}[w.in.has(tableFile)]; file != "" {
		w.line("\nwith DuckDB:\n")
		w.line("```python\nimport duckdb\nprint(duckdb.sql(\"SELECT class, count(*), avg(packets_forward) FROM '%s' GROUP BY class ORDER BY class\"))\n```", file)
	}
}

// arrays shows how numpy and torch read the samples.
func (w *writer) arrays(labels string) {
	m := w.in.Manifest
	kind, skip, whole := m.DType(), ", offset=16)", ".astype(np.float32)"
	switch kind {
	case "text":
		w.line("```python\nimport numpy as np\nlines = open(\"session_output.txt\", encoding=\"ascii\").read().split(\"\\n\")[:-1]\nlabels = %s\n```", labels)
		return
	case "", "u8":
		kind, skip, whole = "np.uint8", ")[16:]", " / np.float32(255)"
	case "i8":
		kind = "np.int8"
	case "i16":
		kind = `">i2"`
	case "f32":
		kind = `">f4"`
	}
	w.line("```python\nimport numpy as np\nimages = np.fromfile(\"session_output.idx3\", %s%s.reshape(-1, %d, %d)\nlabels = %s\n```", kind, skip, m.Rows, m.Cols, labels)
	w.line("\nwith torch:\n")
	w.line("```python\nimport numpy as np, torch\nimages = torch.from_numpy(np.fromfile(\"session_output.idx3\", %s%s.reshape(-1, 1, %d, %d)%s)", kind, skip, m.Rows, m.Cols, whole)
	w.line("labels = torch.from_numpy(%s.astype(np.int64))\n```", labels)
}

// derived reports whether the class table was made of the directories or rows that occur,
// so that no --labels names it.
func (w *writer) derived() bool {
	s := &w.in.Manifest.Settings
	if s.Get("labels_sha256") != "" {
		return false
	}
	from, labels := s.Get("label_from"), s.Get("labels")
	return from == "dir" && labels == "directories" || from == "table" && labels == "table"
}

// again is the command that makes the same dataset from the same captures.
func (w *writer) again() {
	s := &w.in.Manifest.Settings
	w.line("\n## Make it again\n\nWith the captures above, in that order, and pcapmill %s:\n", markdown(w.in.Manifest.Tool.Version))
	text := "pcapmill convert CAPTURES -o DIR"
	each(s, func(r *settings.Record, value string) {
		switch {
		case r.Key == "key":
			text += " --key-file KEY"
		case r.Key == "forge_key" || w.in.Manifest.Variants != nil && ofVariant(r):
		case r.Fact || r.Key == "labels" && w.derived():
		default:
			text += " --" + r.Option.Name + " " + shell(value)
		}
	})
	if w.in.forgeKey() != "" {
		text += " --forge-key-file FORGEKEY"
	}
	if w.in.Manifest.Variants != nil {
		text += " --variants VARIANTS"
	}
	if s.Get("label_from") == "table" {
		text += " --table TABLE"
	}
	if slices.ContainsFunc(w.in.Manifest.Captures, func(c manifest.Capture) bool { return c.SHA256 != "" }) {
		text += " --input-sha256"
	}
	for _, command := range append([]string{text}, w.in.Again...) {
		w.line("    %s", oneLine(command))
	}
	w.line("")
	w.entries()
	w.line("The same captures and settings give the same bytes on any machine; only the seconds in `%s` differ.", manifest.Name)
	if s.Get("key") != "" {
		w.line("KEY is the file of the secret key, which is in none of these files.")
	}
	if w.in.forgeKey() != "" {
		w.line("FORGEKEY is the file of the key of what was forged, which is in none of these files.")
	}
	switch {
	case s.Get("label_from") == "dir":
		w.line("The captures are in the folders of their classes: name the folder that holds these.")
	case s.Get("label_from") != "table":
	case s.Get("table_sha256") != "":
		w.line("TABLE is the table of labels, whose SHA-256 stands above (of a folder: of its tables one after the other).")
	default:
		w.line("TABLE is the table of labels, with the options that it was read with; their digest stands in `%s` as `label_table`.", manifest.Name)
	}
	if s.Get("labels_sha256") != "" {
		w.line("The class table is the one above, class by class; `pcapmill labels --print` and its SHA-256 tell another one.")
	}
}
