package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// wheel writes a wheel into a directory: the package in PROJECT/src, the program among the scripts,
// so that pip puts it on the PATH as it is, and the metadata of PROJECT/pyproject.toml. It prints the
// name of the wheel. Format: PyPA, Binary distribution format 1.0; SBOM: PEP 770.
func wheel(dir, version, tags, project string, rest []string, when time.Time) error {
	if i := slices.Index(rest, "--sbom"); i >= 0 && i != len(rest)-2 {
		return fmt.Errorf("--sbom FILE comes last")
	}
	var sbom string
	if n := len(rest); n > 2 && rest[n-2] == "--sbom" {
		rest, sbom = rest[:n-2], rest[n-1]
	}
	if len(rest) < 2 {
		return fmt.Errorf("wheel: need a binary and at least one file with a licence")
	}
	p, err := readProject(project)
	if err != nil {
		return err
	}
	number, err := pythonVersion(version)
	if err != nil {
		return err
	}
	stem := p.Name + "-" + number
	info := stem + ".dist-info/"

	files, err := sources(filepath.Join(project, "src"))
	if err != nil {
		return err
	}
	add := func(name string, mode int64, from string) error {
		content, err := os.ReadFile(from)
		files = append(files, file{name, mode, content})
		return err
	}
	if err := add(stem+".data/scripts/"+filepath.Base(rest[0]), 0o755, rest[0]); err != nil {
		return err
	}
	var licenses []string
	for _, l := range rest[1:] {
		licenses = append(licenses, filepath.Base(l))
		if err := add(info+"licenses/"+filepath.Base(l), 0o644, l); err != nil {
			return err
		}
	}
	if sbom != "" {
		if err := add(info+"sboms/pcapmill.cdx.json", 0o644, sbom); err != nil {
			return err
		}
	}
	metadata, err := p.metadata(number, licenses, project)
	if err != nil {
		return err
	}
	about := "Wheel-Version: 1.0\nGenerator: pcapmill dev/tools/pack\nRoot-Is-Purelib: false\n"
	all := expand(tags)
	for _, t := range all {
		about += "Tag: " + t + "\n"
	}
	files = append(files, file{info + "METADATA", 0o644, metadata}, file{info + "WHEEL", 0o644, []byte(about)})

	// The metadata comes last, the record as the very last: readers look from the end.
	rank := func(f file) int {
		if strings.HasPrefix(f.name, info) {
			return 1
		}
		return 0
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.name, b.name)) })
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256(f.content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.content))
	}
	record.WriteString(info + "RECORD,,\n")
	files = append(files, file{info + "RECORD", 0o644, []byte(record.String())})

	var out bytes.Buffer
	if err := zipFile(&out, files, when); err != nil {
		return err
	}
	name := filepath.Join(dir, stem+"-"+tags+".whl")
	fmt.Println(name)
	return os.WriteFile(name, out.Bytes(), 0o644)
}

// sources are the Python files below a folder, and what marks them as typed.
func sources(top string) (files []file, err error) {
	err = filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if ext := path.Ext(d.Name()); ext != ".py" && ext != ".pyi" && d.Name() != "py.typed" {
			return nil
		}
		name, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(p)
		files = append(files, file{filepath.ToSlash(name), 0o644, content})
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no Python", top)
	}
	return files, err
}

// expand lists the tags that a compressed set stands for: "py3-none-a.b" is py3-none-a and py3-none-b.
func expand(tags string) (all []string) {
	parts := strings.Split(tags, "-")
	for _, python := range strings.Split(parts[0], ".") {
		for _, abi := range strings.Split(parts[1], ".") {
			for _, platform := range strings.Split(parts[2], ".") {
				all = append(all, python+"-"+abi+"-"+platform)
			}
		}
	}
	return all
}

var semantic = regexp.MustCompile(`^(\d+\.\d+\.\d+)(?:-(alpha|beta|rc)\.?(\d+))?$`)

// pythonVersion is a version of semantic versioning as PEP 440 writes it: 1.0.0-rc.1 is 1.0.0rc1.
func pythonVersion(version string) (string, error) {
	m := semantic.FindStringSubmatch(version)
	if m == nil {
		return "", fmt.Errorf("version %q: need X.Y.Z, or X.Y.Z-rc.N, -beta.N or -alpha.N", version)
	}
	return m[1] + map[string]string{"": "", "alpha": "a", "beta": "b", "rc": "rc"}[m[2]] + m[3], nil
}
