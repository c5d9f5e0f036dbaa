package main

import (
	"bytes"
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

// secretsOf are the addresses of generated traffic in every form in which they
// could get out: as bytes and as text. Its addresses have only bytes of 0x80 and
// more, and nothing else that Random makes has.
func secretsOf(traffic *testcap.Traffic) map[string][]byte {
	secrets := map[string][]byte{}
	for _, a := range traffic.Addrs {
		secrets["bytes of "+a.String()] = a.AsSlice()
		secrets["text "+a.String()] = []byte(a.String())
		secrets["long text "+a.String()] = []byte(a.StringExpanded())
		secrets["hex of "+a.String()] = []byte(hex.EncodeToString(a.AsSlice()))
	}
	for _, m := range traffic.MACs {
		text := fmt.Sprintf("%x:%x:%x:%x:%x:%x", m[0], m[1], m[2], m[3], m[4], m[5])
		secrets["bytes of "+text] = append([]byte(nil), m[:]...)
		secrets["text "+text] = []byte(text)
		secrets["hex of "+text] = []byte(hex.EncodeToString(m[:]))
	}
	return secrets
}

// TestNothingNamesAnAddress runs every command over random traffic and looks for
// its addresses in what is printed and in every file that is written.
func TestNothingNamesAnAddress(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 42))
		traffic := testcap.Random(r, testcap.Options{Mixed: seed%2 == 0})
		raw, kind := traffic.Capture(r)
		if seed%3 == 2 {
			raw = raw[:len(raw)-len(raw)/10] // damage is reported, too
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "email1.pcap")
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
		secrets := secretsOf(traffic)
		data := filepath.Join(dir, "data")
		key := filepath.Join(dir, "key")
		if err := os.WriteFile(key, []byte("secret of the project, 32 bytes!"), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"convert", path, "-o", data, "--drop", "none"},
			{"convert", path, "-o", data + "2", "--drop", "none", "--json"},
			{"convert", path, "-o", data + "3", "--mac", "zero", "--ip", "anonymize", "--key-file", key},
			{"convert", path, "-o", data + "4", "--mac", "anonymize", "--ip", "remove", "--json", "--dedup", "session"},
			{"convert", path, "-o", data + "5", "--mac", "zero", "--ip", "prefix", "--key-file", key, "--drop", "none"},
			{"convert", path, "-o", data, "--drop", "none"},
			{"convert", path, "-o", data, "--dry-run", "--json"},
			{"labels", path},
			{"inspect", path, "--drop", "none", "--top", "100"},
			{"export", data, "--format", "mnist,npy,npz,png,wds"},
			{"export", data + "3", "--format", "npz,wds", "--json"},
			{"inspect", data},
			{"verify", data},
			{"verify", data, "--against", path, "--names"},
			{"verify", data + "4", "--against", path, "--list", "1000"},
		} {
			var stdout, stderr bytes.Buffer
			code := run(args, &stdout, &stderr)
			if code != exitDone && code != exitDamaged && !strings.Contains(stderr.String(), "not a capture") {
				t.Fatalf("seed %d (%s): %v: exit status %d\n%s", seed, kind, args, code, &stderr)
			}
			search(t, fmt.Sprint(seed, args, " stdout"), stdout.Bytes(), secrets)
			search(t, fmt.Sprint(seed, args, " stderr"), stderr.Bytes(), secrets)
		}
		searchFiles(t, dir, path, secrets)
	}
}

func search(t *testing.T, where string, in []byte, secrets map[string][]byte) {
	t.Helper()
	for what, secret := range secrets {
		if bytes.Contains(in, secret) {
			t.Errorf("%s: %s", where, what)
		}
	}
}

func searchFiles(t *testing.T, dir, except string, secrets map[string][]byte) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == except {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		search(t, path, text, secrets)
		return err
	})
	if err != nil || files < 9 {
		t.Fatalf("%d files, %v", files, err)
	}
}

// TestAddressesOnRequest shows that the search above would find them.
func TestAddressesOnRequest(t *testing.T) {
	traffic := testcap.Random(rand.New(rand.NewPCG(3, 4)), testcap.Options{Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	dir := t.TempDir()
	path := filepath.Join(dir, "email1.pcap")
	if err := os.WriteFile(path, testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...), 0o666); err != nil {
		t.Fatal(err)
	}
	found := func(in []byte) (n int) {
		for _, secret := range secretsOf(traffic) {
			if bytes.Contains(in, secret) {
				n++
			}
		}
		return n
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"inspect", path, "--drop", "none", "--addresses"}, &stdout, &stderr); code != 0 || found(stdout.Bytes()) == 0 {
		t.Errorf("exit status %d, %d addresses in\n%s%s", code, found(stdout.Bytes()), &stdout, &stderr)
	}
	data := filepath.Join(dir, "data")
	if code := run([]string{"convert", path, "-o", data, "--drop", "none", "--mac", "keep", "--ip", "keep"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit status %d\n%s", code, &stderr)
	}
	images, err := os.ReadFile(filepath.Join(data, "session_output.idx3"))
	if err != nil || found(images) == 0 {
		t.Errorf("%d kept addresses in the samples, %v", found(images), err)
	}
}
