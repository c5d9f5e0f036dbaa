package scripts

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// number is the version in internal/version/version.go.
func number(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../internal/version/version.go")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^const Number = "(.*)"$`).FindSubmatch(text)
	if m == nil {
		t.Fatal("no line that the scripts and setup.py find")
	}
	return string(m[1])
}

// TestVersionOfCitation: the one other file with the version has the same.
func TestVersionOfCitation(t *testing.T) {
	text, err := os.ReadFile("../../CITATION.cff")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nversion: " + number(t) + "\n"; !strings.Contains(string(text), want) {
		t.Errorf("CITATION.cff lacks %q", want)
	}
}

// TestNotices: the notices name the modules that are linked.
func TestNotices(t *testing.T) {
	if code, stdout, stderr := script(t, "notices.sh", "--check"); code != 0 {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
}

// TestRelease: all files are there, the same bytes twice, and what can be installed here runs.
func TestRelease(t *testing.T) {
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "a longer name")
	for _, dir := range []string{one, two} {
		if code, stdout, stderr := script(t, "release.sh", dir); code != 0 {
			t.Fatalf("exit status %d\n%s%s", code, stdout, stderr)
		}
	}
	first, second := contents(t, one), contents(t, two)
	for name, sum := range first {
		if second[name] != sum {
			t.Errorf("%s differs", name)
		}
	}
	v := number(t)
	want := []string{"SHA256SUMS"}
	for _, target := range []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"} {
		archive, program := ".tar.gz", "pcapmill"
		if strings.HasPrefix(target, "windows") {
			archive, program = ".zip", "pcapmill.exe"
		}
		want = append(want, "pcapmill_"+v+"_"+target+archive, "pcapmill_"+v+"_"+target+".cdx.json", "bin/"+target+"/"+program)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		want = append(want, "pcapmill_"+v+"_"+arch+".deb", "pcapmill_"+v+"_"+arch+".rpm")
	}
	for _, platform := range []string{
		"manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
		"macosx_12_0_x86_64", "macosx_12_0_arm64", "win_amd64",
	} {
		want = append(want, "pcapmill-"+v+"-py3-none-"+platform+".whl")
	}
	for _, name := range want {
		if first[name] == "" {
			t.Errorf("%s is not there", name)
		}
	}
	if len(first) != len(want) || len(second) != len(want) {
		t.Errorf("%d and %d files, want %d", len(first), len(second), len(want))
	}
	sums, err := os.ReadFile(filepath.Join(one, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if first[name] != sum {
			t.Errorf("%s: SHA256SUMS says %s", name, sum)
		}
		listed++
	}
	if listed != len(want)-7 { // the programs, which are in the archives, and itself
		t.Errorf("SHA256SUMS lists %d files", listed)
	}

	if runtime.GOOS != "linux" {
		return
	}
	root := t.TempDir()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Log("dpkg-deb is not installed: the deb was not unpacked")
	} else {
		run(t, "dpkg-deb", "-x", filepath.Join(one, "pcapmill_"+v+"_"+runtime.GOARCH+".deb"), filepath.Join(root, "deb"))
		runs(t, filepath.Join(root, "deb/usr/bin/pcapmill"), v)
		if os.Geteuid() == 0 {
			admin := filepath.Join(root, "installed")
			run(t, "dpkg", "--root="+admin, "--force-bad-path", "-i", filepath.Join(one, "pcapmill_"+v+"_"+runtime.GOARCH+".deb"))
			run(t, "dpkg", "--root="+admin, "--verify", "pcapmill")
			runs(t, filepath.Join(admin, "usr/bin/pcapmill"), v)
		}
	}
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Log("rpm is not installed: the rpm was not read")
	} else {
		run(t, "rpm", "-K", "--nosignature", filepath.Join(one, "pcapmill_"+v+"_"+runtime.GOARCH+".rpm"))
	}
	run(t, "tar", "-xzf", filepath.Join(one, "pcapmill_"+v+"_linux_"+runtime.GOARCH+".tar.gz"), "-C", root)
	runs(t, filepath.Join(root, "pcapmill_"+v+"_linux_"+runtime.GOARCH, "pcapmill"), v)
}

// contents are the SHA-256 of all files below a folder, by name with slashes.
func contents(t *testing.T, top string) map[string]string {
	t.Helper()
	have := map[string]string{}
	err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(top, p)
		have[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return have
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

// runs: the program says its version.
func runs(t *testing.T, program, version string) {
	t.Helper()
	if out := run(t, program, "--version"); !bytes.HasPrefix(out, []byte("pcapmill "+version)) {
		t.Errorf("%s says %q", program, out)
	}
}
