package card

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/manifest"
)

// frontMatter is the YAML at the head of the card, which the Hugging Face Hub and
// datasets.load_dataset read.
func frontMatter(in *Input) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("---")
	for _, l := range in.About.licenseLines() {
		line("%s", l)
	}
	line("pretty_name: %s", quoted(in.About.name()))
	line("task_categories:\n- %s", taskCategory(in.Manifest))
	line("tags:\n- network-traffic\n- pcap\n- traffic-classification\n- pcapmill")
	line("size_categories:\n- %s", sizeCategory(in.Manifest.Samples))
	if sides := in.imageSides(); len(sides) > 0 {
		line("configs:\n- config_name: default\n  data_files:")
		for _, side := range sides {
			line("  - split: %s\n    path: %s/%s-*.parquet", side, imagesFolder, side)
		}
		if file := in.tableFile(); file != "" {
			line("- config_name: table\n  data_files: %s", file)
		}
		info(&b, in, sides)
	} else if in.has(tableFile) {
		line("configs:\n- config_name: table\n  data_files: %s", tableFile)
	} else {
		line("viewer: false  # the Hub cannot show these files; after pcapmill export --format parquet it can")
	}
	line("---")
	return b.String()
}

// taskCategory is one of those that the Hub knows.
func taskCategory(m *manifest.Manifest) string {
	switch m.DType() {
	case "", "u8":
		return "image-classification"
	case "text":
		return "text-classification"
	default:
		return "tabular-classification"
	}
}

// info is the part that says what columns, labels and splits there are. Sizes are those
// of the cells.
func info(b *strings.Builder, in *Input, sides []string) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	line("dataset_info:\n  config_name: default\n  features:")
	switch m := in.Manifest; m.DType() {
	case "", "u8":
		line("  - name: image\n    dtype: image")
	case "text":
		line("  - name: text\n    dtype: string")
	default:
		line("  - name: array\n    dtype:\n      array2_d:\n        shape:\n        - %d\n        - %d\n        dtype: %s", m.Rows, m.Cols, types[m.DType()])
	}
	for _, c := range table.Plain(in.extra()) {
		dtype := [...]string{table.Int: "int64", table.Text: "string", table.Time: "timestamp[ns, tz=UTC]"}[c.Kind]
		if c.Name != "label" || len(in.classes()) == 0 {
			line("  - name: %s\n    dtype: %s", c.Name, dtype)
			continue
		}
		line("  - name: label\n    dtype:\n      class_label:\n        names:")
		for _, class := range in.classes() {
			line("          '%d': %s", class.Label, quoted(class.Name))
		}
	}
	line("  splits:")
	cell := map[string]int64{"i16": 2, "f32": 4}[in.Manifest.DType()]
	pixels := int64(in.Manifest.Rows) * int64(in.Manifest.Cols) * max(cell, 1)
	for _, side := range sides {
		line("  - name: %s", side)
		if pixels > 0 { // the lines of a side have no known length
			line("    num_bytes: %d", pixels*in.examples(side))
		}
		line("    num_examples: %d", in.examples(side))
	}
	var size int64
	for _, f := range in.below(imagesFolder, ".parquet") {
		size += f.Size
	}
	line("  download_size: %d", size)
	if pixels > 0 {
		line("  dataset_size: %d", pixels*in.all())
	}
}

// examples is the number of samples of a side in Parquet; what is not split is all train.
func (in *Input) examples(side string) int64 {
	if len(in.Splits) == 0 {
		return in.all()
	}
	for _, s := range in.Splits {
		switch {
		case s.Name != side:
		case in.ImagesKnown:
			return s.Samples - s.Unknown
		default:
			return s.Samples
		}
	}
	return 0
}

// all is the number of samples that Parquet may have.
func (in *Input) all() int64 {
	if in.ImagesKnown {
		return in.Manifest.Samples - in.unknown()
	}
	return in.Manifest.Samples
}

// quoted is a string in YAML, in quotes as JSON has them. Characters that YAML does not
// take as they are, or that turn the direction of writing, are escaped.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string and a Builder: cannot fail
	text := strings.TrimSuffix(b.String(), "\n")
	b.Reset()
	for _, r := range text {
		switch {
		case r >= 0x7f && r < 0xa0, r&0xfffe == 0xfffe, unicode.Is(unicode.Cf, r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sizeCategory is what the Hub calls a number of samples.
func sizeCategory(n int64) string {
	steps := []string{"n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "n>1B"}
	at := 0
	for limit := int64(1000); n >= limit && at < len(steps)-1; limit *= 10 {
		at++
	}
	return steps[at]
}
