package idx

import (
	"os"

	"github.com/pcapmill/pcapmill/dataset"
)

// WithReadOnly calls do while writes in place to one of w's files fail: 0 the images, 1
// the labels.
func WithReadOnly(w dataset.Writer, file int, do func()) error {
	x := w.(*writer).files()[file]
	f, err := os.Open(x.path)
	if err != nil {
		return err
	}
	defer f.Close()
	writable := x.f
	x.f = f
	defer func() { x.f = writable }()
	do()
	return nil
}
