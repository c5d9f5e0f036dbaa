//go:build unix

package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

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
