package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/google/rpmpack"
)

func modeOf(f file) fs.FileMode { return fs.FileMode(f.mode) }

// packaged is a version of semantic versioning as dpkg and rpm order it: 1.0.0~rc.1 comes before 1.0.0.
func packaged(version string) string { return strings.Replace(version, "-", "~", 1) }

// deb writes a package for dpkg: an ar archive of a version, what is said of the package, and its
// files (deb(5)).
func deb(w io.Writer, version, arch string, files []file, when time.Time) error {
	size := 0
	var sums strings.Builder
	for _, f := range files {
		size += (len(f.content) + 1023) / 1024
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.content), f.name) //nolint:gosec // what dpkg --verify compares
	}
	control := fmt.Sprintf("Package: pcapmill\nVersion: %s\nArchitecture: %s\nMaintainer: %s\nInstalled-Size: %d\n"+
		"Section: science\nPriority: optional\nHomepage: %s\nDescription: %s\n %s\n",
		packaged(version), arch, maintainer, size, homepage, summary, strings.ReplaceAll(description, "\n", "\n "))

	var meta, data bytes.Buffer
	about := []file{{"control", 0o644, []byte(control)}, {"md5sums", 0o644, []byte(sums.String())}}
	if err := tarGz(&meta, about, "./", when); err != nil {
		return err
	}
	if err := tarGz(&data, files, "./", when); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "!<arch>\n"); err != nil {
		return err
	}
	for _, m := range []file{{"debian-binary", 0, []byte("2.0\n")}, {"control.tar.gz", 0, meta.Bytes()}, {"data.tar.gz", 0, data.Bytes()}} {
		if _, err := fmt.Fprintf(w, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, when.Unix(), 0, 0, "100644", len(m.content)); err != nil {
			return err
		}
		if len(m.content)%2 == 1 {
			m.content = append(m.content, '\n')
		}
		if _, err := w.Write(m.content); err != nil {
			return err
		}
	}
	return nil
}

// rpm writes a package for rpm.
func rpm(w io.Writer, version, arch string, files []file, when time.Time) error {
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch]
	if machine == "" {
		return fmt.Errorf("no name for the architecture %s in rpm", arch)
	}
	r, err := rpmpack.NewRPM(rpmpack.RPMMetaData{
		Name: "pcapmill", Version: packaged(version), Release: "1", Arch: machine, OS: "linux",
		Summary: summary, Description: description, URL: homepage, Packager: maintainer, Licence: "BSD-3-Clause",
		BuildHost: "localhost", BuildTime: when, Compressor: "gzip",
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		r.AddFile(rpmpack.RPMFile{
			Name: "/" + f.name, Body: f.content, Mode: uint(0o100000 | f.mode), Owner: "root", Group: "root",
			MTime: uint32(when.Unix()),
		})
	}
	return r.Write(w)
}
