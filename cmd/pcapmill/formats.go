package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/arrow"
	"github.com/pcapmill/pcapmill/dataset/csv"
	"github.com/pcapmill/pcapmill/dataset/mnist"
	"github.com/pcapmill/pcapmill/dataset/nprint"
	"github.com/pcapmill/pcapmill/dataset/npy"
	"github.com/pcapmill/pcapmill/dataset/parquet"
	"github.com/pcapmill/pcapmill/dataset/png"
	textformat "github.com/pcapmill/pcapmill/dataset/text"
	"github.com/pcapmill/pcapmill/dataset/wds"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/mill"
)

// storeFormat is the one that every dataset has, and that is not exported.
const storeFormat = "idx"

// A format is one that datasets are exported to.
type format struct {
	name    string
	options []string // that decide what is written, besides the dataset
	holds   holding
	make    func(v *config.Values) (dataset.Exporter, error)
}

// holding is which samples a format can hold.
type holding uint8

const (
	holdsBytes  holding = iota // pictures: u8
	holdsArrays                // of any type
	holdsText
	holdsBits   // of the form nprint
	holdsTokens // of the form tokens
	holdsAll
)

// fits reports whether a format holds samples of a form, "" of the first bytes of sessions.
func (h holding) fits(spec dataset.Spec, form string) bool {
	switch h {
	case holdsBytes:
		return spec.Type == dataset.U8
	case holdsArrays:
		return spec.Type != dataset.Text
	case holdsText:
		return spec.Type == dataset.Text
	case holdsBits:
		return form == "nprint"
	case holdsTokens:
		return form == "tokens"
	}
	return true
}

// exportJobsFor are the formats that were asked for, if they can hold the samples that o
// makes, in all variants.
func exportJobsFor(v *config.Values, o *mill.Options) ([]export.Job, error) {
	jobs, err := exportJobs(v)
	if err != nil {
		return nil, err
	}
	for _, one := range o.EachVariant() {
		if err := checkFormats(jobs, one.Spec(), one.Form.Name()); err != nil {
			if o.Variants != nil {
				err = usage("variant %s: %w; 'pcapmill export --variant' renders one variant", one.Variant, err)
			}
			return nil, err
		}
	}
	return jobs, nil
}

// checkFormats refuses a format that was asked for and cannot hold the samples.
func checkFormats(jobs []export.Job, spec dataset.Spec, form string) error {
	var can []string
	for _, f := range formats() {
		if f.holds.fits(spec, form) {
			can = append(can, f.name)
		}
	}
	for _, j := range jobs {
		if name := j.Exporter.Name(); !slices.Contains(can, name) {
			if form == "" {
				form = represent.Default
			}
			return usage("--format %s cannot hold the form %s, whose samples are %v: take %s", name, form, spec, strings.Join(can, ", "))
		}
	}
	return nil
}

// formats are all of them, in the order of config's list of names. A new format is a
// room below dataset/, an entry here, and its name there.
func formats() []format {
	return []format{
		{"mnist", []string{"gzip", "layout"}, holdsBytes, func(v *config.Values) (dataset.Exporter, error) {
			f := mnist.Format{Gzip: v.On("gzip"), Raw: v.Get("layout") == "raw"}
			if f.Gzip && f.Raw {
				return nil, usage("%s: torchvision, for which --layout raw is, opens only uncompressed files: give one of the two", from(v, "gzip"))
			}
			return f, nil
		}},
		{"npy", nil, holdsArrays, func(*config.Values) (dataset.Exporter, error) { return npy.Format{}, nil }},
		{"npz", nil, holdsArrays, func(*config.Values) (dataset.Exporter, error) { return npy.Archive{}, nil }},
		{"png", nil, holdsBytes, func(v *config.Values) (dataset.Exporter, error) { return png.Format{Workers: v.Number("workers")}, nil }},
		{"wds", []string{"shard-size", "shards"}, holdsArrays, func(v *config.Values) (dataset.Exporter, error) {
			size, n, err := shards(v)
			return wds.Format{ShardSize: size, Shards: n, Workers: v.Number("workers")}, err
		}},
		{"parquet", []string{"shard-size", "shards"}, holdsAll, func(v *config.Values) (dataset.Exporter, error) {
			size, n, err := shards(v)
			return parquet.Images{ShardBytes: size, Shards: n, Workers: v.Number("workers")}, err
		}},
		{"parquet-bytes", []string{"shard-size", "shards"}, holdsBytes, func(v *config.Values) (dataset.Exporter, error) {
			size, n, err := shards(v)
			return parquet.Images{Bytes: true, ShardBytes: size, Shards: n, Workers: v.Number("workers")}, err
		}},
		{"tsv", nil, holdsText, func(*config.Values) (dataset.Exporter, error) { return textformat.TSV{}, nil }},
		{"jsonl", nil, holdsText, func(*config.Values) (dataset.Exporter, error) { return textformat.JSON{}, nil }},
		{"arrow", nil, holdsTokens, func(*config.Values) (dataset.Exporter, error) { return arrow.Format{}, nil }},
		{"nprint-csv", nil, holdsBits, func(*config.Values) (dataset.Exporter, error) { return nprint.Format{}, nil }},
		{"table", nil, holdsAll, func(*config.Values) (dataset.Exporter, error) { return parquet.Samples{}, nil }},
		{"csv", nil, holdsAll, func(*config.Values) (dataset.Exporter, error) { return csv.Exporter{}, nil }},
	}
}

// shards are the options about shards: the size in bytes, and the number of them.
func shards(v *config.Values) (size int64, n int, err error) {
	const mostSize, most = 1 << 20, 99999 // a TiB; what the names of Parquet files count to
	size = int64(v.Number("shard-size"))
	if size < 1 || size > mostSize {
		return 0, 0, usage("%s: %d: need 1 to %d MiB", from(v, "shard-size"), size, mostSize)
	}
	if n = v.Number("shards"); n > most {
		return 0, 0, usage("%s: %d: need at most %d", from(v, "shards"), n, most)
	}
	return size << 20, n, nil
}

// exportJobs are the formats that were asked for, each once, without the store's.
func exportJobs(v *config.Values) (jobs []export.Job, err error) {
	var asked []string
	for word := range strings.SplitSeq(v.Get("format"), ",") {
		asked = append(asked, strings.TrimSpace(word))
	}
	for _, f := range formats() {
		if !slices.Contains(asked, f.name) {
			continue
		}
		job := export.Job{Options: map[string]string{}, Workers: v.Number("workers")}
		if job.Exporter, err = f.make(v); err != nil {
			return nil, err
		}
		for _, name := range f.options {
			if o, ok := settings.Find(name); ok && name == "shards" && v.Get(name) == o.Default {
				continue // so that records of before it was there say the same
			}
			job.Options[name] = v.Get(name)
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// exportCommand is the command line that renders an export anew with the options that
// it was made with.
func exportCommand(dir, variant string, r *export.Record) string {
	line := fmt.Sprintf("pcapmill export %s --format %s", shown(dir), shown(r.Name))
	if variant != "" {
		line += " --" + variantOption + " " + shown(variant)
	}
	defaults := config.Defaults()
	for _, o := range settings.Options() { // in the order of --help
		if value, ok := r.Options[o.Name]; ok && value != defaults.Get(o.Name) {
			line += " --" + o.Name + " " + shown(value)
		}
	}
	return line
}
