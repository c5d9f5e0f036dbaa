package png_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	stdpng "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/png"
	"github.com/pcapmill/pcapmill/internal/datasettest"
	"github.com/pcapmill/pcapmill/internal/draw"
)

var update = flag.Bool("update", false, "write the golden dumps anew; review them as text")

func TestConformance(t *testing.T) {
	for _, workers := range []int{1, 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			datasettest.RunExporter(t, func() dataset.Exporter { return png.Format{Workers: workers} }, readFolders, false)
		})
	}
}

type class struct {
	Label  int
	Name   string
	Folder string
}

// readFolders reads with the standard library's decoder, and takes the labels from the
// folders.
func readFolders(t *testing.T, dir string, v dataset.View) map[dataset.Side][]datasettest.Item {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "__pcapmill/classes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var classes []class
	if err := json.Unmarshal(text, &classes); err != nil {
		t.Fatal(err)
	}
	got := map[dataset.Side][]datasettest.Item{}
	for _, s := range v.Sides() {
		entries, err := os.ReadDir(filepath.Join(dir, s.String()))
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != len(classes) {
			t.Errorf("side %v: %d folders of %d classes", s, len(entries), len(classes))
		}
		for _, c := range classes {
			want := string([]rune(dataset.ClassName(v, c.Label)))
			if c.Name != want {
				t.Errorf("label %d is called %q, want %q", c.Label, c.Name, want)
			}
			names, err := filepath.Glob(filepath.Join(dir, s.String(), escapeGlob(c.Folder), "*.png"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				got[s] = append(got[s], datasettest.Item{Data: pixels(t, name, v.Spec()), Label: c.Label})
			}
		}
	}
	return got
}

func escapeGlob(name string) string {
	return strings.NewReplacer("[", `\[`, "*", `\*`, "?", `\?`, `\`, `\\`).Replace(name)
}

func pixels(t *testing.T, name string, sp dataset.Spec) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := stdpng.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	gray, ok := m.(*image.Gray)
	if !ok || gray.Bounds() != image.Rect(0, 0, sp.Cols, sp.Rows) {
		t.Fatalf("%s: %T of %v", name, m, m.Bounds())
	}
	var data []byte
	for y := range sp.Rows {
		data = append(data, gray.Pix[y*gray.Stride:][:sp.Cols]...)
	}
	return data
}

// TestFolders: names that any file system takes, and that differ on all of them.
func TestFolders(t *testing.T) {
	long := strings.Repeat("n", 300)
	for _, test := range []struct{ class, folder string }{
		{"Chat", "Chat"},
		{"CHAT", "CHAT~1"},
		{"chat~1", "chat~1~2"},
		{"", "%"},
		{".", "%2E"},
		{"..", "%2E%2E"},
		{"../../up", "%2E.%2F..%2Fup"},
		{"a/b\\c", "a%2Fb%5Cc"},
		{"100%", "100%25"},
		{" a b ", "%20a b%20"},
		{"a.b.", "a.b%2E"},
		{"line\nfeed\x7f", "line%0Afeed%7F"},
		{"\xff\xfe", "%FF%FE"},
		{"nul.txt", "%6Eul.txt"},
		{"COM1", "%43OM1"},
		{"COM10", "COM10"},
		{"com0", "%63om0"},
		{"LPT²", "%4CPT²"},
		{"conin$", "%63onin$"},
		{"conin", "conin"},
		{"console", "console"},
		{"网络 流量", "网络 流量"},
		{"a\u202eb\u009b", "a%E2%80%AEb%C2%9B"},
		{long, strings.Repeat("n", 197) + "~22"},
		{long + "m", strings.Repeat("n", 197) + "~23"},
		{strings.Repeat("ü", 150), strings.Repeat("ü", 98) + "~24"},
		{strings.Repeat("/", 67), strings.Repeat("%2F", 65) + "~25"},
		{"unknown", "unknown"},
	} {
		classes := []string{"Chat"}
		if test.class != "Chat" {
			classes = append(classes, test.class)
		}
		if strings.HasPrefix(test.class, "chat~") {
			classes = []string{"Chat", "CHAT", test.class}
		}
		label := len(classes) - 1
		if end := strings.LastIndexByte(test.folder, '~'); end >= 0 {
			fmt.Sscan(test.folder[end+1:], &label) // the label that the name ends in
		}
		for len(classes) <= label {
			classes = slices.Insert(classes, 1, fmt.Sprint("filler ", len(classes)))
		}
		if have := png.Folder(classes, label); have != test.folder {
			t.Errorf("%q: %q, want %q", test.class, have, test.folder)
		}
	}
	if have := png.Folder([]string{"unknown"}, 255); have != "unknown~255" {
		t.Errorf("no class, beside a class that is called unknown: %q", have)
	}
}

// TestFoldersAreApart: whatever classes are called, each has a folder of its own, whose
// name is one that file systems take.
func TestFoldersAreApart(t *testing.T) {
	parts := rapid.SampledFrom([]string{"a", "A", "ſ", "S", "~", "1", "~1", "%", "%2F", "/", ".", " ", "CON", "con", ".x", "\x00", "\xff", "ü", "Ü", strings.Repeat("n", 180)})
	names := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(parts, 0, 4).Draw(t, "parts"), "")
	}), 1, 30)
	draw.Check(t, func(t *rapid.T) {
		classes := names.Draw(t, "classes")
		seen := map[string]int{}
		for label := range len(classes) + 1 {
			folder := png.Folder(classes, label)
			key := strings.ToLower(strings.ToUpper(folder))
			if before, ok := seen[key]; ok {
				t.Fatalf("labels %d and %d have the folder %q", before, label, folder)
			}
			seen[key] = label
			if folder == "" || len(folder) > 255 || !utf8.ValidString(folder) || strings.ContainsAny(folder, "/\\:*?\"<>|\x00\x7f") ||
				strings.Trim(folder, ". ") != folder || strings.EqualFold(folder, "con") {
				t.Fatalf("label %d, %q, has the folder %q", label, append(classes, "")[label], folder)
			}
		}
	})
}

func TestRefuses(t *testing.T) {
	for _, sp := range []dataset.Spec{{Rows: 0, Cols: 5}, {Rows: 1 << 15, Cols: 1<<15 + 1}} {
		if _, err := png.NewEncoder(sp); !errors.Is(err, dataset.ErrUnfit) {
			t.Errorf("%v: error %v, want %v", sp, err, dataset.ErrUnfit)
		}
	}
	enc, err := png.NewEncoder(dataset.Spec{Rows: 2, Cols: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enc.Encode([]byte{1, 2, 3}); err == nil || !strings.Contains(err.Error(), "3 bytes, need 4") {
		t.Errorf("a short sample: error %v", err)
	}
}

// TestEncoderKeepsNothing: a picture depends on its sample only.
func TestEncoderKeepsNothing(t *testing.T) {
	v := datasettest.MakeView(dataset.Spec{Rows: 28, Cols: 28}, 50, 2, nil, 3)
	enc, err := png.NewEncoder(v.Shape)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Samples {
		fresh, err := png.NewEncoder(v.Shape)
		if err != nil {
			t.Fatal(err)
		}
		have, err := enc.Encode(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		want, err := fresh.Encode(e.Data)
		if err != nil || !bytes.Equal(have, want) {
			t.Fatalf("sample %d: %v, % x, want % x", e.Index, err, have, want)
		}
	}
}

// TestGolden: names and the bytes of pictures. The compressed bytes are those of the
// pinned compressor; another version may make others, and then the change log says so.
func TestGolden(t *testing.T) {
	sp := dataset.Spec{Rows: 4, Cols: 7}
	for name, v := range map[string]*datasettest.View{
		"not-split": datasettest.MakeView(sp, 4, 2, nil, 1),
		"split":     datasettest.MakeView(sp, 15, 2, []dataset.Side{dataset.Train, dataset.Validation, dataset.Test}, 2),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, err := png.Format{}.Export(context.Background(), dataset.NewFolder(dir), v)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range files {
				data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
				if err != nil {
					t.Fatal(err)
				}
				dump(&b, f.Name, data)
			}
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := errors.Join(os.MkdirAll("testdata", 0o777), os.WriteFile(path, []byte(b.String()), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || b.String() != string(want) {
				t.Errorf("%v (go test -update makes it), have\n%s\nwant\n%s", err, &b, want)
			}
		})
	}
}

// dump writes a picture chunk by chunk, and JSON as it is.
func dump(w *strings.Builder, name string, b []byte) {
	fmt.Fprintf(w, "== %s: %d bytes\n", name, len(b))
	if strings.HasSuffix(name, ".json") {
		w.Write(b)
		return
	}
	fmt.Fprintf(w, "  % x  signature\n", b[:8])
	for b = b[8:]; len(b) > 0; {
		n := int(binary.BigEndian.Uint32(b))
		fmt.Fprintf(w, "  % x  % x  % x  %s, checksum\n", b[:4], b[4:8], b[8+n:12+n], b[4:8])
		for i := 0; i < n; i += 16 {
			fmt.Fprintf(w, "    % x\n", b[8+i:8+min(i+16, n)])
		}
		b = b[12+n:]
	}
}
