package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/store"
)

func newExport() *cobra.Command {
	var into, variant string
	unknown := text{value: keepUnknown, kind: keepUnknown + "|" + skipUnknown}
	cmd := &cobra.Command{
		Use:   "export DIR --format LIST",
		Short: "render a dataset in the formats that others load",
		Long: `Renders the dataset in DIR, which stays as it is, in one or more formats, each into
a folder of its name: DIR/npz and so on. An export that is there is replaced as a
whole, at the end, in one step; a folder that pcapmill did not make, or that holds
other files too, is refused.

  mnist  the IDX files under the names of MNIST (torchvision, idx2numpy)
  npy    numpy arrays, which can be memory-mapped
  npz    one archive of them under the names of Keras
  png    SIDE/CLASS/KEY.png for ImageFolder
  wds    WebDataset shards: picture, label and row of each sample
  parquet        pictures, labels and rows, for Hugging Face datasets and DuckDB
  parquet-bytes  the same with the bytes of the samples as they are
  tsv            text with labels in the files of ET-BERT
  jsonl          text with labels as JSON lines
  arrow          tokens as Arrow streams, for netFound
  nprint-csv     header bits under the names of nPrint
  table          the table of samples, without the samples, as Parquet
  csv            the same as text

Each folder holds __pcapmill/export.json: of which state of the dataset it is, and
the SHA-256 of its files. When the dataset has grown, 'pcapmill inspect' and 'verify' call the
export stale; the same command renders it anew.`,
		Example: `  pcapmill export dataset --format npz
  pcapmill export dataset --format mnist --layout raw
  pcapmill export dataset --format png,wds --into /data/exports`,
		Args: count(1, "name one dataset"),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			if unknown.value != keepUnknown && unknown.value != skipUnknown {
				return usage("--%s: %q: need %s or %s", unknownOption, unknown.value, keepUnknown, skipUnknown)
			}
			return exportDataset(cmd, args[0], variant, into, v, unknown.value == skipUnknown)
		},
	}
	exits(cmd, "0  done", "1  failed; everything is as it was", "2  wrong usage", "5  some are done, another failed: it is named and as it was, and the same command completes it",
		"130  interrupted; exports that are not named as done are as they were")
	addOptions(cmd, "format", "gzip", "layout", "shard-size", "shards", "workers")
	cmd.Flags().Var(&unknown, unknownOption, "samples that no class matches: keep them under the label of unknown, or leave them out")
	must(cmd.RegisterFlagCompletionFunc(unknownOption, cobra.FixedCompletions([]string{keepUnknown, skipUnknown}, cobra.ShellCompDirectiveNoFileComp)))
	addVariant(cmd, &variant)
	cmd.Flags().StringVarP(&into, "into", "o", "", "directory for the folders of the formats; made if absent (default the dataset's own, or the variant's)")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

// unknownOption says what becomes of samples that no class matches, in all formats alike.
const (
	unknownOption            = "unknown"
	keepUnknown, skipUnknown = "keep", "skip"
)

func exportDataset(cmd *cobra.Command, dir, variant, into string, v *config.Values, known bool) error {
	jobs, err := exportJobs(v)
	if err != nil {
		return err
	}
	for i := range jobs {
		if jobs[i].Known = known; known {
			jobs[i].Options[unknownOption] = skipUnknown
		}
	}
	if len(jobs) == 0 {
		return usage("name the formats to export to, such as --format npz; %s is what every dataset has already", storeFormat)
	}
	d, err := store.OpenVariant(dir, variant)
	if err == nil { // else the export says what is wrong
		form := ""
		if d.Manifest().Form != nil {
			form = d.Manifest().Form.Name
		}
		if err := checkFormats(jobs, d.Spec(), form); err != nil {
			return err
		}
	}
	if into == "" {
		into = dir
		if d != nil {
			into = d.Place()
		}
	}
	c := newConsole(cmd)
	done, err := c.render(cmd.Context(), dir, variant, into, jobs)
	c.rendered(done)
	if err != nil {
		code := exitFailed
		if len(done) > 0 {
			code = exitBehind
		}
		if errors.Is(err, context.Canceled) {
			code, err = exitInterrupted, errors.New("interrupted: exports that are not named as done are as they were")
		}
		return &status{code, noDataset(dir, &named{err, []string{dir, into}})}
	}
	return nil
}

// lockBoth locks the dataset, so that nobody changes it meanwhile, and the directory
// that exports go to, which is made if it is absent. A dataset that cannot be written to
// needs no lock.
func lockBoth(dir, into string) (release func(), err error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(into, 0o777); err != nil {
		return nil, err
	}
	other, err := os.Stat(into)
	if err != nil {
		return nil, err
	}
	a, err := store.Lock(dir)
	if os.SameFile(info, other) {
		if err != nil {
			return nil, err
		}
		return func() { _ = a.Release() }, nil
	}
	if err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return nil, err
	}
	b, err := store.Lock(into)
	if err != nil {
		if a != nil {
			_ = a.Release()
		}
		return nil, err
	}
	return func() {
		_ = b.Release()
		if a != nil {
			_ = a.Release()
		}
	}, nil
}

// renderAll renders formats of every variant of the dataset in dir, each beside its samples.
func (c *console) renderAll(ctx context.Context, dir string, jobs []export.Job) (done []*export.Rendered, err error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	d, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	all, err := d.All()
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		more, err := c.render(ctx, dir, d.Manifest().Variant, d.Place(), jobs)
		if done = append(done, more...); err != nil {
			return done, err
		}
	}
	return done, nil
}

// variantOption names a variant.
const variantOption = "variant"

// addVariant gives a command a flag for one of the variants of a dataset.
func addVariant(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVar(name, variantOption, "", "the samples of this variant: a `NAME` of the file that --variants named (default the first)")
}

// exportError is what went wrong with one format.
type exportError struct {
	name  string
	cause error
}

func (e *exportError) Error() string {
	return "exporting " + e.name + ": " + e.cause.Error()
}

func (e *exportError) Unwrap() error { return e.cause }

// render renders formats of the dataset in dir below into. It returns those that are
// done, with the error that ended it.
func (c *console) render(ctx context.Context, dir, variant, into string, jobs []export.Job) (done []*export.Rendered, err error) {
	if len(jobs) == 0 {
		return nil, nil
	}
	if _, err := store.OpenVariant(dir, variant); err != nil { // before anything is made or locked
		return nil, err
	}
	release, err := lockBoth(dir, into)
	if err != nil {
		return nil, err
	}
	defer release()
	d, err := store.OpenVariant(dir, variant) // again: the lock is ours now
	if err != nil {
		return nil, err
	}
	view, err := d.View()
	if err != nil {
		return nil, err
	}
	for _, job := range jobs {
		stop := c.sampleBar(job.Exporter.Name(), view)
		r, err := export.Render(ctx, view, job, into)
		stop()
		if err != nil {
			return done, &exportError{job.Exporter.Name(), err}
		}
		done = append(done, r)
	}
	return done, nil
}

// rendered says what was rendered.
func (c *console) rendered(done []*export.Rendered) {
	for _, r := range done {
		if c.json != nil {
			c.event(map[string]any{
				"event": "export", "format": r.Record.Name, "dir": r.Dir, "files": r.Files, "bytes": r.Bytes,
				"sides": r.Record.Sides, "fingerprint": r.Record.Fingerprint,
			})
			continue
		}
		c.say("%s: %s, %s, %s", shown(r.Dir), plural(r.Files, "file"), bytesText(r.Bytes), sidesText(r.Record))
	}
}

// sidesText is how many samples there are, and on which sides.
func sidesText(r *export.Record) string {
	text := plural(r.Samples, "sample")
	rest := r.Samples
	for i, s := range r.Sides {
		if s.Side == dataset.Whole.String() {
			rest -= s.Samples
			break
		}
		text += map[bool]string{true: ": ", false: ", "}[i == 0] + s.Side + " " + thousands(s.Samples)
		rest -= s.Samples
	}
	if rest > 0 {
		text += ", left out " + thousands(rest)
	}
	return text
}
