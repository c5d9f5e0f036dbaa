package bench

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// script runs a script of this folder where PCAPMILL_TEST_SCRIPTS is set, as in
// .ci/run: they build commands and take some ten seconds.
func script(t *testing.T, name string, env ...string) (stdout string) {
	t.Helper()
	if os.Getenv("PCAPMILL_TEST_SCRIPTS") == "" {
		t.Skip("set PCAPMILL_TEST_SCRIPTS=1 to run the scripts")
	}
	cmd := exec.Command("bash", name)
	out, in := t.TempDir(), t.TempDir()
	cmd.Env = append(append(os.Environ(), "SCRATCH="+out, "SCRATCH_IN="+in), env...)
	var b, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", name, err, b.String(), errs.String())
	}
	for _, dir := range []string{out, in} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s leaves %v (%v)", name, left, err)
		}
	}
	return b.String()
}

// TestRunScript: every command of every shape is measured, and every bound of
// the issue is set beside a figure.
func TestRunScript(t *testing.T) {
	said := script(t, "run.sh", "SHAPES=all", "ROUNDS=1", "COMMANDS=default", "SIZE_mixed=1MiB", "SIZE_bulk=1MiB", "SIZE_storm=1MiB",
		"SIZE_many=9MiB", "SIZE_mixed_pcapng=1MiB", "SIZE_mixed_gzip=1MiB", "SIZE_real=1MiB", "SIZE_real_gzip=1MiB")
	shapes := strings.Split(said, "\n## ")[1:]
	extra := map[string][]string{
		"storm":        {"pcapmill, --memory 128MiB", "pcapmill, --memory 128MiB, 2 workers"},
		"mixed-pcapng": {"pcapmill on the pcap", "pcapmill on the pcap, 2 workers"},
		"mixed-gzip":   {"decompressor alone", "gzip -dc"},
		"real-gzip":    {"decompressor alone", "gzip -dc"},
	}
	if len(shapes) != 8 {
		t.Fatalf("%d shapes, want 8:\n%s", len(shapes), said)
	}
	for _, text := range shapes {
		shape, _, _ := strings.Cut(text, ":")
		for _, name := range append([]string{
			"cat", "xxh3 pass", "pcapmill", "pcapmill, 2 workers", "gopacket DecodingLayerParser", "gopacket PacketSource", "gopacket PacketSource, lazy", "cp of the output",
		}, extra[shape]...) {
			if !strings.Contains(text, "\n| "+name+" | ") {
				t.Errorf("%s: no line for %s", shape, name)
			}
		}
		if _, asked, ok := strings.Cut(text, "| asked | have |"); !ok || strings.Count(asked, "\n| pcapmill")+strings.Count(asked, "\n| decompressor alone >= ") < 4 {
			t.Errorf("%s: bounds are missing:\n%s", shape, text)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

// TestSampleMode: the sample has the size asked for, and what is not installed
// is named, not passed over.
func TestSampleMode(t *testing.T) {
	said := script(t, "run.sh", "SHAPES=mixed", "ROUNDS=1", "SAMPLE=200KB", "BENCH_CACHE=/nonexistent")
	for _, want := range []string{"## mixed: 200KB", "| pcapmill | ", "Skipped on mixed: scapy, scapy-build, dpkt: not installed", "| scapy loop >= 1000 x pcapmill | not measured |"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
}

// TestTenthScript runs the comparison on a capture whose tables are put aside:
// the least budget is less than it needs.
func TestTenthScript(t *testing.T) {
	said := script(t, "tenth.sh", "SIZE=64MiB")
	for _, want := range []string{"budget 128 MiB", "| without a budget | ", "| with a budget | ", "| with a budget <= 128 MiB | ", "byte by byte"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
}
