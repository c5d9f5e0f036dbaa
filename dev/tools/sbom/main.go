// Command sbom writes the bill of materials of a Go binary as CycloneDX 1.6 JSON.
//
//	sbom BINARY VERSION MODULES LICENSE
//
// VERSION is the binary's, if it was built from a directory and does not know.
// MODULES is the module cache, where the licences of libraries are read; LICENSE is
// that of the binary's own module. What it lists is what the toolchain recorded
// in the binary, so it is what is in there and no more. Nothing of the machine
// and no clock gets in: the same binary gives the same bytes. See
// docs/decisions/019-supply-chain.md.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: sbom BINARY VERSION MODULES LICENSE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(binary, version, modules, license string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	own, err := licenseOf(license)
	if err != nil {
		return fmt.Errorf("%s: %w", license, err)
	}

	if v := info.Main.Version; v != "" && v != "(devel)" {
		version = v
	}
	main := component(info.Main.Path, version, cdx.ComponentTypeApplication, own)
	main.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
	var settings []cdx.Property
	for _, s := range info.Settings {
		settings = append(settings, cdx.Property{Name: "go:build:" + s.Key, Value: s.Value})
	}
	main.Properties = &settings

	parts := []cdx.Component{component("std", strings.TrimPrefix(info.GoVersion, "go"), cdx.ComponentTypeLibrary, []string{"BSD-3-Clause"})}
	below := []string{parts[0].BOMRef}
	for _, m := range info.Deps {
		c, err := library(m, modules)
		if err != nil {
			return err
		}
		parts, below = append(parts, c), append(below, c.BOMRef)
	}

	bom := cdx.NewBOM()
	bom.SpecVersion, bom.JSONSchema = cdx.SpecVersion1_6, "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.SerialNumber = serial(sum)
	bom.Metadata = &cdx.Metadata{Component: &main}
	bom.Components = &parts
	// The binary tells which modules are in it, not which of them needs which.
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &below}}
	return cdx.NewBOMEncoder(os.Stdout, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
}

// component is a part with its package URL.
func component(path, version string, kind cdx.ComponentType, licenses []string) cdx.Component {
	url := "pkg:golang/" + path + "@" + version
	var all cdx.Licenses
	for _, id := range licenses {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return cdx.Component{BOMRef: url, Type: kind, Name: path, Version: version, PackageURL: url, Licenses: &all}
}

// library is a module that is compiled in.
func library(m *debug.Module, modules string) (c cdx.Component, err error) {
	for m.Replace != nil {
		m = m.Replace
	}
	dir := filepath.Join(modules, escaped(m.Path)+"@"+escaped(m.Version))
	names, err := filepath.Glob(filepath.Join(dir, "*LICEN[SC]E*"))
	if err != nil || len(names) == 0 {
		return c, fmt.Errorf("%s %s: no file with a licence in %s: fetch the modules first (go mod download)", m.Path, m.Version, dir)
	}
	license, err := licenseOf(names[0])
	if err != nil {
		return c, fmt.Errorf("%s: %w", names[0], err)
	}
	c = component(m.Path, m.Version, cdx.ComponentTypeLibrary, license)
	// "h1:" is base64 of a SHA-256 over the module's files and their names, as in go.sum.
	hash, ok := strings.CutPrefix(m.Sum, "h1:")
	raw, err := base64.StdEncoding.DecodeString(hash)
	if !ok || err != nil || len(raw) != sha256.Size {
		return c, fmt.Errorf("%s %s: no hash, but %q", m.Path, m.Version, m.Sum)
	}
	c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
	return c, nil
}

// escaped is a path or version as the module cache writes it: "!a" for "A".
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Sentences by which licences are known.
var licenses = []struct{ id, text string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
	{"BSD-3-Clause", "be used to endorse or promote products derived from"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice"},
}

var spaces = regexp.MustCompile(`[\s#*]+`)

// licenseOf is the SPDX names of the licences in a file: a library can have parts
// under several. One that it does not know is an error: somebody has to look.
func licenseOf(path string) (ids []string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	plain := spaces.ReplaceAllString(string(text), " ")
	for _, l := range licenses {
		if strings.Contains(plain, l.text) {
			ids = append(ids, l.id)
		}
	}
	if slices.Contains(ids, "BSD-3-Clause") { // it holds the text of the other
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == "BSD-2-Clause" })
	}
	if ids == nil {
		return nil, fmt.Errorf("a licence that this program does not know: enter it in dev/tools/sbom")
	}
	return ids, nil
}

// serial is a UUID (version 8: of one's own making, RFC 9562) of the binary's hash.
func serial(sum [sha256.Size]byte) string {
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}
