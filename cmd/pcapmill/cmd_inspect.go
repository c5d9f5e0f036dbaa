package main

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pcapmill/pcapmill/config"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/report"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// inspector holds what the user asked inspect for.
type inspector struct {
	out       io.Writer
	samples   int
	sheet     string
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
grey half blocks on a terminal, in plain characters elsewhere, or into a PNG.
FILE.idx3 or FILE.idx1: header, counts and samples or labels.
A capture: format, link types, time span, packets and why they would be left out,
and the largest sessions. Their addresses are shown only on request.

Exit status: 0 done; 1 it cannot be read; 2 wrong usage; 3 the capture is damaged.`,
		Example: `  pcapmill inspect dataset
  pcapmill inspect dataset --samples 10 --png samples.png
  pcapmill inspect capture.pcap --top 20 --addresses`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("inspect: name one dataset, IDX file or capture")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in.out = cmd.OutOrStdout()
			if in.values, err = choose(cmd); err != nil {
				return err
			}
			if in.samples < 0 || in.top < 0 {
				return usage("inspect: --samples and --top need 0 or more")
			}
			return in.inspect(cmd, args[0])
		},
	}
	addOptions(cmd, "drop", "mac", "content", "length", "shape")
	cmd.Flags().IntVarP(&in.samples, "samples", "n", 3, "samples to draw of each class")
	cmd.Flags().StringVar(&in.sheet, "png", "", "also draw the samples into `FILE`, one row a class")
	cmd.Flags().IntVar(&in.top, "top", 10, "sessions of a capture to list")
	cmd.Flags().BoolVar(&in.addresses, "addresses", false, "show the addresses and ports of listed sessions")
	return cmd
}

func (in *inspector) inspect(cmd *cobra.Command, path string) error {
	info, err := os.Stat(path)
	if err != nil && path != "-" {
		return failed(err)
	}
	if err == nil && info.IsDir() {
		m, err := manifest.Load(path)
		if errors.Is(err, manifest.ErrNone) {
			return failed(fmt.Errorf("%s holds no dataset (no %s); to look at captures, name one, or use 'pcapmill labels'", path, manifest.Name))
		}
		if err != nil {
			return failed(err)
		}
		return failed(in.dataset(path, m))
	}
	if err == nil && info.Mode().IsRegular() && isIDX(path) {
		return failed(in.idxFile(path))
	}
	return in.capture(cmd, path)
}

// isIDX looks for the two zero bytes, the uint8 type and one to three dimensions.
func isIDX(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	h, err := idx.ReadHeader(f)
	return err == nil && len(h.Dims) <= 3
}

func (in *inspector) dataset(dir string, m *manifest.Manifest) error {
	s := m.Settings
	fmt.Fprintf(in.out, "%s: %s of %dx%d bytes from %s, made by %s %s\n", dir, plural(m.Samples, "sample"), m.Rows, m.Cols,
		plural(int64(len(m.Captures)), "capture"), m.Tool.Name, m.Tool.Version)
	fmt.Fprintf(in.out, "settings: content %s, mac %s, ip %s, ports %s, checksums %s, udp-pad %v, drop %s, dedup %s, labels %s\n",
		s.Content, s.MAC, s.IP, s.Ports, s.Checksums, s.UDPPad, s.Drop, s.Dedup, s.Labels)
	t := m.Totals
	fmt.Fprintf(in.out, "packets: %s, used %s, left out: %s\n", thousands(t.Packets), thousands(t.Used), leftOut(&t))
	fmt.Fprintf(in.out, "sessions: %s, duplicates %s, conflicts %s, truncated %s, padded %s, exact %s, mean %.1f bytes\n",
		thousands(t.Sessions), thousands(t.Duplicates), thousands(t.Conflicts), thousands(t.Truncated), thousands(t.Padded), thousands(t.Exact), t.MeanLength)
	in.balance(m)
	rows, err := in.rows(dir, m)
	if err != nil {
		return err
	}
	return in.draw(rows, sample.Shape{Rows: m.Rows, Cols: m.Cols})
}

// balance draws a bar a class.
func (in *inspector) balance(m *manifest.Manifest) {
	most := int64(1)
	for _, c := range m.Classes {
		most = max(most, c.Samples)
	}
	t := tabwriter.NewWriter(in.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "LABEL\tCLASS\tSAMPLES\t")
	for _, c := range m.Classes {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", c.Label, c.Name, thousands(c.Samples), strings.Repeat("#", int(c.Samples*40/most)))
	}
	_ = t.Flush()
}

// rows picks samples of each class, evenly spread over the class.
func (in *inspector) rows(dir string, m *manifest.Manifest) ([]report.Row, error) {
	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		return nil, err
	}
	defer images.Close()
	var rows []report.Row
	for _, c := range m.Classes {
		r := report.Row{Title: c.Name}
		n := min(int64(in.samples), c.Samples)
		for i := range n {
			b := make([]byte, images.ItemSize())
			if err := images.ReadAt(b, nth(m, c.Label, i*c.Samples/n)); err != nil {
				return nil, err
			}
			r.Samples = append(r.Samples, b)
		}
		if len(r.Samples) > 0 {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// nth is the index in the dataset of the i-th sample of a label.
func nth(m *manifest.Manifest, label uint8, i int64) int64 {
	for k := range m.Captures {
		c := &m.Captures[k]
		if c.Label != label {
			continue
		}
		if i < c.Samples {
			return c.FirstSample + i
		}
		i -= c.Samples
	}
	return 0
}

func (in *inspector) draw(rows []report.Row, shape sample.Shape) error {
	style, width := report.Plain, 100
	if f, ok := in.out.(*os.File); ok && isTerminal(f) && os.Getenv("NO_COLOR") == "" {
		style = report.Grey
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			width = w
		}
	}
	if err := report.Text(in.out, rows, shape, style, width); err != nil {
		return err
	}
	if in.sheet == "" {
		return nil
	}
	var b strings.Builder
	if err := png.Encode(&b, report.Sheet(rows, shape, 2)); err != nil {
		return err
	}
	return atomicfile.Write(in.sheet, []byte(b.String()), 0o666)
}

func (in *inspector) idxFile(path string) error {
	r, err := idx.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	h := r.Header()
	fmt.Fprintf(in.out, "%s: %v\n", path, h)
	if r.Tail() > 0 {
		fmt.Fprintf(in.out, "%s behind the last item\n", bytesText(r.Tail()))
	}
	switch len(h.Dims) {
	case 1:
		return in.labelFile(r)
	case 3:
		row := report.Row{Title: "samples"}
		n := min(int64(in.samples), r.Len())
		for i := range n {
			b := make([]byte, r.ItemSize())
			if err := r.ReadAt(b, i*r.Len()/n); err != nil {
				return err
			}
			row.Samples = append(row.Samples, b)
		}
		return in.draw([]report.Row{row}, sample.Shape{Rows: int(h.Dims[1]), Cols: int(h.Dims[2])})
	}
	return nil
}

func (in *inspector) labelFile(r *idx.Reader) error {
	if r.ItemSize() != 1 {
		return nil
	}
	var counts [256]int64
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		counts[b[0]]++
	}
	for l, n := range counts {
		if n > 0 {
			fmt.Fprintf(in.out, "label %d: %s\n", l, thousands(n))
		}
	}
	return nil
}

func (in *inspector) capture(cmd *cobra.Command, path string) error {
	o, err := millOptions(in.values)
	if err != nil {
		return err
	}
	x, err := mill.Extract(cmd.Context(), path, o)
	if err != nil {
		return failed(err)
	}
	var links []string
	for _, l := range x.LinkTypes {
		links = append(links, fmt.Sprintf("%s (%d)", l, l))
	}
	fmt.Fprintf(in.out, "%s: %s, %s, link types: %s\n", shown(path), x.Format, bytesText(x.Size), orDash(strings.Join(links, ", ")))
	fmt.Fprintf(in.out, "digest: %s\n", x.Digest)
	if x.Packets > 0 {
		const layout = "2006-01-02 15:04:05.000000 MST"
		fmt.Fprintf(in.out, "time: %s to %s (%s)\n", time.Unix(0, x.First).UTC().Format(layout), time.Unix(0, x.Last).UTC().Format(layout), time.Duration(x.Last-x.First))
	}
	in.reasons(x)
	fits, bytes := x.Fits(o.Shape)
	fmt.Fprintf(in.out, "sessions: %s, truncated %s, padded %s, exact %s, empty %s, %s\n", thousands(int64(x.Sessions.Len())),
		thousands(fits[sample.Truncated]), thousands(fits[sample.Padded]), thousands(fits[sample.Exact]), thousands(fits[sample.Empty]), bytesText(bytes))
	in.largest(x.Sessions)
	if x.Damage != nil {
		return &status{exitDamaged, x.Damage}
	}
	return nil
}

func (in *inspector) reasons(x *mill.Extraction) {
	fmt.Fprintf(in.out, "packets: %s, used %s\n", thousands(x.Packets), thousands(x.Reasons[header.OK]))
	for r := header.OK + 1; r < header.Reasons; r++ {
		if n := x.Reasons[r]; n > 0 {
			fmt.Fprintf(in.out, "  left out: %s %s\n", thousands(n), r)
		}
	}
	for l, n := range x.Unknown {
		fmt.Fprintf(in.out, "  of unsupported links: %s %s (%d)\n", thousands(n), l, l)
	}
}

// largest lists the sessions with the most bytes.
func (in *inspector) largest(t *session.Table) {
	order := make([]int, t.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return -1 * compare(t.At(a).Bytes, t.At(b).Bytes)
	})
	order = order[:min(in.top, len(order))]
	if len(order) == 0 {
		return
	}
	keys := t.Keys()
	w := tabwriter.NewWriter(in.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SESSION\tFIRST PACKET\tPACKETS\tBYTES\tPROTOCOL\tENDPOINTS")
	for _, i := range order {
		p, k := t.At(i), keys[i]
		proto, ends := "TCP", "(--addresses shows them)"
		if k.Proto() == header.UDP {
			proto = "UDP"
		}
		if in.addresses {
			low, high := k.Endpoints()
			ends = low.String() + " " + high.String()
		}
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s over IPv%d\t%s\n", i, p.First, thousands(int64(p.Packets)), thousands(int64(p.Bytes)), proto, k.Version(), ends)
	}
	_ = w.Flush()
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
