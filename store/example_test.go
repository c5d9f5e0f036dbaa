package store_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// exampleDir is a dataset of two captures with three samples each.
func exampleDir() (dir string, remove func()) {
	root, err := os.MkdirTemp("", "store-example")
	if err != nil {
		log.Fatal(err)
	}
	dir = filepath.Join(root, "dataset")
	w, err := store.Create(dir, form())
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		if err := add(w, 3); err != nil {
			log.Fatal(w.Fail(err))
		}
	}
	if err := w.Commit(); err != nil {
		log.Fatal(w.Fail(err))
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return dir, func() { _ = os.RemoveAll(root) }
}

// Read the samples and labels of a dataset.
func ExampleOpen() {
	dir, remove := exampleDir() // what 'pcapmill convert' wrote
	defer remove()

	d, err := store.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	samples, err := d.Samples()
	if err != nil {
		log.Fatal(err)
	}
	defer samples.Close()
	labels, err := d.Labels()
	if err != nil {
		log.Fatal(err)
	}
	defer labels.Close()
	for {
		sample, err := samples.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		label, err := labels.Next()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(label, sample)
	}
	// Output:
	// 0 [1 0 0 0]
	// 1 [1 0 0 0]
	// 0 [1 1 0 0]
	// 0 [1 1 0 0]
	// 1 [1 2 0 0]
	// 0 [1 2 0 0]
}

// Find two samples of each class, evenly spread over it.
func ExampleDataset_Pick() {
	dir, remove := exampleDir()
	defer remove()

	d, err := store.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	places, err := d.Pick(2)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range d.Manifest().Classes {
		fmt.Println(c.Name, places[c.Label])
	}
	// Output:
	// a [0 3]
	// b [1 4]
}

// Divide a dataset, and read which samples are for training.
func ExampleDivide() {
	dir, remove := exampleDir()
	defer remove()

	o := split.Options{Weights: split.Weights{50, 0, 50}, By: split.Session, Salt: "example", Fallback: split.UseSession}
	r, err := store.Divide(context.Background(), dir, o, false)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Record.Sides.Total() == r.Manifest.Samples, r.Record.Settings.By)
	// Output:
	// true session
}
