package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// each maps the file and gives it away in order, a chunk at a time.
func each(path string, do func(b []byte)) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	for at := 0; at < len(mem); at += chunk {
		do(mem[at:min(at+chunk, len(mem))])
	}
	return unix.Munmap(mem)
}
