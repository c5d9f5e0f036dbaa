//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestInterruptedFilters: map --pipe and reduce --pipe end by an interrupt while they wait for standard input that nobody closes.
func TestInterruptedFilters(t *testing.T) {
	dir := t.TempDir()
	traffic := testcap.Random(rand.New(rand.NewPCG(1, 1)), testcap.Options{Sessions: 2000, Packets: 2, Payload: 1400, Clean: true, LinkTypes: []uint16{testcap.Ethernet}})
	write(t, dir, "a_chat.pcap", testcap.Pcap{LinkType: testcap.Ethernet}.File(traffic.Packets...))
	if err := os.Mkdir(dir+"/tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(stdin io.Reader, args ...string) []byte {
		cmd, stdout, stderr := command(t, dir, args...)
		cmd.Stdin = stdin
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		return stdout.Bytes()
	}
	run(nil, "plan", "a_chat.pcap", "-o", "plan.json", "--parts", "1")
	frames := run(bytes.NewReader([]byte("0\n")), "map", "--plan", "plan.json", "--pipe")
	if len(frames) < 1<<20 {
		t.Fatalf("frames of %d bytes: a pipe holds them", len(frames))
	}
	for verb, input := range map[string][]byte{"map": []byte("0\n"), "reduce": frames[:1<<20]} {
		cmd, _, stderr := command(t, dir, verb, "--plan", "plan.json", "--pipe", "--tmp", "tmp")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdout = nil
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(input); err != nil { // more than a pipe holds: reduce has read some of it
			t.Fatal(err)
		}
		if verb == "map" { // it has read the line when it answers
			if _, err := io.ReadFull(out, make([]byte, len(frames))); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if code := exitStatus(t, cmd.Wait()); code != exitInterrupted {
			t.Errorf("%s: exit status %d: %s", verb, code, stderr)
		}
	}
	if left, err := os.ReadDir(dir + "/tmp"); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left (%v)", len(left), err)
	}
}

// TestKilledGroup: a map task that is killed while it reads a group leaves nothing that counts, and the one after it does the work.
func TestKilledGroup(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	traffic := testcap.Random(rand.New(rand.NewPCG(2, 1)), testcap.Options{Sessions: 3000, Packets: 4, Payload: 1400, Clean: true, LinkTypes: []uint16{testcap.Ethernet}}).Packets
	for i := range traffic {
		traffic[i].Time = int64(1e15) + int64(i)*1_000_000
	}
	for i := range 3 {
		part := testcap.NGFile(false, traffic[i*len(traffic)/3:(i+1)*len(traffic)/3]...)
		write(t, dir, fmt.Sprintf("in/chat_%d.pcap", i), part)
	}
	run := func(args ...string) string {
		t.Helper()
		cmd, stdout, stderr := command(t, dir, args...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		return stdout.String()
	}
	run("convert", "in", "-o", "want", "--session-scope", "group")
	run("plan", "in", "-o", "plan.json", "--session-scope", "group", "--parts", "3")
	for range 3 {
		cmd, _, _ := command(t, dir, "map", "--plan", "plan.json", "--shard", "0/1", "-d", "work")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for { // until it has begun
			if _, err := os.Stat(filepath.Join(dir, "work")); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(30 * time.Millisecond))))
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	}
	run("map", "--plan", "plan.json", "--shard", "0/1", "-d", "work")
	if out := run("map", "--plan", "plan.json", "--shard", "0/1", "-d", "work"); !strings.Contains(out, "0 chunks read, 1 already there") {
		t.Errorf("a group that is whole was read again: %s", out)
	}
	run("reduce", "--plan", "plan.json", "--shard", "0/1", "-d", "work")
	run("merge", "--plan", "plan.json", "-d", "work", "-o", "have")
	for _, name := range []string{"session_output.idx3", "label_output.idx1", "sample_table.bin"} {
		have, err := os.ReadFile(filepath.Join(dir, "have", name))
		if err != nil {
			t.Fatal(err)
		}
		need, err := os.ReadFile(filepath.Join(dir, "want", name))
		if err != nil || !bytes.Equal(have, need) || len(need) == 0 {
			t.Errorf("%s is not that of convert (%v)", name, err)
		}
	}
}
