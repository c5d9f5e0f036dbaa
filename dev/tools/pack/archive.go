package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"io"
	"time"
)

// archive writes files below a folder, as .tar.gz or as .zip.
func archive(w io.Writer, zipped bool, folder string, files []file, when time.Time) error {
	var below []file
	for _, f := range files {
		f.name = folder + "/" + f.name
		below = append(below, f)
	}
	if zipped {
		return zipFile(w, below, when)
	}
	return tarGz(w, below, "", when)
}

// tarGz writes files and the folders above them, each name with a prefix.
func tarGz(w io.Writer, files []file, prefix string, when time.Time) error {
	return compress(w, func(w io.Writer) error {
		t := tar.NewWriter(w)
		header := tar.Header{Format: tar.FormatUSTAR, ModTime: when, Uname: "root", Gname: "root"}
		for _, dir := range folders(files) {
			h := header
			h.Typeflag, h.Name, h.Mode = tar.TypeDir, prefix+dir+"/", 0o755
			if err := t.WriteHeader(&h); err != nil {
				return err
			}
		}
		for _, f := range files {
			h := header
			h.Typeflag, h.Name, h.Mode, h.Size = tar.TypeReg, prefix+f.name, f.mode, int64(len(f.content))
			if err := t.WriteHeader(&h); err != nil {
				return err
			}
			if _, err := t.Write(f.content); err != nil {
				return err
			}
		}
		return t.Close()
	})
}

// zipFile writes files in the order given.
func zipFile(w io.Writer, files []file, when time.Time) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	// Readers of ZIP know no time before 1980 and, without an extension, no odd second.
	if first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); when.Before(first) {
		when = first
	}
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		h.SetMode(modeOf(f))
		h.Modified = when.Truncate(2 * time.Second)
		part, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := part.Write(f.content); err != nil {
			return err
		}
	}
	return z.Close()
}
