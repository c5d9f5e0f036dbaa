package inflate_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/capture/inflate"
)

func compressed(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a Buffer does not fail
	_ = z.Close()
	return b.Bytes()
}

func ExampleNewGzipReader() {
	in := append(compressed("one member, "), compressed("and another")...)
	text, err := io.ReadAll(inflate.NewGzipReader(bytes.NewReader(in), inflate.Options{}))
	fmt.Println(string(text), err)
	// Output: one member, and another <nil>
}

// Two goroutines decode chunks of one large member, while Read puts them
// together. A pool that has other work, too, would put tasks into its queue.
func ExampleOptions() {
	in := compressed("imagine some gigabytes")
	z := inflate.NewGzipReader(bytes.NewReader(in), inflate.Options{
		Workers: 2,
		Run:     func(task func()) { go task() },
	})
	text, err := io.ReadAll(z)
	fmt.Println(string(text), err, z.Close())
	// Output: imagine some gigabytes <nil> <nil>
}

func ExampleCorruptError() {
	in := compressed("what stands before the damage is kept")
	_, err := io.ReadAll(inflate.NewGzipReader(bytes.NewReader(in[:len(in)-20]), inflate.Options{}))
	var corrupt *inflate.CorruptError
	switch {
	case errors.As(err, &corrupt):
		fmt.Println("corrupt before byte", corrupt.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		fmt.Println("cut off")
	case errors.Is(err, inflate.ErrChecksum):
		fmt.Println("another content")
	}
	// Output: cut off
}
