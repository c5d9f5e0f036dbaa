package idx_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/datasettest"
	"github.com/pcapmill/pcapmill/internal/fsys"
)

// The suite's datasets are below the limit; in place; and change from one to the other.
func TestConformance(t *testing.T) {
	for name, limit := range map[string]int64{"rewriting": 0, "in place": -1, "changing": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			datasettest.Run(t, func() dataset.Format { return idx.Format{RewriteLimit: limit} }, readPair)
		})
	}
}

// The same suite, read back by this package's own reader.
func TestConformanceOwnReader(t *testing.T) {
	datasettest.Run(t, func() dataset.Format { return idx.Format{} }, readOwn)
}

// Labels of four bytes.
func TestConformanceWide(t *testing.T) {
	for name, limit := range map[string]int64{"rewriting": 0, "in place": -1, "changing": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			datasettest.RunWide(t, func() dataset.Format { return idx.Format{RewriteLimit: limit, Labels: idx.Int32} }, readOwn)
		})
	}
}

// readPair reads a dataset as the format's description says and as numpy users do: by
// offsets, sharing nothing with the package.
func readPair(t *testing.T, dir string) (samples [][]byte, labels []uint16) {
	t.Helper()
	images, err := os.ReadFile(filepath.Join(dir, "session_output.idx3"))
	if err != nil {
		t.Fatal(err)
	}
	lab, err := os.ReadFile(filepath.Join(dir, "label_output.idx1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(images) < 16 || binary.BigEndian.Uint32(images) != 0x803 || len(lab) < 8 || binary.BigEndian.Uint32(lab) != 0x801 {
		t.Fatalf("headers % x and % x", images[:min(len(images), 16)], lab[:min(len(lab), 8)])
	}
	count := int(binary.BigEndian.Uint32(images[4:]))
	size := int(binary.BigEndian.Uint32(images[8:]) * binary.BigEndian.Uint32(images[12:]))
	if n := int(binary.BigEndian.Uint32(lab[4:])); n != count {
		t.Fatalf("%d images, %d labels", count, n)
	}
	if len(images) < 16+count*size || len(lab) < 8+count {
		t.Fatalf("%d bytes of images and %d of labels for %d samples", len(images), len(lab), count)
	}
	for i := range count {
		samples = append(samples, images[16+i*size:][:size])
	}
	for _, l := range lab[8 : 8+count] {
		labels = append(labels, uint16(l))
	}
	return samples, labels
}

func readOwn(t *testing.T, dir string) (samples [][]byte, labels []uint16) {
	t.Helper()
	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	lab, err := idx.OpenLabels(filepath.Join(dir, idx.LabelsName))
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	for range images.Len() {
		m, err := images.Next()
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, append([]byte(nil), m...))
	}
	if labels, err = lab.All(); err != nil {
		t.Fatal(err)
	}
	return samples, labels
}

// Every call to the file system fails once.
func TestFaults(t *testing.T) {
	large := dataset.Spec{Rows: 256, Cols: 1024}
	for name, limit := range map[string]int64{"rewriting": 0, "in place": -1, "changing": 2 << 20} {
		t.Run(name, func(t *testing.T) {
			spec := large
			if limit == 0 {
				spec = small // else it is copied in hundreds of calls
			}
			datasettest.Faults(t, spec, func(disk fsys.FS) dataset.Format { return idx.Format{RewriteLimit: limit, FS: disk} }, readPair)
		})
	}
}
