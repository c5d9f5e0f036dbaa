// Command unpack undoes gzip with klauspost/compress and throws the result away:
// what decompressing alone costs with the fastest library there is in Go, for
// pcapmill to be compared with. The buffer in front and the length of the reads are
// the product's (capture.BlockLen); there is no digest and no packet.
//
//	go run ./dev/bench/unpack mixed.pcap.gz
//
// It prints the number of bytes. Exit status: 0 done, 1 failed, 2 wrong usage.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"

	"github.com/pcapmill/pcapmill/capture"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: unpack FILE.gz")
		os.Exit(2)
	}
	n, err := unpack(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "unpack:", err)
		os.Exit(1)
	}
	fmt.Println(n)
}

// unpack returns the number of bytes that stand in the file when uncompressed.
func unpack(path string) (n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	block := make([]byte, capture.BlockLen)
	for {
		got, err := z.Read(block)
		n += int64(got)
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, fmt.Errorf("%s: %w", path, err)
		}
	}
}
