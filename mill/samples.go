package mill

import (
	"fmt"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/manifest"
)

// eachSample calls f for every sample that the manifest counts, in order. The
// bytes are lent for the call.
func eachSample(dir string, m *manifest.Manifest, f func(i int64, b []byte, label uint16) error) error {
	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		return err
	}
	defer images.Close()
	labels, err := idx.OpenLabels(filepath.Join(dir, idx.LabelsName))
	if err != nil {
		return err
	}
	defer labels.Close()
	if images.Len() < m.Samples || labels.Len() < m.Samples {
		return fmt.Errorf("mill: %s: %d images and %d labels, but the manifest counts %d samples: the files were changed; make the dataset again",
			dir, images.Len(), labels.Len(), m.Samples)
	}
	for i := range m.Samples {
		b, err := images.Next()
		if err != nil {
			return err
		}
		l, err := labels.Next()
		if err != nil {
			return err
		}
		if err := f(i, b, l); err != nil {
			return err
		}
	}
	return nil
}
