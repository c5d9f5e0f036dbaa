package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCardMakesItAgain: the commands under "Make it again" of a card make the same dataset,
// whatever its form and variants. The new card is the same, and with it the digests of all
// files in croissant.json.
func TestCardMakesItAgain(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	captures, err := filepath.Abs("../../examples/captures/aim_chat1.pcap")
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]string{
		"plain":          "--length 100 --shape 10x10 --profile strict",
		"form":           "--form series:packets=7 --unit flow",
		"text":           "--form tokens",
		"shape":          "--form matrix --shape 20x80 --ip prefix --key-file key",
		"forged":         "--forge ports,ip.id --forge-key-file secret --profile none",
		"variants":       "--profile strict --shape 20x20 --variants variants.yaml --split 80/20 --split-by session",
		"variants, keys": "--form nprint --variants variants.yaml --forge-key-file secret --ip prefix --key-file key",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range map[string]string{
				"key": strings.Repeat("k", 32), "secret": "another key, of some length",
				"variants.yaml": "- {name: a}\n- {name: b, profile: none, form: 'bytes:length=50', forge: all}\n- {name: c, form: matrix, shape: 20x80}\n- {name: d, content: payload, form: bytes}\n- {name: e, form: bigrams, ip: keep, mask: ip.ttl=zero}\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run := func(line string) {
				cmd := exec.Command(bash, "-c", line)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", line, err, out)
				}
			}
			if err := os.Symlink(self, filepath.Join(dir, "pcapmill")); err != nil {
				t.Skipf("no symbolic links: %v", err)
			}
			run("./pcapmill convert '" + captures + "' -o first --card " + options)
			read := func(name string) []byte {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			_, text, _ := strings.Cut(string(read("first/README.md")), "\n## Make it again\n")
			text, _, _ = strings.Cut(text, "\n## ")
			text, file, _ := strings.Cut(text, "VARIANTS is this file:\n\n")
			file, _, _ = strings.Cut(file, "\n\n")
			if err := os.WriteFile(filepath.Join(dir, "again.yaml"), []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			lines := commandsOf(text)
			if len(lines) == 0 {
				t.Fatal("no command")
			}
			for _, line := range lines {
				run(strings.NewReplacer("pcapmill convert", "./pcapmill convert", "pcapmill split", "./pcapmill split", "FORGEKEY", "secret", "KEY", "key", "CAPTURES", "'"+captures+"'",
					"DIR", "second", "VARIANTS", "again.yaml").Replace(line))
			}
			run("./pcapmill card second")
			for _, name := range []string{"README.md", "croissant.json"} {
				if a, b := read("first/"+name), read("second/"+name); !bytes.Equal(a, b) {
					t.Errorf("%s of what was made again is another one: %s\n%s\n%s", name, lines, a, b)
				}
			}
		})
	}
}
