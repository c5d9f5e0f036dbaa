// Package scripts tests the scripts beside it that say what pcapmill is made of. They need tools that are fetched, and minutes, so
// the tests run where PCAPMILL_TEST_SCRIPTS is set, as in .ci/run.
package scripts

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// script runs a script and returns its exit status and what it wrote.
func script(t *testing.T, name string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if os.Getenv("PCAPMILL_TEST_SCRIPTS") == "" {
		t.Skip("set PCAPMILL_TEST_SCRIPTS=1 to run the scripts")
	}
	cmd := exec.Command("bash", append([]string{name}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// database is a vulnerability database with one entry, about a function of a library; and its URL.
func database(t *testing.T, module, pkg, symbol string) string {
	t.Helper()
	dir := t.TempDir()
	const id = "GO-2099-0001"
	entry := `{"schema_version": "1.3.1", "id": "` + id + `", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
		"summary": "made up", "details": "made up", "affected": [{"package": {"name": "` + module + `", "ecosystem": "Go"},
		"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
		"ecosystem_specific": {"imports": [{"path": "` + pkg + `", "symbols": ["` + symbol + `"]}]}}],
		"database_specific": {"url": "https://pkg.go.dev/vuln/` + id + `", "review_status": "REVIEWED"}}`
	for name, text := range map[string]string{
		"index/db.json":      `{"modified": "2026-01-01T00:00:00Z"}`,
		"index/modules.json": `[{"path": "` + module + `", "vulns": [{"id": "` + id + `", "modified": "2026-01-01T00:00:00Z"}]}]`,
		"index/vulns.json":   `[{"id": "` + id + `", "modified": "2026-01-01T00:00:00Z"}]`,
		"ID/" + id + ".json": entry,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + filepath.ToSlash(dir)
}

// TestVulncheck: found, not found, and could not look are three things.
func TestVulncheck(t *testing.T) {
	for _, c := range []struct {
		name, database string
		code           int
		says           string
	}{
		{"a function that is called", database(t, "golang.org/x/net", "golang.org/x/net/dns/dnsmessage", "Parser.Start"), 1, "FOUND"},
		{"a library that is not there", database(t, "golang.org/x/crypto", "golang.org/x/crypto/ssh", "Dial"), 0, "looked, and found none"},
		{"no database", "file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "gone")), 2, "COULD NOT LOOK"},
	} {
		code, stdout, stderr := script(t, "vulncheck.sh", c.database)
		if code != c.code || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s: exit status %d, want %d\n%s%s", c.name, code, c.code, stdout, stderr)
		}
		if c.code == 2 && strings.Contains(stdout+stderr, "found none") {
			t.Errorf("%s: it pretends:\n%s%s", c.name, stdout, stderr)
		}
	}
}

// TestBuildTwice: the same bytes from different places.
func TestBuildTwice(t *testing.T) {
	code, stdout, stderr := script(t, "build.sh", "--check")
	if code != 0 || !strings.Contains(stdout, "twice the same") {
		t.Errorf("exit status %d\n%s%s", code, stdout, stderr)
	}
}

// TestBillOfMaterials: it lists what is in the binary, all of it, and is the same each time.
func TestBillOfMaterials(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "pcapmill")
	if code, _, stderr := script(t, "build.sh", binary); code != 0 {
		t.Fatal(stderr)
	}
	code, first, stderr := script(t, "sbom.sh", binary)
	if code != 0 {
		t.Fatal(stderr)
	}
	if _, second, _ := script(t, "sbom.sh", binary); second != first {
		t.Error("the second one differs")
	}
	type component struct {
		Name, Version, Purl string
		Hashes              []struct{ Alg, Content string }
		Licenses            []struct{ License struct{ ID string } }
	}
	var bom struct {
		BOMFormat, SpecVersion string
		Metadata               struct{ Component component }
		Components             []component
	}
	if err := json.Unmarshal([]byte(first), &bom); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if m := bom.Metadata.Component; bom.BOMFormat != "CycloneDX" || bom.SpecVersion != "1.6" || m.Hashes[0].Content != hex.EncodeToString(sum[:]) || m.Version == "" {
		t.Errorf("%+v", bom.Metadata)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if len(bom.Components) != len(info.Deps)+1 || len(info.Deps) < 10 || bom.Components[0].Name != "std" {
		t.Errorf("%d components, %d modules and the standard library in the binary", len(bom.Components), len(info.Deps))
	}
	for _, m := range info.Deps {
		ok := slices.ContainsFunc(bom.Components, func(c component) bool {
			return c.Name == m.Path && c.Version == m.Version && c.Purl == "pkg:golang/"+m.Path+"@"+m.Version && len(c.Hashes) == 1 && len(c.Licenses) > 0
		})
		if !ok {
			t.Errorf("%s %s is not listed as it should be", m.Path, m.Version)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(binary), filepath.Dir(here), strings.TrimSpace(string(modules))} {
		if strings.Contains(first, path) || bytes.Contains(content, []byte(path)) {
			t.Errorf("%s stands in the bill or the binary", path)
		}
	}
}
