package idx_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/idx"
)

// tempDir stands in for the directory of a dataset.
func tempDir() string {
	dir, err := os.MkdirTemp("", "idx-example")
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

// Append two images of 2x2 to a file of images, in two runs.
func ExampleAppendImages() {
	dir := tempDir()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "images.idx3")

	spec := dataset.Spec{Rows: 2, Cols: 2}
	for _, image := range [][]byte{{1, 2, 3, 4}, {5, 6, 7, 8}} {
		if err := idx.AppendImages(path, spec, image); err != nil {
			log.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", b[:4])
	fmt.Printf("% x\n", b[4:16])
	fmt.Printf("% x\n", b[16:])
	// Output:
	// 00 00 08 03
	// 00 00 00 02 00 00 00 02 00 00 00 02
	// 01 02 03 04 05 06 07 08
}

// Append labels to a file of labels.
func ExampleAppendLabels() {
	dir := tempDir()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "labels.idx1")

	if err := errors.Join(idx.AppendLabels(path, 0, 3), idx.AppendLabels(path, 255)); err != nil {
		log.Fatal(err)
	}
	labels, err := idx.OpenLabels(path)
	if err != nil {
		log.Fatal(err)
	}
	defer labels.Close()
	all, err := labels.All()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(labels.Header(), all)
	// Output: uint8 3 [0 3 255]
}

// Write a dataset, in which images and labels stay in step, and read it back.
func ExampleFormat() {
	dir := tempDir()
	defer os.RemoveAll(dir)

	w, err := idx.Format{}.Open(dir, dataset.Spec{Rows: 1, Cols: 3}, 0)
	if err != nil {
		log.Fatal(err)
	}
	for i := range 3 {
		data := []byte{byte(i), byte(i), byte(i)}
		if err := w.Append(dataset.Sample{Data: data, Label: uint16(i % 2)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := errors.Join(w.Commit(), w.Close()); err != nil {
		log.Fatal(err)
	}

	images, err := idx.OpenImages(filepath.Join(dir, idx.ImagesName))
	if err != nil {
		log.Fatal(err)
	}
	defer images.Close()
	for {
		image, err := images.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(image)
	}
	// Output:
	// [0 0 0]
	// [1 1 1]
	// [2 2 2]
}
