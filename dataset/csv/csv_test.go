package csv_test

import (
	"context"
	stdcsv "encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/csv"
	"github.com/pcapmill/pcapmill/internal/testview"
)

func export(t *testing.T, v dataset.View) string {
	t.Helper()
	dir := t.TempDir()
	files, err := csv.Exporter{}.Export(t.Context(), dataset.NewFolder(dir), v)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, csv.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0] != (dataset.File{Name: csv.FileName, Size: int64(len(b))}) {
		t.Errorf("files %v, but %d bytes", files, len(b))
	}
	return string(b)
}

// TestLines: the first ones by hand, and all that a reader of CSV finds.
func TestLines(t *testing.T) {
	v := testview.New(300, dataset.Train, dataset.Test)
	text := export(t, v)
	want := `index,label,class,split,capture,session,start,duration_ns,packets_forward,packets_backward,bytes_forward,bytes_backward,original_length,fit,protocol,digest,host
0,0,Chat,train,a/chat.pcap,0,2023-11-14T22:13:20.123456789Z,0,1,0,0,0,27,padded,tcp,000000000000000000000000000000ff,
1,1,"VPN, ""Chat""",test,b` + "\uFFFDvpn\uFFFD" + `.pcap,0,2023-11-14T22:13:20.123456790Z,1000,2,1,100,1,28,exact,udp,010000000000000000000000000000ff,ab00000000000001
`
	if !strings.HasPrefix(text, want) {
		t.Errorf("have\n%s\nwant\n%s", text[:min(len(text), len(want))], want)
	}
	lines, err := stdcsv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) != 301 || lines[300][0] != "299" {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

// TestNoRows: empty fields, and a table of nothing has its names.
func TestNoRows(t *testing.T) {
	v := testview.New(1)
	v.NoRows = true
	if text := export(t, v); !strings.HasSuffix(text, "\n0,0,Chat,all,a/chat.pcap,,,,,,,,,,,,\n") {
		t.Error(text)
	}
	if text := export(t, testview.New(0)); strings.Count(text, "\n") != 1 {
		t.Error(text)
	}
}

// TestErrors: of the view, of the context, and of a view that miscounts.
func TestErrors(t *testing.T) {
	v := testview.New(5)
	v.Failing = errors.New("disk gone")
	if _, err := (csv.Exporter{}).Export(t.Context(), dataset.NewFolder(t.TempDir()), v); !errors.Is(err, v.Failing) || !strings.Contains(err.Error(), csv.FileName) {
		t.Error(err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, err := (csv.Exporter{}).Export(gone, dataset.NewFolder(t.TempDir()), testview.New(5)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	v = testview.New(5)
	v.Lie = 1
	if _, err := (csv.Exporter{}).Export(t.Context(), dataset.NewFolder(t.TempDir()), v); err == nil || !strings.Contains(err.Error(), "5 samples were read, 6 are announced") {
		t.Errorf("a view that miscounts: %v", err)
	}
}

// TestNoFormula: no text of a capture or a class is a formula, a new line or a new cell to whoever opens the file; taking one
// apostrophe off gives the text again; numbers are as they are.
func TestNoFormula(t *testing.T) {
	hostile := map[string]string{
		"=cmd|' /C calc'!A0":    "'=cmd|' /C calc'!A0",
		"+1":                    "'+1",
		"-1":                    "'-1",
		"@SUM(A1)":              "'@SUM(A1)",
		" \u00a0=1":             "' \u00a0=1",
		"\ufeff=1":              "'\ufeff=1",
		"＝1":                    "'＝1",
		"'quoted'":              "''quoted'",
		"\t=1":                  "\ufffd=1",
		"\r=1":                  "\ufffd=1",
		"a\r\n=1,=2":            "a\ufffd\ufffd=1,=2",
		`a","=1`:                `a","=1`,
		"\x1b]0;title\x07\x00":  "\ufffd]0;title\ufffd\ufffd",
		"\u202egnp.exe\u009b2J": "\ufffdgnp.exe\ufffd2J",
		"a=b-c@d+e.pcap":        "a=b-c@d+e.pcap",
		"":                      "",
		" ":                     " ",
	}
	for name, want := range hostile {
		v := testview.New(4)
		v.Names, v.From = []string{name}, []string{name}
		text := export(t, v)
		lines, err := stdcsv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(lines) != 5 {
			t.Fatalf("%q: %d lines, %v", name, len(lines), err)
		}
		if lines[1][2] != want || lines[1][4] != want || lines[1][0] != "0" {
			t.Errorf("%q: class %q, capture %q; want %q", name, lines[1][2], lines[1][4], want)
		}
		if back := strings.TrimPrefix(lines[1][2], "'"); !strings.Contains(want, "\ufffd") && back != name {
			t.Errorf("%q: comes back as %q", name, back)
		}
		if strings.ContainsFunc(strings.ReplaceAll(text, "\n", ""), unicode.IsControl) || strings.Count(text, "\n") != 5 {
			t.Errorf("%q: control characters in %q", name, text)
		}
	}
}
