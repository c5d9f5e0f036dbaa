package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/dataset/parquet"
	"github.com/pcapmill/pcapmill/internal/card"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

func newCard() *cobra.Command {
	var about card.About
	var replace bool
	cmd := &cobra.Command{
		Use:   "card DIR",
		Short: "write a dataset card, Croissant metadata and digests of all files",
		Long: `Verifies the dataset in DIR and writes three files into it:

README.md, a dataset card with the front matter of the Hugging Face Hub: classes, splits,
captures, settings, masking, known limits, the checks that were passed, how to load it;

croissant.json, the same for programs (Croissant 1.1);

SHA256SUMS, the digests of all files, for sha256sum -c.

What only a person knows is given by the options; what is not given the card leaves to be
filled in. Run it again after adding captures, splits or exports.`,
		Example: `  pcapmill card dataset
  pcapmill card dataset --license cc-by-4.0 --creator 'A. Turing'
  cd dataset && sha256sum -c SHA256SUMS`,
		Args: count(1, "name one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := about.Check(); err != nil {
				return &status{exitUsage, err}
			}
			switch err := writeCard(cmd.Context(), args[0], about, replace); {
			case errors.Is(err, context.Canceled):
				return &status{exitInterrupted, nil}
			case err != nil:
				return failed(err)
			}
			c := newConsole(cmd)
			for _, name := range []string{card.ReadmeName, card.CroissantName, card.SumsName} {
				c.wrote(filepath.Join(args[0], name))
			}
			return nil
		},
	}
	exits(cmd, "0  done", "1  the dataset is not whole, or it cannot be written", "2  wrong usage", "130  interrupted; the files are as they were")
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&about.Name, "name", "", "`NAME` of the dataset (default: pcapmill dataset)")
	f.StringVar(&about.Description, "description", "", "`TEXT` that comes before the rest")
	f.StringVar(&about.License, "license", "", "`LICENSE`: an identifier of SPDX, such as CC-BY-4.0, a name of the Hugging Face Hub, or a URL")
	f.StringVar(&about.Creator, "creator", "", "`NAME` of who made it")
	f.StringVar(&about.URL, "url", "", "`URL` at which it is published")
	f.StringVar(&about.Date, "date", "", "day of publication, `YYYY-MM-DD`; the clock is not asked")
	f.StringVar(&about.Version, "dataset-version", "", "`VERSION` of the dataset (default: 1.0.0)")
	f.StringVar(&about.Citation, "citation", "", "how to cite it, as `BIBTEX`")
	f.BoolVar(&replace, "replace", false, "replace a README.md that was changed by hand")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

// writeCard verifies the dataset in dir, which nobody writes meanwhile, and writes its
// card.
func writeCard(ctx context.Context, dir string, about card.About, replace bool) (err error) {
	named := func(err error) error { return noDataset(dir, &named{err, []string{dir}}) }
	if _, err := store.Open(dir); err != nil { // before the lock leaves its file there
		return named(err)
	}
	lock, err := store.Lock(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	v, err := verify.Verify(dir)
	if err != nil {
		return named(fmt.Errorf("%s: %w", dir, err))
	}
	d, err := store.Open(dir)
	if err != nil {
		return named(err)
	}
	in := &card.Input{About: about, Manifest: v.Manifest, Checks: v.Promises}
	if in.Manifest.Split != nil {
		r, err := d.Split()
		if err != nil {
			return err
		}
		in.DescribeSplit(r)
	}
	if err := describeExports(in, d); err != nil {
		return err
	}
	view, err := d.View()
	if err != nil {
		return err
	}
	if in.Splits, err = card.Count(ctx, view); err != nil {
		return err
	}
	if in.Files, err = card.Collect(ctx, dir); err != nil {
		return err
	}
	err = card.Write(dir, in, replace)
	if errors.Is(err, card.ErrForeign) {
		return &hinted{err, "--replace writes a new one over it; what only you know goes into --description, --license, --creator and the other options"}
	}
	return err
}

// describeExports says how the exports were made, and refuses those of another state of
// the dataset: a card that vouches for all files must not vouch for these.
func describeExports(in *card.Input, d *store.Dataset) error {
	all, err := d.All()
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := describeBeside(in, d); err != nil {
			return err
		}
	}
	return nil
}

func describeBeside(in *card.Input, d *store.Dataset) error {
	found, err := export.Beside(d)
	if err != nil {
		return err
	}
	for _, s := range found {
		switch {
		case s.Err != nil:
			return s.Err
		case s.Stale:
			return &hinted{
				&named{fmt.Errorf("%s is stale: it is of another state of the dataset", s.Dir), []string{s.Dir}},
				fmt.Sprintf("'%s' renders it anew; or remove it", exportCommand(d.Dir(), otherVariant(d), s.Record)),
			}
		}
		in.Again = append(in.Again, exportCommand("DIR", otherVariant(d), s.Record))
		in.ImagesKnown = in.ImagesKnown || otherVariant(d) == "" && s.Record.Name == (parquet.Images{}).Name() && s.Record.Options[unknownOption] == skipUnknown
	}
	return nil
}
