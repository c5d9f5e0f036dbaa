//go:build !linux

package main

import (
	"errors"
	"io"
	"os"
)

// each reads the file and gives it away in order, a chunk at a time.
func each(path string, do func(b []byte)) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := make([]byte, chunk)
	for {
		n, err := io.ReadFull(f, b)
		do(b[:n])
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return err
		}
	}
}
