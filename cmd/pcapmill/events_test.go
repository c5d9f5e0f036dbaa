package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// described are the fields of each event that docs/json.md lists.
func described(t *testing.T) map[string]map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	events := map[string]map[string]bool{}
	word := regexp.MustCompile("`([a-z_]+)`")
	for line := range strings.SplitSeq(string(page), "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			continue
		}
		name := word.FindStringSubmatch(cells[0])
		if name == nil {
			continue
		}
		if events[name[1]] == nil {
			events[name[1]] = map[string]bool{"event": true}
		}
		for _, w := range word.FindAllStringSubmatch(cells[2], -1) {
			events[name[1]][w[1]] = true
		}
	}
	return events
}

// TestEventsAreDescribed: every event that the program can write stands in docs/json.md,
// and the other way round.
func TestEventsAreDescribed(t *testing.T) {
	events := described(t)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"event": "([a-z_]+)"`).FindAllStringSubmatch(string(b), -1) {
			if seen[m[1]] = true; events[m[1]] == nil {
				t.Errorf("%s: docs/json.md does not describe the event %s", f, m[1])
			}
		}
	}
	for name := range events {
		if !seen[name] {
			t.Errorf("docs/json.md: nothing writes the event %s", name)
		}
	}
}

// TestEvents runs every command with --json: each line is an event with fields that
// docs/json.md lists, and the last one has the exit status.
func TestEvents(t *testing.T) {
	events := described(t)
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o777); err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(in, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"aim_chat1.pcap", "email1.pcap", "email2.pcap"} {
		c := recipe{link: 1, sessions: 12, payload: 50, dns: 2, arp: 1, format: "pcap", seed: i + 1, cut: -3 * (i % 2)}
		put(name, c.file())
	}
	put("notes.txt", []byte("notes"))
	data, key := filepath.Join(dir, "data"), filepath.Join(dir, "key")
	for _, c := range []struct {
		args string
		code int
		want string // events that must be among those written
	}{
		{"convert IN --dry-run", exitDone, "plan input skipped done"},
		{"convert IN -o DATA --split 80/20 --split-by session --format npy", exitDamaged, "plan skipped capture split export done"},
		{"convert IN/nothere -o DATA", exitFailed, "problem failed"},
		{"convert IN", exitUsage, "failed"},
		{"labels IN", exitDone, "plan input done"},
		{"inspect DATA", exitDone, "dataset export done"},
		{"inspect DATA/session_output.idx3", exitDone, "idx done"},
		{"inspect IN/aim_chat1.pcap --addresses", exitDone, "capture session done"},
		{"inspect IN/email1.pcap", exitDamaged, "capture session done"},
		{"split DATA --split 50/50", exitDone, "split done"},
		{"export DATA --format csv", exitDone, "export done"},
		{"verify DATA", exitDone, "promise export done"},
		{"verify DATA --against IN", exitDamaged, "promise searched fields done"},
		{"convert IN -o DATA2 --ip keep", exitDamaged, "capture done"},
		{"verify DATA2 --against IN", exitDamaged, "searched fields find done"},
		{"verify IN", exitFailed, "failed"},
		{"export DATA --format npy", exitDone, "export done"},
		{"session-captures DATA3 IN", exitDamaged, "plan skipped sessions done"},
		{"session-captures DATA3 IN", exitFailed, "failed"},
		{"report DATA", exitDone, "written done"},
		{"card DATA", exitDone, "written done"},
		{"view DATA --for 100ms", exitDone, "address done"},
		{"keygen KEY", exitDone, "key done"},
		{"keygen KEY", exitFailed, "failed"},
		{"plan IN -o PLAN --parts 2", exitDone, "plan skipped planned done"},
		{"map --plan PLAN --shard 0/1 -d TASKS", exitDone, "task done"},
		{"map --plan PLAN --pipe", exitUsage, "failed"},
		{"reduce --plan PLAN --shard 0/1 -d TASKS", exitDone, "task done"},
		{"merge --plan PLAN -d TASKS -o DATA4", exitDamaged, "capture done"},
		{"presets", exitDone, "preset done"},
		{"version", exitDone, "version done"},
	} {
		args := strings.Fields(strings.NewReplacer("IN", in, "DATA", data, "KEY", key, "PLAN", filepath.Join(dir, "plan"), "TASKS", filepath.Join(dir, "tasks")).Replace(c.args))
		var out, messages bytes.Buffer
		if code := run(append(args, "--json"), &out, &messages); code != c.code {
			t.Fatalf("%s: status %d, want %d\n%s%s", c.args, code, c.code, &out, &messages)
		}
		written := map[string]bool{}
		var last map[string]any
		for line := range strings.SplitSeq(strings.TrimSpace(out.String()), "\n") {
			last = nil
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Fatalf("%s: %v: %s", c.args, err, line)
			}
			name, _ := last["event"].(string)
			written[name] = true
			for field := range last {
				if !events[name][field] {
					t.Errorf("%s: docs/json.md does not list %s of the event %q", c.args, field, name)
				}
			}
		}
		for want := range strings.FieldsSeq(c.want) {
			if !written[want] {
				t.Errorf("%s: no event %s in\n%s", c.args, want, &out)
			}
		}
		if end := last["event"]; end != "done" && end != "failed" || last["status"] != float64(c.code) {
			t.Errorf("%s: ends with %v, want the status %d", c.args, last, c.code)
		}
		if written["done"] && written["failed"] || strings.Count(out.String(), `"event":"done"`) > 1 {
			t.Errorf("%s: ends twice\n%s", c.args, &out)
		}
	}
}
