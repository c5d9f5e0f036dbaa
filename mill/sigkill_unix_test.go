//go:build unix

package mill_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

// With these in its environment, the test binary converts captures instead of testing: the folder with them, and where to.
const (
	inputEnv  = "PCAPMILL_TEST_INPUT"
	outputEnv = "PCAPMILL_TEST_OUTPUT"
	eagerEnv  = "PCAPMILL_TEST_EAGER" // a commit after every capture
	killsEnv  = "PCAPMILL_TEST_KILLS" // more kills than usual
)

func TestMain(m *testing.M) {
	if os.Getenv(inputEnv) == "" {
		os.Exit(m.Run())
	}
	if err := convertAsProcess(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func killOptions() mill.Options {
	c := sessionChoice()
	c.dedup = sample.DedupSession
	return c.options()
}

func convertAsProcess() error {
	p, err := mill.Prepare([]string{os.Getenv(inputEnv)}, os.Getenv(outputEnv), killOptions())
	if err != nil {
		return err
	}
	fmt.Println("started")
	if os.Getenv(eagerEnv) != "" {
		_, err = mill.RunEager(context.Background(), p, store.Backend{FS: fsys.OS{}, InPlace: false})
	} else {
		_, err = mill.Run(context.Background(), p, mill.Events{}, nil)
	}
	fmt.Println("ended")
	return err
}

// killedRun converts in a process of its own and kills it that long after it started; never, if after is negative. It returns
// how long the run took.
func killedRun(t *testing.T, in, out string, eager bool, after time.Duration) time.Duration {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), inputEnv+"="+in, outputEnv+"="+out, "GORACE=atexit_sleep_ms=0")
	if eager {
		cmd.Env = append(cmd.Env, eagerEnv+"=1")
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	if !lines.Scan() || lines.Text() != "started" {
		t.Fatalf("the process says %q", lines.Text())
	}
	start := time.Now()
	if after >= 0 {
		time.Sleep(after)
		_ = cmd.Process.Kill() // it may have ended
	}
	ended := lines.Scan() && lines.Text() == "ended"
	took := time.Since(start)
	if err := cmd.Wait(); after < 0 && (err != nil || !ended) {
		t.Fatalf("the run that was not killed: %v", err)
	}
	return took
}

// TestSIGKILL kills real processes at random moments. What is left passes pcapmill verify, and the same command completes it to
// the bytes of a run that was not killed. The one exception is a kill between the renames of one commit, of which there are four
// with nothing in between: then the others, done by hand, must give a dataset that passes.
func TestSIGKILL(t *testing.T) {
	kills := full.Of(8, 12, 30)
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	in := t.TempDir()
	write(t, in, randomFiles(random(31), 36, testcap.Options{Sessions: 20, Clean: true}))
	whole := filepath.Join(t.TempDir(), "whole")
	convert(t, []string{in}, whole, killOptions())
	want := dataset(t, whole)
	took := map[bool]time.Duration{}
	for _, eager := range []bool{false, true} {
		for range 3 {
			out := filepath.Join(t.TempDir(), "out")
			took[eager] = max(took[eager], killedRun(t, in, out, eager, -1))
			same(t, "not killed", dataset(t, out), want)
		}
	}
	landed := map[string]int{}
	for n := range kills {
		eager := n%3 != 0
		out, remove := tempDir(t)
		after := rand.N(took[eager])
		killedRun(t, in, out, eager, after)
		for _, where := range checkRemains(t, fmt.Sprintf("kill %d, after %v", n, after), out) {
			landed[where]++
		}
		convert(t, []string{in}, out, killOptions())
		same(t, "completed", dataset(t, out), want)
		remove()
	}
	t.Logf("%d kills of runs of %v and %v: %v", kills, took[false].Round(time.Millisecond), took[true].Round(time.Millisecond), landed)
}

// checkRemains checks what a kill left, and says where it hit.
func checkRemains(t *testing.T, kill, dir string) (where []string) {
	t.Helper()
	found := tree(t, dir)
	visible := maps.Clone(found)
	maps.DeleteFunc(visible, func(name, _ string) bool { return strings.HasPrefix(name, ".") })
	if len(visible) < len(found)-3 { // the directory itself, the lock, and the manifest to go back to
		where = append(where, "while a commit was prepared")
	}
	if visible["manifest.json"] == "" {
		if len(visible[idx.ImagesName]) > 16 || len(visible[idx.LabelsName]) > 8 || visible["sample_table.bin"] != "" {
			t.Fatalf("%s: samples and no manifest", kill)
		}
		return append(where, "before the first manifest")
	}
	if _, err := verify.Verify(dir); err != nil {
		where = append(where, "between two renames")
		finishRenames(t, kill, found, err)
	}
	m, err := manifest.Parse([]byte(visible["manifest.json"]))
	if err != nil {
		t.Fatalf("%s: %v", kill, err)
	}
	if !slices.Contains(where, "between two renames") {
		images, labels := visible[idx.ImagesName], visible[idx.LabelsName]
		n := binary.BigEndian.Uint32([]byte(images[4:]))
		if int64(n) != m.Samples || images[4:8] != labels[4:8] || len(images) != 16+int(n)*m.Rows*m.Cols || len(labels) != 8+int(n) {
			t.Fatalf("%s: %d samples in the manifest, headers % x and % x, %d and %d bytes", kill, m.Samples, images[:16], labels[:8], len(images), len(labels))
		}
	}
	switch {
	case len(m.Captures) == 0:
		return append(where, "before the first capture")
	case found[".pcapmill.lock"] == "":
		return append(where, "after the end")
	}
	return append(where, "amid the captures")
}

// finishRenames does in a copy what the killed process had left to do.
func finishRenames(t *testing.T, kill string, found map[string]string, problem error) {
	t.Helper()
	dir, remove := tempDir(t)
	defer remove()
	for _, file := range []string{idx.ImagesName, idx.LabelsName, "sample_table.bin", "manifest.json"} {
		text := found[file]
		for name := range found {
			if strings.HasPrefix(name, "."+file) && len(found[name]) >= len(text) { // not the manifest to go back to
				text = found[name]
			}
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := verify.Verify(dir); err != nil {
		t.Fatalf("%s: %v; with the renames done: %v", kill, problem, err)
	}
}
