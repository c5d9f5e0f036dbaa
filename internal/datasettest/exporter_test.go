package datasettest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/datasettest"
)

// plainExporter is the simplest exporter that keeps the contract: a file a side, with the
// label, 8 bytes, and the data of every sample. fault names the promise that it does not
// keep.
type plainExporter struct{ fault string }

func (x plainExporter) Name() string {
	if x.fault == "no name" {
		return ""
	}
	return "plain"
}

func (x plainExporter) Export(ctx context.Context, to dataset.Folder, v dataset.View) (files []dataset.File, err error) {
	if x.fault == "context dropped" {
		ctx = context.WithoutCancel(ctx)
	}
	if x.fault == "slashes refused" && slices.ContainsFunc(v.Classes(), func(c string) bool { return strings.Contains(c, "/") }) {
		return nil, dataset.ErrUnfit
	}
	for _, s := range v.Sides() {
		f, err := x.side(ctx, to, v, s)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	switch x.fault {
	case "size off":
		files[0].Size++
	case "not listed":
		_, err = to.Write("more", nil)
	case "process number in the data":
		var f dataset.File
		f, err = to.Write("trace", []byte(to.Path("")))
		files = append(files, f)
	case "empty refused":
		if v.Len(dataset.Whole) == 0 {
			err = dataset.ErrUnfit
		}
	}
	return files, err
}

func (x plainExporter) side(ctx context.Context, to dataset.Folder, v dataset.View, s dataset.Side) (dataset.File, error) {
	out, err := to.Create(s.String() + ".plain")
	if err != nil {
		return dataset.File{}, err
	}
	defer out.Abort()
	have := int64(0)
	var kept [][]byte
	which := s
	if x.fault == "all on every side" || x.fault == "left out on a side" {
		which = dataset.Whole
	}
	err = v.Each(ctx, which, func(e *dataset.Entry) error {
		if x.fault == "left out on a side" && e.Side != s && (e.Side != dataset.Whole || s == dataset.Test) {
			return nil
		}
		have++
		label := uint64(e.Label)
		switch x.fault {
		case "label off":
			label &= 0x7f
		case "labels of a byte":
			label = uint64(uint8(label))
		case "data kept":
			kept = append(kept, e.Data)
		}
		record := append(binary.BigEndian.AppendUint64(nil, label), e.Data...)
		if x.fault == "reversed" {
			kept = append([][]byte{record}, kept...)
			return nil
		}
		_, err := out.Write(record)
		return err
	})
	if x.fault == "reversed" {
		_, _ = out.Write(slices.Concat(kept...))
	}
	if err == nil && x.fault != "count believed" && x.fault != "all on every side" && x.fault != "left out on a side" {
		err = dataset.CheckLen(v, s, have)
	}
	if err != nil && x.fault != "error of the view dropped" {
		return dataset.File{}, err
	}
	f, err := out.Close()
	if x.fault == "full disk dropped" {
		err = nil
	}
	if x.fault == "data kept" && len(kept) > 1 { // as if it were written late
		b, e := os.ReadFile(to.Path(f.Name))
		copy(b[8:], kept[0])
		err = errors.Join(err, e, os.WriteFile(to.Path(f.Name), b, 0o666))
	}
	return f, err
}

func readPlainExport(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
	t.Helper()
	got := map[dataset.Side][]datasettest.Item{}
	for _, s := range []dataset.Side{dataset.Train, dataset.Validation, dataset.Test, dataset.Whole} {
		b, err := os.ReadFile(filepath.Join(dir, s.String()+".plain"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for size := 8 + v.Spec().Size(); len(b) >= size; b = b[size:] {
			got[s] = append(got[s], datasettest.Item{Data: b[8:size], Label: int(binary.BigEndian.Uint64(b))})
		}
	}
	return got
}

func runPlainExporter(t *testing.T, fault string) {
	datasettest.RunExporter(t, func() dataset.Exporter { return plainExporter{fault} }, readPlainExport, true)
}

func TestPlainExporter(t *testing.T) { runPlainExporter(t, "") }

// The suite must notice every fault, and in the check that is there for it.
func TestExporterSuiteNoticesFaults(t *testing.T) {
	for fault, check := range map[string]string{
		"no name":                    "NotSplit",
		"label off":                  "NotSplit",
		"size off":                   "NotSplit",
		"not listed":                 "NotSplit",
		"reversed":                   "NotSplit",
		"data kept":                  "NotSplit",
		"all on every side":          "Split",
		"left out on a side":         "LeftOut",
		"empty refused":              "Empty",
		"labels of a byte":           "ManyClasses",
		"slashes refused":            "OddNames",
		"process number in the data": "Deterministic",
		"count believed":             "ChangedMeanwhile",
		"error of the view dropped":  "Unreadable",
		"context dropped":            "Cancelled",
		"full disk dropped":          "FullDisk",
	} {
		t.Run(strings.ReplaceAll(fault, " ", "_"), func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestExporterFault$/^"+check+"$")
			cmd.Env = append(os.Environ(), faultEnv+"="+fault)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestExporterFault/"+check) {
				t.Errorf("check %s did not notice (%v):\n%s", check, err, out)
			}
			if strings.Contains(string(out), "panic:") {
				t.Errorf("check %s panicked:\n%s", check, out)
			}
		})
	}
}

// TestExporterFault is what TestExporterSuiteNoticesFaults runs.
func TestExporterFault(t *testing.T) {
	fault, ok := os.LookupEnv(faultEnv)
	if !ok {
		t.Skip("runs in a process of its own, started by TestExporterSuiteNoticesFaults")
	}
	runPlainExporter(t, fault)
}
