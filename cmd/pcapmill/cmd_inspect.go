package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/internal/report"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
)

// inspector holds what the user asked inspect for.
type inspector struct {
	c         *console
	out       io.Writer
	width     int // of the terminal, in columns; 0: none
	samples   int
	sheet     string
	withLeak  bool
	variant   string
	addresses bool
	top       int
	values    *config.Values
}

func newInspect() *cobra.Command {
	in := &inspector{}
	cmd := &cobra.Command{
		Use:   "inspect DIR|FILE",
		Short: "look at a dataset, an IDX file or a capture",
		Long: `DIR with a dataset: settings, class balance, and samples of each class drawn with
grey half blocks on a terminal, or as pictures where the terminal says that it has them
(kitty's graphics, sixel), in plain characters elsewhere, or into a PNG. With --leak also
the mean of each class, and a map of what each byte or cell alone tells of it.

FILE.idx3 or FILE.idx1, plain or in gzip: header, counts and samples or labels.

A capture (- is standard input): format, link types, time span, packets and why they
would be left out, and the largest sessions. Their addresses and ports are shown only
on request.`,
		Example: `  pcapmill inspect dataset
  pcapmill inspect dataset --samples 10 --png samples.png
  pcapmill inspect dataset --leak
  pcapmill inspect capture.pcap --top 20 --addresses`,
		Args: count(1, "name one dataset, IDX file or capture"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in.c = newConsole(cmd)
			in.out, in.width = in.c.out, in.c.width
			if in.values, err = choose(cmd); err != nil {
				return err
			}
			if in.samples < 0 || in.top < 0 {
				return usage("inspect: --samples and --top need 0 or more")
			}
			return in.inspect(cmd, args[0])
		},
	}
	exits(cmd, "0  done", "1  it cannot be read", "2  wrong usage", "3  the capture is damaged; what is before the damage is shown", "130  interrupted")
	addOptions(cmd, "drop", "resync", "mac", "content", "length", "shape", "workers", "memory", "tmp", "max-expansion")
	cmd.Flags().IntVarP(&in.samples, "samples", "n", 3, "draw `N` samples of each class")
	cmd.Flags().StringVar(&in.sheet, "png", "", "also draw the samples into `FILE`, one row a class")
	cmd.Flags().BoolVar(&in.withLeak, "leak", false, "audit the dataset; draw means of classes and what each cell tells")
	cmd.Flags().IntVar(&in.top, "top", 10, "list the `N` largest sessions of a capture")
	cmd.Flags().BoolVar(&in.addresses, "addresses", false, "show the addresses and ports of listed sessions")
	addVariant(cmd, &in.variant)
	addJSON(cmd)
	return cmd
}

func (in *inspector) inspect(cmd *cobra.Command, path string) error {
	info, err := objects.Stat(cmd.Context(), path)
	if err == nil && info.IsDir() && objects.Is(path) {
		return usage("inspect: %s: a capture in a store can be looked at; copy a dataset, and name the directory", path)
	}
	if err != nil && path != "-" {
		return failed(err)
	}
	if err == nil && info.IsDir() {
		d, err := store.OpenVariant(path, in.variant)
		if err != nil {
			return failed(noDataset(path, &named{err, []string{path}}))
		}
		err = in.dataset(d)
		if err == nil && in.withLeak {
			err = in.leak(cmd.Context(), d)
		}
		if cmd.Context().Err() != nil {
			return &status{exitInterrupted, errors.New("interrupted")}
		}
		return failed(err)
	}
	if in.withLeak {
		return usage("inspect: --leak needs a dataset; 'pcapmill audit' reads IDX files too")
	}
	if err == nil && info.Mode().IsRegular() && !objects.Is(path) {
		if open := opener(cmd.Context(), path); open != nil {
			err := in.idxFile(path, open)
			if cmd.Context().Err() != nil {
				return &status{exitInterrupted, errors.New("interrupted")}
			}
			return failed(err)
		}
	}
	return in.capture(cmd, path)
}

// opener looks for an IDX file, plain or in gzip, of one to three dimensions; nil: it is none.
func opener(ctx context.Context, path string) func(path string) (*idx.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	isIDX := func(r io.Reader) bool {
		h, err := idx.ReadHeader(r)
		return err == nil && len(h.Dims) <= 3
	}
	if isIDX(f) {
		return idx.Open
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil
	}
	if z, err := gzip.NewReader(f); err == nil && isIDX(z) {
		return func(path string) (*idx.Reader, error) { return idx.OpenGzip(ctx, path) }
	}
	return nil
}

// say writes a line, broken into several on a terminal.
func (in *inspector) say(format string, args ...any) { say(in.out, in.width, format, args...) }

// style is how samples are drawn: as the terminal says that it can.
func (in *inspector) style() report.Style {
	if in.width == 0 || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return report.Plain
	}
	return report.Graphics(os.Getenv)
}

// columns is how wide what is drawn may be.
func (in *inspector) columns() int {
	if in.width > 0 {
		return in.width
	}
	return 100
}

// draw shows samples as text, and as a picture if one is asked for.
func (in *inspector) draw(rows []report.Row, shape sample.Shape) error {
	if err := report.Text(in.out, rows, shape, in.style(), in.columns()); err != nil {
		return err
	}
	if in.sheet == "" {
		return nil
	}
	if len(rows) == 0 {
		return errors.New("--png: there are no samples to draw")
	}
	if pixels := sheetPixels(rows, shape); pixels > mostPixels {
		return fmt.Errorf("--png: a picture of %s pixels, need at most %s: draw fewer --samples", thousands(pixels), thousands(mostPixels))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, report.Sheet(rows, shape, sheetScale)); err != nil {
		return err
	}
	return atomicfile.Write(in.sheet, b.Bytes(), 0o666)
}

// The picture has this many pixels a byte each way, and no more in all: more
// than any screen shows.
const (
	sheetScale = 2
	mostPixels = 1 << 28
)

// sheetPixels is about how many pixels a sheet has.
func sheetPixels(rows []report.Row, shape sample.Shape) int64 {
	most := 0
	for _, r := range rows {
		most = max(most, len(r.Samples))
	}
	return int64(len(rows)) * int64(most) * int64(shape.Length()) * sheetScale * sheetScale
}
