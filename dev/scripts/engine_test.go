package scripts

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const engines = "../../engine"

// TestEnginesSayHow: each script of engine/ tells how it is started when it is started without arguments, with status 2.
func TestEnginesSayHow(t *testing.T) {
	scripts, err := filepath.Glob(engines + "/*/*.sh")
	if err != nil || len(scripts) < 4 {
		t.Fatalf("%d scripts (%v)", len(scripts), err)
	}
	for _, s := range append(scripts, engines+"/check.sh", engines+"/install.sh") {
		if code, out, errs := script(t, s); code != 2 || !strings.Contains(out+errs, "usage: "+filepath.Base(s)) {
			t.Errorf("%s: exit status %d: %s%s", s, code, out, errs)
		}
	}
	for _, name := range []string{"spark", "dask", "ray", "flink"} {
		cmd := exec.Command("python3", filepath.Join(engines, name, "mill.py"))
		if text, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(text), "usage: ") || !strings.Contains(string(text), "mill.py BINARY PLAN DIR [DATASET") {
			t.Errorf("%s/mill.py: %v: %s", name, cmd.ProcessState, text)
		}
	}
}

// TestEngineOfProcesses: the engine that is installed everywhere makes the dataset of convert; the others are for engine/check.sh.
func TestEngineOfProcesses(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "pcapmill")
	if code, _, errs := script(t, "-c", "go build -o "+binary+" ../../cmd/pcapmill"); code != 0 {
		t.Fatal(errs)
	}
	t.Setenv("SIZE", "8MiB")
	if code, out, errs := script(t, engines+"/check.sh", binary, "xargs"); code != 0 || strings.Count(out, "the dataset is that of convert") != 4 {
		t.Errorf("exit status %d: %s%s", code, out, errs)
	}
}
