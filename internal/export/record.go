package export

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/manifest"
)

// RecordName is the file that says what an export was made from, in dataset.AsideFolder.
const RecordName = "__pcapmill/export.json"

// formerRecordName is what it was called in exports that are read, verified and replaced
// like others, and made no more.
const formerRecordName = "export.json"

// Format and Version say how to read it. Other formats and higher versions are refused.
const (
	Format  = "pcapmill export"
	Version = 1
)

// Record is the content of RecordName, but for the list of files, which may be long:
// see EachFile.
type Record struct {
	Format      string            `json:"format"`
	Version     int               `json:"version"`
	Tool        manifest.Tool     `json:"tool"`
	Name        string            `json:"name"` // of the file format: "npz"
	Options     map[string]string `json:"options"`
	Fingerprint string            `json:"fingerprint"` // of the dataset, see Fingerprint
	Samples     int64             `json:"samples"`
	Sides       []SideCount       `json:"sides"`
}

// SideCount is the number of samples on a side.
type SideCount struct {
	Side    string `json:"side"`
	Samples int64  `json:"samples"`
}

// File is one file of an export. Its name is relative to the export, with slashes.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Fingerprint is the SHA-256, in hexadecimal, of what a dataset is: its manifest
// without the tool that wrote it and without the time it took, and of what stands for its
// split (View.SplitDigest).
func Fingerprint(m *manifest.Manifest, splitDigest string) (string, error) {
	c := *m
	c.Tool, c.Totals.Seconds = manifest.Tool{}, 0
	c.Captures = slices.Clone(m.Captures)
	for i := range c.Captures {
		c.Captures[i].Seconds = 0
	}
	text, err := c.Encode()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(text, "split "+splitDigest...))
	return hex.EncodeToString(sum[:]), nil
}

// encode writes the record and the files that each hands over, one a line.
func (r *Record) encode(w io.Writer, each func(line func(File) error) error) error {
	head, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	_, _ = b.Write(bytes.TrimSuffix(head, []byte("\n}"))) // Flush returns the first error
	_, _ = b.WriteString(",\n \"files\": [")
	end := "\n  "
	err = each(func(f File) error {
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		_, _ = b.WriteString(end)
		end = ",\n  "
		_, err = b.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	_, _ = b.WriteString("\n ]\n}\n")
	return b.Flush()
}

// Read reads the record of the export in dir. It wraps fs.ErrNotExist if there is none.
func Read(dir string) (*Record, error) { return read(fsys.OS{}, dir, nil) }

// EachFile calls f for every file that the record in dir lists, in order.
func EachFile(dir string, f func(File) error) error {
	_, err := read(fsys.OS{}, dir, f)
	return err
}

// errFiles is what f returned, which is not about the record.
type errFiles struct{ error }

func (e errFiles) Unwrap() error { return e.error }

// maxRecord is more bytes than any record has: a line of some 130 bytes for each of 16
// million files.
const maxRecord = 2 << 30

func read(disk fsys.FS, dir string, each func(File) error) (*Record, error) {
	path := filepath.Join(dir, RecordName)
	file, err := fsys.OpenInside(disk, dir, RecordName, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		if former, e := fsys.OpenInside(disk, dir, formerRecordName, os.O_RDONLY); e == nil || !errors.Is(e, fs.ErrNotExist) {
			path, file, err = filepath.Join(dir, formerRecordName), former, e
		}
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() > maxRecord {
		return nil, errors.Join(err, fmt.Errorf("%s: more than %d bytes", path, int64(maxRecord)))
	}
	r, err := scan(file, each)
	var of errFiles
	switch {
	case errors.As(err, &of):
		return nil, of.error
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// scan reads a record up to its files, or all of it if each is not nil.
func scan(r io.Reader, each func(File) error) (*Record, error) {
	d := json.NewDecoder(bufio.NewReader(r))
	if err := expect(d, '{'); err != nil {
		return nil, err
	}
	head := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		if key == "files" { // the last
			if each == nil {
				return check(head)
			}
			if err := scanFiles(d, each); err != nil {
				return nil, err
			}
			continue
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		head[fmt.Sprint(key)] = value
	}
	if err := expect(d, '}'); err != nil {
		return nil, err
	}
	return check(head)
}

func scanFiles(d *json.Decoder, each func(File) error) error {
	if err := expect(d, '['); err != nil {
		return err
	}
	for d.More() {
		var f File
		if err := d.Decode(&f); err != nil {
			return err
		}
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return fmt.Errorf("file %q is not inside the export", f.Name)
		}
		if err := each(f); err != nil {
			return errFiles{err}
		}
	}
	return expect(d, ']')
}

func expect(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err == nil && t != want {
		err = fmt.Errorf("not a record of an export: %v at byte %d, need %v", t, d.InputOffset(), want)
	}
	return err
}

func check(head map[string]json.RawMessage) (*Record, error) {
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	r := &Record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	switch {
	case r.Format != Format:
		return nil, fmt.Errorf("not a record of an export: format %q, need %q", r.Format, Format)
	case r.Version > Version:
		return nil, fmt.Errorf("version %d, this program reads up to %d: use a newer pcapmill", r.Version, Version)
	}
	return r, nil
}
