package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/version"
	"github.com/pcapmill/pcapmill/internal/webreport"
	"github.com/pcapmill/pcapmill/store"
)

// reportName is the file that report writes into a dataset's directory.
const reportName = "report.html"

func newReport() *cobra.Command {
	var file, variant string
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "write what a dataset is, and what is wrong with it, as one HTML page",
		Long: `Audits the dataset in DIR and writes report.html into it: findings and the leak map
first, then small models, equal rows, classes and sides, pictures of samples, lengths,
what was read and left out, and the settings.

The page is one file. It needs no network and sends nothing. Names of captures and
classes are in it, and pictures of masked samples.`,
		Example: `  pcapmill report dataset
  pcapmill report dataset -o ~/report.html`,
		Args: count(1, "name one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := choose(cmd)
			if err != nil {
				return err
			}
			err = writeReport(cmd.Context(), args[0], variant, file, v.Number("workers"))
			switch {
			case cmd.Context().Err() != nil:
				return &status{exitInterrupted, errors.New("interrupted; report.html is as it was")}
			case err != nil:
				return failed(err)
			}
			if file == "" {
				file = filepath.Join(args[0], reportName)
				if d, err := store.OpenVariant(args[0], variant); err == nil {
					file = filepath.Join(d.Place(), reportName)
				}
			}
			newConsole(cmd).wrote(file)
			return nil
		},
	}
	exits(cmd, "0  done", "1  the dataset cannot be read, or the page cannot be written", "2  wrong usage", "130  interrupted; report.html is as it was")
	addOptions(cmd, "workers")
	addVariant(cmd, &variant)
	cmd.Flags().StringVarP(&file, "output", "o", "", "write the page to `FILE` instead of report.html in DIR")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

// writeReport audits the dataset in dir and writes its page, to file or into dir.
func writeReport(ctx context.Context, dir, variant, file string, workers int) error {
	s, err := store.OpenVariant(dir, variant)
	if err != nil {
		return noDataset(dir, &named{err, []string{dir}})
	}
	if file == "" {
		file = filepath.Join(s.Place(), reportName)
		if err := ourPage(s.Place()); err != nil {
			return err
		}
	}
	var a *audit.Report
	unjudged := ""
	if s.Spec().Type == dataset.Text {
		unjudged = "There is no audit: the samples are text, and an audit reads cells of arrays."
	} else if !labelled(s) {
		unjudged = "There is no audit: no sample has a label."
	} else {
		d, err := audit.OpenDataset(ctx, s)
		if err == nil {
			a, err = audit.Run(ctx, d, audit.Options{Workers: workers})
		}
		var e *audit.EvaluationError
		var large *audit.SizeError
		switch {
		case errors.As(err, &e):
			unjudged, err = "There is no audit: "+e.Error()+".", nil
		case errors.As(err, &large):
			unjudged, err = "There is no audit: "+large.Error()+".", nil
		}
		if err != nil {
			return &named{err, []string{dir}}
		}
	}
	r, err := webreport.FromDataset(ctx, titleOf(dir, variant), s, a, workers)
	if err != nil {
		return &named{err, []string{dir}}
	}
	r.Unjudged = unjudged
	return writePage(file, r)
}

// titleOf is what a page calls a dataset, or one of its variants.
func titleOf(dir, variant string) string {
	title := filepath.Base(absolute(dir))
	if variant != "" {
		title += ", " + variant
	}
	return title
}

// auditPage writes the page of an audit.
func auditPage(ctx context.Context, args []string, variant string, d *audit.Data, a *audit.Report, file string, workers int) error {
	s, err := store.OpenVariant(args[0], variant)
	title := titleOf(args[0], variant)
	if err != nil || len(args) > 1 { // files of others
		r, err := webreport.FromData(ctx, title, d, a, workers)
		if err != nil {
			return err
		}
		return writePage(file, r)
	}
	r, err := webreport.FromDataset(ctx, title, s, a, workers)
	if err != nil {
		return err
	}
	return writePage(file, r)
}

func writePage(file string, r *webreport.Report) error {
	r.Version = version.String()
	var b bytes.Buffer
	if err := webreport.Write(&b, r); err != nil {
		return err
	}
	return atomicfile.Write(file, b.Bytes(), 0o666)
}

// labelled reports whether any sample has a class.
func labelled(s *store.Dataset) bool {
	m := s.Manifest()
	for _, c := range m.Classes {
		if c.Label != m.Unknown() && c.Samples > 0 {
			return true
		}
	}
	return false
}

// ourPage refuses to replace a report.html of somebody else's.
func ourPage(dir string) error {
	f, err := fsys.OpenInside(fsys.OS{}, dir, reportName, os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if !bytes.Contains(head[:n], []byte(webreport.Generator)) {
		path := filepath.Join(dir, reportName)
		return &hinted{&named{fmt.Errorf("%s: it was not written by pcapmill", path), []string{path}}, "move it away, or write the page elsewhere with --output FILE"}
	}
	return nil
}

// absolute is the path from the root, where that can be told.
func absolute(path string) string {
	if p, err := filepath.Abs(path); err == nil {
		return p
	}
	return path
}
