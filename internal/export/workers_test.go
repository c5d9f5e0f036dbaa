package export_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/png"
	"github.com/pcapmill/pcapmill/dataset/wds"
	"github.com/pcapmill/pcapmill/internal/export"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// onOpen is a disk that calls a function before a file is opened.
type onOpen struct {
	fsys.OS
	do func(name string, flag int) error
}

func (d onOpen) OpenFile(name string, flag int, perm fs.FileMode) (fsys.File, error) {
	if err := d.do(name, flag); err != nil {
		return nil, err
	}
	return d.OS.OpenFile(name, flag, perm)
}

// TestWorkers: any number of them makes the same files and the same record; where files cannot be made or read back they fail
// over the same one, the first, and leave the export that was there; and so they do when they are interrupted.
func TestWorkers(t *testing.T) {
	v := open(t, makeDataset(t, 450, 50, 3))
	for _, test := range []struct {
		of    func(workers int) dataset.Exporter
		first string // of two files that cannot be made, or read
		later string
	}{
		{func(workers int) dataset.Exporter { return png.Format{Workers: workers} }, "0000000300-c0-s0.png", "0000000301-c0-s0.png"},
		{func(workers int) dataset.Exporter { return wds.Format{Workers: workers} }, "all-000004.tar", "all-000005.tar"},
	} {
		var want map[string]string
		said := map[string]string{}
		for _, workers := range []int{1, 2, 7} {
			job := export.Job{Exporter: test.of(workers), Workers: workers}
			into := t.TempDir()
			r, err := export.Render(t.Context(), v, job, into)
			if err != nil {
				t.Fatal(err)
			}
			if err := export.Verify(t.Context(), r.Dir, workers); err != nil {
				t.Error(err)
			}
			have := contents(t, into)
			if want == nil {
				want = have
			}
			if !maps.Equal(have, want) || len(have) < 8 {
				t.Errorf("%s, %d workers: other files: %d and %d", job.Exporter.Name(), workers, len(have), len(want))
			}
			for what, writing := range map[string]bool{"make": true, "read": false} {
				ctx, stop := context.WithCancel(t.Context())
				for _, interrupt := range []bool{false, true} {
					_, err := export.RenderIn(ctx, onOpen{do: func(name string, flag int) error {
						if base := filepath.Base(name); writing != (flag&os.O_CREATE != 0) || base != test.first && base != test.later {
							return nil
						}
						if interrupt {
							stop()
							return nil
						}
						return &fs.PathError{Op: "open", Path: filepath.Base(name), Err: syscall.EIO}
					}}, v, job, into)
					switch {
					case interrupt && !errors.Is(err, context.Canceled), !interrupt && (!errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), test.first)):
						t.Errorf("%s, %d workers, %s, interrupted %t: %v", job.Exporter.Name(), workers, what, interrupt, err)
					case !interrupt && said[what] == "":
						said[what] = err.Error()
					case !interrupt && said[what] != err.Error():
						t.Errorf("%s, %d workers, %s: %v, of others %s", job.Exporter.Name(), workers, what, err, said[what])
					}
					if left, err := os.ReadDir(into); err != nil || len(left) != 1 || !maps.Equal(contents(t, into), have) {
						t.Errorf("%s, %d workers, %s: left %v; %v", job.Exporter.Name(), workers, what, left, err)
					}
				}
				stop()
			}
			for _, name := range []string{test.later, test.first} { // the first one in the record is named
				path := filepath.Join(r.Dir, "all", "first", name)
				if strings.HasSuffix(name, ".tar") {
					path = filepath.Join(r.Dir, name)
				}
				var damaged *export.DamagedError
				if err := os.Truncate(path, 1); err != nil {
					t.Fatal(err)
				}
				if err := export.Verify(t.Context(), r.Dir, workers); !errors.As(err, &damaged) || filepath.Base(damaged.Path) != name {
					t.Errorf("%d workers: %v, need %s", workers, err, name)
				}
			}
		}
	}
}
