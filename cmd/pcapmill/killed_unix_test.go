//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/internal/full"
	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/manifest"
)

// What dev/scripts/killtest.sh sets: how often to kill, and the binary, if not this one.
const (
	killsEnv  = "PCAPMILL_TEST_KILLS"
	binaryEnv = "PCAPMILL_TEST_BINARY"
)

// program is the program under test.
func program() string {
	if path := os.Getenv(binaryEnv); path != "" {
		return path
	}
	return "pcapmill"
}

// manyCaptures writes captures of all kinds, with sessions that are repeated in others, and returns the folder.
func manyCaptures(t *testing.T, n int, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(seed, 0))
	classes := []string{"email", "aim_chat", "spotify", "vpn_skype_chat", "ftps_down", "whatever"}
	for i := range n {
		again := r
		if r.IntN(3) == 0 { // the same sessions in several captures
			again = rand.New(rand.NewPCG(r.Uint64N(5), 1))
		}
		raw, _ := testcap.Random(again, testcap.Options{Sessions: 20, Clean: true}).Capture(r)
		write(t, dir, fmt.Sprintf("%03d_%s.cap", i, classes[r.IntN(len(classes))]), raw)
	}
	return dir
}

// anySeconds is what no two runs have in common.
var anySeconds = regexp.MustCompile(`"seconds": [^\n]*`)

// dataDir reads a dataset's files, with the seconds in the manifest blanked.
func dataDir(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if name == manifest.Name {
			b = anySeconds.ReplaceAll(b, []byte(`"seconds": 0`))
		}
		files[filepath.ToSlash(name)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameData compares two datasets and names the file that differs.
func sameData(t *testing.T, what string, have, want map[string]string) {
	t.Helper()
	if maps.Equal(have, want) {
		return
	}
	for name := range want {
		if have[name] != want[name] {
			t.Fatalf("%s: %s differs: %d bytes, want %d", what, name, len(have[name]), len(want[name]))
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			t.Fatalf("%s: there is %s", what, name)
		}
	}
}

// mustExit runs the program to its end and wants an exit status.
func mustExit(t *testing.T, status int, args ...string) (output string) {
	t.Helper()
	cmd := exec.Command(program(), args...)
	out, err := cmd.CombinedOutput()
	if have := exitStatus(t, err); have != status {
		t.Fatalf("pcapmill %s: exit status %d, need %d\n%s", strings.Join(args, " "), have, status, out)
	}
	return string(out)
}

// killed starts the program, kills it after a time, and reports whether it was still running.
func killed(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	cmd := exec.Command(program(), args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended
	err := cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("pcapmill %s: %v\n%s", strings.Join(args, " "), err, &output)
	}
	return err != nil
}

// wholeCaptures checks that a directory opens as the first captures of the whole dataset, and says where the kill hit.
func wholeCaptures(t *testing.T, what, dir string, whole map[string]string) (where string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, manifest.Name)); os.IsNotExist(err) {
		return "before the first manifest"
	}
	m, err := storetest.Load(dir)
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	have := dataDir(t, dir)
	files := slices.Clone(m.Files)
	for _, v := range m.Variants {
		for _, f := range v.Files {
			f.Name = "variants/" + v.Name + "/" + f.Name
			files = append(files, f)
		}
	}
	for _, f := range files {
		from := int64(0)
		if strings.Contains(filepath.Ext(f.Name), ".idx") {
			from = 8 // behind the count
		}
		if int64(len(have[f.Name])) < f.Size || m.Samples > 0 && have[f.Name][from:f.Size] != whole[f.Name][from:f.Size] {
			t.Fatalf("%s: %s does not begin with the %d bytes of the manifest", what, f.Name, f.Size)
		}
	}
	for _, name := range []string{idx.ImagesName, idx.LabelsName} {
		r, err := idx.Open(filepath.Join(dir, name)) // by its own header
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		r.Close()
	}
	cmd := exec.Command(program(), "verify", dir)
	switch verified := cmd.Run() == nil; {
	case !verified:
		return "in a commit"
	case m.Samples == 0:
		return "before the first commit"
	case have[manifest.Name] == whole[manifest.Name]:
		return "when all was committed"
	}
	return "between two commits"
}

// TestKilled kills the program at random moments of runs over many captures, some of them again while they complete what was
// left, and lets the same command complete it: to the bytes of a run that was not killed. Small samples are committed by renames
// to the end, large ones in place from some point on. Variants and
// groups are committed whole, too. By default there are ten trials; .ci/run has more, and
// dev/scripts/killtest.sh as many as one likes.
func TestKilled(t *testing.T) {
	kills, captures := 10, 60
	if full.Whole() { // not with most: .ci/run has a hundred, by dev/scripts/killtest.sh
		kills, captures = 30, 300
	}
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills, captures = n, 900
	}
	several := filepath.Join(t.TempDir(), "several.yaml")
	write(t, filepath.Dir(several), "several.yaml", []byte("[{name: default}, {name: twin, forge: all}, {name: words, form: bigrams}, {name: wide, form: 'matrix:packets=60'}]"))
	variants := []*killVariant{
		{name: "renamed, by sample", captures: captures},
		{name: "renamed, by session", captures: captures, options: []string{"--dedup", "session", "--workers", "1"}},
		{name: "renamed, then in place", captures: captures / 3, options: []string{"--shape", "64x512", "--drop", "none"}},
		{name: "variants", captures: captures / 3, options: []string{"--variants", several}},
		{name: "groups", captures: captures, options: []string{"--session-scope", "group", "--group", "{n}_*.cap", "--unit", "flow", "--variants", several}},
	}
	for i, v := range variants {
		v.prepare(t, uint64(i))
	}
	landed := map[string]int{}
	done := 0
	for n := 0; done < kills; n++ {
		done += variants[n%len(variants)].trial(t, n, landed)
	}
	for _, v := range variants {
		t.Logf("%s: %d captures, %d samples, %v uninterrupted", v.name, v.captures, v.samples, v.took.Round(time.Millisecond))
	}
	t.Logf("%d kills: %v; all completed to the same bytes", done, landed)
}

type killVariant struct {
	name     string
	options  []string
	args     []string // without the directory
	whole    map[string]string
	took     time.Duration
	captures int
	samples  int64
}

// prepare makes the captures and the dataset of a run that is not killed.
func (v *killVariant) prepare(t *testing.T, seed uint64) {
	t.Helper()
	in := manyCaptures(t, v.captures, seed)
	v.args = append([]string{"convert", in}, append(v.options, "--out")...)
	for range 2 {
		out := filepath.Join(t.TempDir(), "whole")
		start := time.Now()
		mustExit(t, exitDone, append(v.args, out)...)
		if took := time.Since(start); v.took == 0 || took < v.took {
			v.took = took
		}
		whole := dataDir(t, out)
		if v.whole != nil {
			sameData(t, v.name, whole, v.whole)
		}
		v.whole = whole
		mustExit(t, exitDone, "verify", out)
	}
	m, err := manifest.Parse([]byte(v.whole[manifest.Name]))
	if err != nil {
		t.Fatal(err)
	}
	v.samples = m.Samples
}

// trial kills a run once or several times, and completes it.
func (v *killVariant) trial(t *testing.T, n int, landed map[string]int) (kills int) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	args := append(v.args[:len(v.args):len(v.args)], out)
	for again := true; again; again = rand.IntN(2) == 0 {
		after := rand.N(v.took)
		what := fmt.Sprintf("%s, trial %d, killed after %v", v.name, n, after)
		if !killed(t, after, args...) {
			landed["after the end"]++
			break
		}
		kills++
		landed[wholeCaptures(t, what, out, v.whole)]++
	}
	mustExit(t, exitDone, args...)
	sameData(t, fmt.Sprintf("%s, trial %d, completed", v.name, n), dataDir(t, out), v.whole)
	return kills
}
