package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// packCommand is "pack FILE DIR": it makes an archive, of the kind that its name says, of all
// that the directory holds.
func packCommand(ts *testscript.TestScript, _ bool, args []string) {
	var members []testcap.Member
	root := ts.MkAbs(args[1])
	ts.Check(filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(p)
		members = append(members, testcap.Member{Name: filepath.ToSlash(rel), Data: b})
		return err
	}))
	name := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	ts.Check(os.WriteFile(name, pack(ts, name, members), 0o666))
}

func pack(ts *testscript.TestScript, name string, members []testcap.Member) []byte {
	switch {
	case strings.HasSuffix(name, ".zip"):
		return testcap.Zip(true, members...)
	case strings.HasSuffix(name, ".7z"):
		return testcap.SevenZip(members...)
	case strings.HasSuffix(name, ".tar"):
		return testcap.Tar(members...)
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		return testcap.Gzip(testcap.Tar(members...))
	case strings.HasSuffix(name, ".tar.xz"):
		return testcap.XZ(testcap.Tar(members...))
	case strings.HasSuffix(name, ".tar.zst"):
		return testcap.Zstd(testcap.Tar(members...))
	}
	ts.Fatalf("pack: what kind of archive is %s?", name)
	return nil
}
