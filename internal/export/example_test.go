package export_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset/npy"
	"github.com/pcapmill/pcapmill/internal/export"
)

// Render a dataset as an archive of numpy arrays, beside it.
func ExampleRender() {
	dir := exampleDataset() // what 'pcapmill convert' wrote
	defer os.RemoveAll(dir)

	view, err := openView(dir)
	if err != nil {
		log.Fatal(err)
	}
	done, err := export.Render(context.Background(), view, export.Job{Exporter: npy.Archive{}}, dir)
	if err != nil {
		log.Fatal(err)
	}
	name, _ := filepath.Rel(dir, done.Dir)
	fmt.Println(name, done.Record.Samples, "samples", done.Files, "file")
	// Output: npz 5 samples 1 file
}
