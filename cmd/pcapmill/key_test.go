package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// formsOf are the forms in which a key could get out: bytes, hexadecimal, base64, Go's %v and %q. Halves count too: Crypto-PAn
// uses them apart.
func formsOf(key []byte) map[string][]byte {
	forms := map[string][]byte{}
	for name, part := range map[string][]byte{"key": key, "first half": key[:16], "second half": key[16:]} {
		forms[name] = part
		forms[name+" in hexadecimal"] = []byte(hex.EncodeToString(part))
		forms[name+" in capital hexadecimal"] = []byte(strings.ToUpper(hex.EncodeToString(part)))
		forms[name+" in base64"] = []byte(base64.RawStdEncoding.EncodeToString(part)[:20])
		forms[name+" in base64 for URLs"] = []byte(base64.RawURLEncoding.EncodeToString(part)[:20])
		forms[name+" as numbers"] = []byte(strings.Trim(fmt.Sprint(part), "[]"))
		forms[name+" quoted"] = []byte(strings.Trim(fmt.Sprintf("%q", part), `"`))
	}
	return forms
}

// TestTheKeyGetsNowhere runs everything that reads a key, well and badly, and looks for it in every message and file.
func TestTheKeyGetsNowhere(t *testing.T) {
	dir := t.TempDir()
	path, keyFile := filepath.Join(dir, "email1.pcap"), filepath.Join(dir, "project.key")
	r := rand.New(rand.NewPCG(1, 2))
	raw, _ := testcap.Random(r, testcap.Options{Clean: true, LinkTypes: []uint16{testcap.Ethernet}}).Capture(r)
	if err := os.WriteFile(path, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"keygen", keyFile}, &stdout, &stderr); code != exitDone {
		t.Fatal(&stderr)
	}
	key, err := os.ReadFile(keyFile)
	if err != nil || len(key) != 32 {
		t.Fatalf("%d bytes, %v", len(key), err)
	}
	settings := filepath.Join(dir, "pcapmill.yaml")
	if err := os.WriteFile(settings, []byte("ip: prefix\nkey-file: "+keyFile+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitFailed, []string{"keygen", keyFile}},
		{exitDone, []string{"convert", path, "-o", data, "--config", settings, "--drop", "none"}},
		{exitDone, []string{"convert", path, "-o", data + "2", "--ip", "anonymize", "--mac", "anonymize", "--key-file", keyFile, "--json", "--drop", "none"}},
		{exitDone, []string{"convert", path, "-o", data, "--config", settings, "--drop", "none", "--dry-run", "--json"}},
		{exitFailed, []string{"convert", path, "-o", data, "--ip", "anonymize", "--key-file", keyFile, "--drop", "none"}}, // other settings
		{exitUsage, []string{"convert", path, "-o", data, "--ip", "prefix", "--key-file", path}},
		{exitUsage, []string{"convert", path, "-o", data, "--config", keyFile}}, // the key as settings: an error must not quote it
		{exitUsage, []string{"convert", path, "-o", data, "--labels", keyFile}},
		{exitDone, []string{"inspect", data}},
		{exitDone, []string{"verify", data}},
		{exitDone, []string{"config", "init"}},
	} {
		if code := run(c.args, &stdout, &stderr); code != c.code {
			t.Errorf("%v: exit status %d, want %d\n%s", c.args, code, c.code, &stderr)
		}
	}
	forms := formsOf(key)
	search(t, "standard output", stdout.Bytes(), forms)
	search(t, "messages", stderr.Bytes(), forms)
	files := 0
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || p == keyFile {
			return err
		}
		files++
		text, err := os.ReadFile(p)
		search(t, p, text, forms)
		return err
	})
	if err != nil || files < 8 {
		t.Errorf("%d files searched, %v", files, err)
	}
}
