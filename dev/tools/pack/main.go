// Command pack writes the files of a release: archives, packages for Debian and for rpm, Python
// wheels. The same inputs give the same bytes on every machine: times are SOURCE_DATE_EPOCH (seconds
// since 1970, required), owners are root, modes are 0644 and 0755, order is that of names.
//
//	pack archive OUT.tar.gz|OUT.zip FOLDER FILE...
//	pack deb OUT VERSION ARCH FILE...
//	pack rpm OUT VERSION ARCH FILE...
//	pack wheel OUT-DIRECTORY VERSION TAGS PROJECT BINARY LICENSE-FILE... [--sbom FILE]
//
// A FILE is NAME=SOURCE: what it is called inside, and where its content is now. "+NAME=SOURCE" is
// executable. A NAME that ends in .gz is compressed here. ARCH is Go's: amd64 or arm64. PROJECT is
// the folder with pyproject.toml. See docs/decisions/060-releases.md.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 5 {
		return fmt.Errorf("need archive, deb, rpm or wheel with their arguments; see the comment at the top of main.go")
	}
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: need seconds since 1970: %w", err)
	}
	when := time.Unix(seconds, 0).UTC()
	if args[0] == "wheel" {
		return wheel(args[1], args[2], args[3], args[4], args[5:], when)
	}
	rest := args[4:]
	if args[0] == "archive" {
		rest = args[3:]
	}
	files, err := read(rest)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	switch args[0] {
	case "archive":
		err = archive(&out, strings.HasSuffix(args[1], ".zip"), args[2], files, when)
	case "deb":
		err = deb(&out, args[2], args[3], files, when)
	case "rpm":
		err = rpm(&out, args[2], args[3], files, when)
	default:
		err = fmt.Errorf("%q: need archive, deb, rpm or wheel", args[0])
	}
	if err != nil {
		return err
	}
	return os.WriteFile(args[1], out.Bytes(), 0o644)
}

// What every package says of the program.
const (
	summary     = "dataset compiler for network traffic"
	description = "pcapmill turns packet captures into datasets that machine-learning people train on:\n" +
		"sessions, their masked first 784 bytes as 28x28 images, in MNIST-style IDX files\nwith labels."
	homepage   = "https://github.com/pcapmill/pcapmill"
	maintainer = "the pcapmill authors"
)

// file is one file of a package.
type file struct {
	name    string // with slashes, not absolute
	mode    int64  // 0644 or 0755
	content []byte
}

// read reads the FILE arguments and returns them sorted by name.
func read(args []string) ([]file, error) {
	var files []file
	for _, a := range args {
		name, source, ok := strings.Cut(a, "=")
		if !ok {
			return nil, fmt.Errorf("%q: need NAME=SOURCE", a)
		}
		f := file{name: name, mode: 0o644}
		if executable, ok := strings.CutPrefix(name, "+"); ok {
			f.name, f.mode = executable, 0o755
		}
		if !filepath.IsLocal(f.name) {
			return nil, fmt.Errorf("%q leaves the package", f.name)
		}
		var err error
		if f.content, err = os.ReadFile(source); err != nil {
			return nil, err
		}
		if strings.HasSuffix(f.name, ".gz") {
			var b bytes.Buffer
			if err := compress(&b, func(w io.Writer) error { _, err := w.Write(f.content); return err }); err != nil {
				return nil, err
			}
			f.content = b.Bytes()
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(files); i++ {
		if files[i].name == files[i-1].name {
			return nil, fmt.Errorf("%s is named twice", files[i].name)
		}
	}
	return files, nil
}

// folders lists the folders above files, parents first.
func folders(files []file) []string {
	var all []string
	for _, f := range files {
		for dir := filepath.ToSlash(filepath.Dir(f.name)); dir != "."; dir = filepath.ToSlash(filepath.Dir(dir)) {
			all = append(all, dir)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// compress writes a gzip stream without a name or a time.
func compress(w io.Writer, content func(io.Writer) error) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := content(z); err != nil {
		return err
	}
	return z.Close()
}
