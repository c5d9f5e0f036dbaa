package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/dataset/idx"
	"github.com/pcapmill/pcapmill/dev/bench/traffic"
	"github.com/pcapmill/pcapmill/internal/full"
)

// peersPython is the Python that dev/bench/peers/install.sh makes. Without one, or
// without the library in it, the test skips and says what to do.
func peersPython(t *testing.T, library string) string {
	t.Helper()
	cache := os.Getenv("BENCH_CACHE")
	if cache == "" {
		user := os.Getenv("XDG_CACHE_HOME")
		if user == "" {
			user = filepath.Join(os.Getenv("HOME"), ".cache")
		}
		cache = filepath.Join(user, "pcapmill")
	}
	python := filepath.Join(cache, "peers", "bin", "python")
	if out, err := exec.Command(python, "-c", "import "+library).CombinedOutput(); err != nil {
		t.Skipf("NOT COMPARED with %s: %v %s; dev/bench/peers/install.sh pip installs it", library, err, out)
	}
	return python
}

// TestSameWorkInPython: the loops that stand for the reference script keep the
// same packets and sessions as pcapmill and write the same bytes.
func TestSameWorkInPython(t *testing.T) {
	if !full.Asked() {
		t.Skip("starts Python and scapy six times; " + full.Env + " asks for it")
	}
	for _, library := range []string{"scapy", "scapy-build", "dpkt"} {
		t.Run(library, func(t *testing.T) {
			python := peersPython(t, strings.TrimSuffix(library, "-build"))
			for _, c := range []traffic.Config{
				{Shape: "mixed", Seed: 8, Size: 1 << 20},
				{Shape: "storm", Seed: 9, Size: 256 << 10, Pcapng: true},
			} {
				in := filepath.Join(t.TempDir(), "in"+c.Extension())
				counts, err := traffic.WriteFile(in, c)
				if err != nil {
					t.Fatal(err)
				}
				ours, theirs := t.TempDir(), t.TempDir()
				r := convert(t, in, ours, 1)
				cmd := exec.Command(python, filepath.Join("peers", "loop.py"), "--with", library, in, theirs)
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				if err != nil {
					t.Fatal(err)
				}
				var said struct{ Packets, Used, Sessions, Samples int64 }
				if err := json.Unmarshal(out, &said); err != nil {
					t.Fatalf("%s: %v", out, err)
				}
				if said.Packets != counts.Packets || said.Used != counts.Used || said.Sessions != r.Added.Sessions || said.Samples != r.Added.Samples {
					t.Errorf("%+v: %+v, the generator says %+v, pcapmill %d sessions, %d samples", c, said, counts, r.Added.Sessions, r.Added.Samples)
				}
				for _, file := range []string{idx.ImagesName, idx.LabelsName} {
					a, b := file0(t, ours, file), file0(t, theirs, file)
					if !bytes.Equal(a, b) {
						t.Errorf("%+v: %s differs: %d bytes, pcapmill %d", c, file, len(b), len(a))
					}
				}
			}
		})
	}
}
