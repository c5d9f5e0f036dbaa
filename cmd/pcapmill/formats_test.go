package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/settings"
)

// TestFormats compares the list of formats with the names that --format takes, with
// the names that exporters have, and with the documentation.
func TestFormats(t *testing.T) {
	names := []string{storeFormat}
	index, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats", "export.md"))
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	help(&page, newExport())
	for _, f := range formats() {
		names = append(names, f.name)
		v := config.Defaults()
		x, err := f.make(v)
		if err != nil || x.Name() != f.name {
			t.Errorf("%s: %v, %v", f.name, x, err)
		}
		for _, o := range f.options {
			if v.Get(o) == "" {
				t.Errorf("%s: option %s is none of the table's", f.name, o)
			}
		}
		if !strings.Contains(string(index), "| `"+f.name+"` |") {
			t.Errorf("docs/formats/export.md does not list %s", f.name)
		}
		if !strings.Contains(page.String(), "\n  "+f.name+" ") && !strings.Contains(page.String(), " "+f.name+" ") {
			t.Errorf("the help of export does not say what %s is", f.name)
		}
	}
	for _, o := range settings.Options() {
		if o.Name == "format" && !slices.Equal(slices.Sorted(slices.Values(o.Values)), slices.Sorted(slices.Values(names))) {
			t.Errorf("--format takes %v, the formats are %v", o.Values, names)
		}
	}
}

func TestExportJobs(t *testing.T) {
	for asked, want := range map[string]string{
		"idx": "", "npz": "npz", "wds, npz ,wds": "npz wds", "idx,mnist": "mnist",
	} {
		v := config.Defaults()
		if err := v.Set("format", asked, "--format"); err != nil {
			t.Fatal(err)
		}
		jobs, err := exportJobs(v)
		var have []string
		for _, j := range jobs {
			have = append(have, j.Exporter.Name())
		}
		if err != nil || strings.Join(have, " ") != want {
			t.Errorf("%s: %v, %v; want %s", asked, have, err, want)
		}
	}
}

func TestExportCommand(t *testing.T) {
	for want, r := range map[string]export.Record{
		"pcapmill export data --format npz":                          {Name: "npz"},
		"pcapmill export data --format mnist":                        {Name: "mnist", Options: map[string]string{"gzip": "off", "layout": "flat"}},
		"pcapmill export data --format mnist --gzip on":              {Name: "mnist", Options: map[string]string{"gzip": "on", "layout": "flat"}},
		`pcapmill export data --format "\x1b" --shard-size "\n1"`:    {Name: "\x1b", Options: map[string]string{"shard-size": "\n1"}},
		"pcapmill export data --format mnist --gzip on --layout raw": {Name: "mnist", Options: map[string]string{"layout": "raw", "gzip": "on", "none of ours": "x"}},
	} {
		if have := exportCommand("data", "", &r); have != want {
			t.Errorf("%s, want %s", have, want)
		}
	}
}

func TestSidesText(t *testing.T) {
	for want, r := range map[string]export.Record{
		"1 sample":                                     {Samples: 1, Sides: []export.SideCount{{Side: "all", Samples: 1}}},
		"1,500 samples: train 1,000, test 500":         {Samples: 1500, Sides: []export.SideCount{{Side: "train", Samples: 1000}, {Side: "test", Samples: 500}}},
		"9 samples: train 3, validation 0, left out 6": {Samples: 9, Sides: []export.SideCount{{Side: "train", Samples: 3}, {Side: "validation"}}},
	} {
		if have := sidesText(&r); have != want {
			t.Errorf("%q, want %q", have, want)
		}
	}
}

// TestInterruptedExport: a context that has ended leaves no export, and the status says so.
func TestInterruptedExport(t *testing.T) {
	dir := t.TempDir()
	c := recipe{link: 1, sessions: 2, payload: 50, format: "pcap", seed: 1}
	if err := os.WriteFile(filepath.Join(dir, "email1.pcap"), c.file(), 0o666); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	var stdout, stderr bytes.Buffer
	if code := run([]string{"convert", filepath.Join(dir, "email1.pcap"), "-o", data}, &stdout, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	before, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	for _, f := range formats() {
		if !f.holds.fits(dataset.Spec{Rows: 28, Cols: 28}, "") {
			continue
		}
		format := f.name
		if !f.holds.fits(dataset.Spec{Rows: 28, Cols: 28}, "") {
			continue
		}
		root := newRoot()
		root.SetArgs([]string{"export", data, "--format", format})
		stdout.Reset()
		root.SetOut(&stdout)
		root.SetErr(&stderr)
		var s *status
		if err := root.ExecuteContext(ctx); !errors.As(err, &s) || s.code != exitInterrupted || stdout.Len() > 0 {
			t.Errorf("%s: %v, %s", format, err, &stdout)
		}
		if _, err := os.Stat(filepath.Join(data, format)); err == nil {
			t.Errorf("%s: there is an export", format)
		}
	}
	if after, err := os.ReadDir(data); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v, was %v, %v", after, before, err)
	}
}
