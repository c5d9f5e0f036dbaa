// Command notices writes the notices of third parties: whose work is in the program, and under which
// licences. It asks the Go toolchain which packages are linked for each system that is released, and
// takes the files about licences from their folders and the folders above, up to their module's.
//
//	notices REPOSITORY > THIRD_PARTY_NOTICES.txt
//
// The same modules give the same bytes. The modules must be fetched (go mod download).
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Targets are the systems that dev/scripts/release.sh builds for.
var targets = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: notices REPOSITORY")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

// text is a file about a licence, and the modules that have it, word for word.
type text struct {
	file    string
	content string
	of      []string
}

func run(repository string, w io.Writer) error {
	packages, err := linked(repository)
	if err != nil {
		return err
	}
	var texts []*text
	add := func(file, content, module string) {
		i := slices.IndexFunc(texts, func(t *text) bool { return t.content == content })
		if i < 0 {
			texts, i = append(texts, &text{file: file, content: content}), len(texts)
		}
		if !slices.Contains(texts[i].of, module) {
			texts[i].of = append(texts[i].of, module)
		}
	}
	root, err := output(repository, nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	own, err := licences(strings.TrimSpace(root))
	if err != nil {
		return err
	}
	for _, file := range own {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		add(filepath.Base(file), tidy(content), "the Go standard library")
	}
	for _, p := range packages {
		found := false
		for dir := p.Dir; ; dir = filepath.Dir(dir) {
			files, err := licences(dir)
			if err != nil {
				return err
			}
			for _, file := range files {
				content, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				name, err := filepath.Rel(p.Module.Dir, file)
				if err != nil {
					return err
				}
				add(filepath.ToSlash(name), tidy(content), p.Module.Path+" "+p.Module.Version)
				found = true
			}
			if dir == p.Module.Dir {
				break
			}
		}
		if !found {
			return fmt.Errorf("%s: no file about a licence in %s or above: somebody has to look", p.ImportPath, p.Dir)
		}
	}
	slices.SortStableFunc(texts, func(a, b *text) int { return strings.Compare(a.of[0], b.of[0]) })

	var b bytes.Buffer
	b.WriteString("Notices of third parties\n\npcapmill is under the licence in LICENSE. Its program contains the work of others, named below with\n" +
		"their licences. Made by dev/scripts/notices.sh from the modules that are linked; do not edit.\n")
	for _, t := range texts {
		fmt.Fprintf(&b, "\n%s\n", strings.Repeat("=", 80))
		for _, m := range t.of {
			fmt.Fprintln(&b, m)
		}
		fmt.Fprintf(&b, "%s\n%s\n\n%s\n", t.file, strings.Repeat("-", 80), t.content)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// linkedPackage is what go list says of a package.
type linkedPackage struct {
	ImportPath string
	Dir        string
	Module     *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// linked lists the packages of other modules that are in the program on any of the targets, by path.
func linked(repository string) (all []linkedPackage, err error) {
	for _, target := range targets {
		system, arch, _ := strings.Cut(target, "/")
		env := []string{"GOOS=" + system, "GOARCH=" + arch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off"}
		text, err := output(repository, env, "list", "-tags", "s3", "-deps", "-json=ImportPath,Dir,Module", "./cmd/pcapmill")
		if err != nil {
			return nil, err
		}
		for d := json.NewDecoder(strings.NewReader(text)); ; {
			var p linkedPackage
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			if p.Module.Dir == "" {
				return nil, fmt.Errorf("%s is not in the module cache: run go mod download", p.Module.Path)
			}
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b linkedPackage) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return slices.CompactFunc(all, func(a, b linkedPackage) bool { return a.ImportPath == b.ImportPath }), nil
}

func output(dir string, env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

var about = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying|^notice|^patents|^copyright`)

// licences are the files about licences in a folder.
func licences(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && about.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}

// tidy is a text with line feeds alone and no blanks at the ends of lines.
func tidy(content []byte) string {
	lines := strings.Split(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
