package card_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/card"
	"github.com/pcapmill/pcapmill/internal/testview"
	"github.com/pcapmill/pcapmill/manifest"
)

var update = flag.Bool("update", false, "make the golden files anew")

// example is a small dataset that has a bit of everything.
func example() *card.Input {
	m := &manifest.Manifest{
		Format: manifest.Format, Version: manifest.Version, Tool: manifest.Tool{Name: "pcapmill", Version: "0.1.0"}, Samples: 1234, Rows: 28, Cols: 28,
		Settings: manifest.NewSettings(map[string]string{
			"length": "784", "shape": "28x28", "content": "packet", "mac": "remove", "ip": "anonymize", "ports": "keep", "checksums": "zero", "key": "0123456789abcdef",
			"drop": "none", "dedup": "none", "labels": "mine",
		}),
		Classes: []manifest.Class{
			{Label: 0, Name: "Chat", Keywords: []string{"chat"}, Samples: 1200},
			{Label: 1, Name: "a|b `c` _d_ <e>\n- f: \"g\"", Samples: 30},
			{Label: 2, Name: "None"},
			{Label: 255, Name: "unknown", Samples: 4},
		},
		Captures: []manifest.Capture{
			{Name: "day 1/chat.pcap", Size: 123456, Digest: "d1", SHA256: "5e", Label: 0, Class: "Chat", Counts: counts(1200)},
			{
				Name: "x|`*.pcap", Size: 5, Digest: "d2", Label: 1, Class: "a|b `c` _d_ <e>\n- f: \"g\"", FirstSample: 1200, Counts: counts(30),
				Damage: &manifest.Damage{Kind: "truncated", Offset: 99, Packet: 3, Detail: "cut"},
			},
			{Name: "what.pcap", Size: 7, Digest: "d3", Label: 255, Class: "unknown", FirstSample: 1230, Counts: counts(4)},
		},
		Files: []manifest.File{},
	}
	m.Captures[2].Conflicts = 1
	m.Totals.LeftOut = map[string]int64{}
	for i := range m.Captures {
		m.Totals.Add(&m.Captures[i].Counts)
	}
	return &card.Input{
		Manifest: m, Checks: []string{"the counts add up: a < b", "no duplicates"},
		Files: []card.File{
			{"label_output.idx1", 1242, "01"},
			{"manifest.json", 4000, "02"},
			{"parquet/data/test-00000-of-00001.parquet", 900, "03"},
			{"parquet/data/train-00000-of-00002.parquet", 1000, "04"},
			{"parquet/data/train-00001-of-00002.parquet", 1 << 21, "05"},
			{"parquet/__pcapmill/export.json", 300, "06"},
			{"sample_table.bin", 118464, "07"},
			{"session_output.idx3", 967472, "08"},
			{"table/samples.parquet", 2000, "09"},
		},
		Splits: []card.Split{{"train", 1000, []int64{980, 17, 0}, 3}, {"test", 234, []int64{220, 13, 0}, 1}},
		Split:  []string{"Split 80/0/20 by capture."},
		Again:  []string{"pcapmill split DIR --split 80/0/20", "pcapmill export DIR --format table"},
		About: card.About{
			Name: "A \"small\" one: *really*", Description: "What it is for.", Creator: "A & B", URL: "https://example.org/<x>", Date: "2026-11-25", Citation: "@misc{x}",
			License: "cc-by-4.0",
		},
	}
}

func counts(samples int64) manifest.Counts {
	c := manifest.Counts{
		Packets: 3*samples + 2, Used: 3 * samples, LeftOut: map[string]int64{"dns": 2}, Sessions: samples, Samples: samples, Padded: samples, OriginalBytes: 100 * samples,
	}
	c.Settle()
	return c
}

// golden compares with a file that a person has read.
func golden(t *testing.T, name, have string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(have), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != have {
		t.Errorf("%s (%v): go test ./card -update, and read the difference. Have\n%s", path, err, have)
	}
}

func TestGolden(t *testing.T) {
	in := example()
	readme, err := card.Readme(in)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "README.md", readme)
	croissant, err := card.Croissant(in)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "croissant.json", string(croissant))
}

// TestPlain: without exports, split, checks and what a person knows the card says that it is so.
func TestPlain(t *testing.T) {
	in := example()
	in.About, in.Splits, in.Split, in.Checks, in.Files = card.About{}, nil, nil, nil, []card.File{{"manifest.json", 1, "02"}, {"session_output.idx3", 9, "08"}}
	readme, err := card.Readme(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"license: other  # fill in", "**Fill in**", "viewer: false", "The dataset is not split", "Not verified when", "# pcapmill dataset\n"} {
		if !strings.Contains(readme, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, not := range []string{"load_dataset", "duckdb", "configs:", "sample_table.bin", "Creator"} {
		if strings.Contains(readme, not) {
			t.Errorf("%q, of which there is nothing", not)
		}
	}
	text, err := card.Croissant(in)
	if err != nil || strings.Contains(string(text), `"samples/index"`) || strings.Contains(string(text), "license") || strings.Contains(string(text), manifest.Name) {
		t.Errorf("%v: %s", err, text)
	}
}

// TestFrontMatter is YAML that says what the dataset has.
func TestFrontMatter(t *testing.T) {
	readme, err := card.Readme(example())
	if err != nil {
		t.Fatal(err)
	}
	var head struct {
		License string `yaml:"license"`
		Name    string `yaml:"pretty_name"`
		Configs []struct {
			Name  string    `yaml:"config_name"`
			Files yaml.Node `yaml:"data_files"`
		} `yaml:"configs"`
		Info struct {
			Features []struct {
				Name  string    `yaml:"name"`
				Dtype yaml.Node `yaml:"dtype"`
			} `yaml:"features"`
			Splits []struct {
				Name     string `yaml:"name"`
				Examples int64  `yaml:"num_examples"`
			} `yaml:"splits"`
			Download int64 `yaml:"download_size"`
		} `yaml:"dataset_info"`
	}
	text := strings.SplitN(readme, "---\n", 3)[1]
	if err := yaml.Unmarshal([]byte(text), &head); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if head.Name != `A "small" one: *really*` || head.License != "cc-by-4.0" || len(head.Configs) != 2 || len(head.Info.Features) != 6 || len(head.Info.Splits) != 2 ||
		head.Info.Splits[1].Examples != 234 || head.Info.Download != 1900+1<<21 {
		t.Errorf("%+v", head)
	}
	var label struct {
		Label struct {
			Names map[string]string `yaml:"names"`
		} `yaml:"class_label"`
	}
	if err := head.Info.Features[2].Dtype.Decode(&label); err != nil || label.Label.Names["1"] != "a|b `c` _d_ <e>\n- f: \"g\"" || len(label.Label.Names) != 3 {
		t.Errorf("%v: %+v", err, label)
	}
}

// TestLicense: identifiers of SPDX in any case, names of the Hub and URLs; everything else is refused with the nearest.
func TestLicense(t *testing.T) {
	for given, want := range map[string][2]string{ // front matter, Croissant
		"CC-BY-4.0":        {`license: "cc-by-4.0"`, "https://spdx.org/licenses/CC-BY-4.0.html"},
		"cc-by-4.0":        {`license: "cc-by-4.0"`, "https://spdx.org/licenses/CC-BY-4.0.html"},
		"ODbL-1.0":         {`license: "odbl"`, "https://spdx.org/licenses/ODbL-1.0.html"},
		"odbl":             {`license: "odbl"`, "https://spdx.org/licenses/ODbL-1.0.html"},
		"0bsd":             {"license: other\nlicense_name: \"0bsd\"\nlicense_link: \"https://spdx.org/licenses/0BSD.html\"", "https://spdx.org/licenses/0BSD.html"},
		"openrail":         {`license: "openrail"`, "openrail"},
		"https://a.org/l?": {"license: other\nlicense_link: \"https://a.org/l?\"", "https://a.org/l?"},
	} {
		in := example()
		in.About.License = given
		readme, err := card.Readme(in)
		if err != nil || !strings.Contains(readme, "---\n"+want[0]+"\npretty_name:") {
			t.Errorf("%s: %v: no %q in\n%.300s", given, err, want[0], readme)
		}
		text, err := card.Croissant(in)
		if err != nil || !strings.Contains(string(text), `"license": "`+want[1]+`"`) {
			t.Errorf("%s: %v: no %q", given, err, want[1])
		}
	}
	for given, hint := range map[string]string{"cc-by-4": "did you mean cc-by-4.0?", "CC BY 4.0": "did you mean cc-by-4.0?", "mitt": "did you mean mit?", "all rights reserved": "spdx.org", "ftp://x": "spdx.org", "MIT OR Apache-2.0": "spdx.org"} {
		about := card.About{License: given}
		if err := about.Check(); err == nil || !strings.Contains(err.Error(), hint) || !strings.Contains(err.Error(), fmt.Sprintf("%q", given)) {
			t.Errorf("%s: %v, want %s", given, err, hint)
		}
	}
}

// TestImagesKnown: the front matter counts what Parquet holds, which datasets compares.
func TestImagesKnown(t *testing.T) {
	in := example()
	in.ImagesKnown = true
	readme, err := card.Readme(in)
	if err != nil || !strings.Contains(readme, "num_examples: 997\n") || !strings.Contains(readme, "num_examples: 233\n") {
		t.Errorf("%v\n%.900s", err, readme)
	}
}

// TestHostileNames: whatever a class and a capture are called, YAML gives the names back, each has one row of its table,
// nothing turns the direction of writing or reaches a terminal, and Croissant is JSON with the names.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		"a\n---\nlicense: mit", "\u202egnp.exe", "\x1b]0;x\x07", "\u009b2J", "\x7f", "\ufffe", "\U0001fffe", "\U000e0001", "- x", "# x", "![x](http://x)", "<!-- x",
		"| x |", "a\u2028| b |", "{{x}}", "*a*", "'", `\`, `\"`, "null", "=1", "1:2", "", "👩\u200d💻",
	} {
		in := example()
		in.Manifest.Classes[1].Name, in.Manifest.Captures[1].Class, in.Manifest.Captures[1].Name = name, name, name
		readme, err := card.Readme(in)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		plain, err := card.Readme(example())
		if err != nil {
			t.Fatal(err)
		}
		if have, want := strings.Count(readme, "\n"), strings.Count(plain, "\n"); have != want {
			t.Errorf("%q: %d lines, %d with a harmless name", name, have, want)
		}
		if strings.ContainsFunc(readme, func(r rune) bool {
			return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028'
		}) {
			t.Errorf("%q: control characters in the card", name)
		}
		var head struct {
			License string `yaml:"license"`
			Info    struct {
				Features []struct {
					Dtype any `yaml:"dtype"`
				} `yaml:"features"`
			} `yaml:"dataset_info"`
		}
		text := strings.SplitN(readme, "---\n", 3)[1]
		if err := yaml.Unmarshal([]byte(text), &head); err != nil || head.License != "cc-by-4.0" {
			t.Errorf("%q: license %q, %v", name, head.License, err)
			continue
		}
		label, _ := head.Info.Features[2].Dtype.(map[string]any)
		label, _ = label["class_label"].(map[string]any)
		if names, _ := label["names"].(map[string]any); names["1"] != name {
			t.Errorf("%q: YAML has %q", name, names["1"])
		}
		croissant, err := card.Croissant(in)
		if err != nil || !json.Valid(croissant) {
			t.Errorf("%q: croissant: %v", name, err)
		}
		if strings.ContainsFunc(string(croissant), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			t.Errorf("%q: Croissant has characters that do not print", name)
		}
	}
}

// TestCroissantHasEveryFile but the manifest, once, with its digest.
func TestCroissantHasEveryFile(t *testing.T) {
	in := example()
	for i := range 1500 {
		in.Files = append(in.Files, card.File{Name: "png/all/a/" + strings.Repeat("x", i+1) + ".png", Size: 1, SHA256: "0a"})
	}
	text, err := card.Croissant(in)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Distribution []struct {
			Type     string `json:"@type"`
			ID       string `json:"@id"`
			SHA256   string `json:"sha256"`
			Size     string `json:"contentSize"`
			Includes string `json:"includes"`
		} `json:"distribution"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, d := range doc.Distribution {
		if _, twice := have[d.ID]; twice {
			t.Errorf("%s twice", d.ID)
		}
		have[d.ID] = d.Type + " " + d.SHA256 + d.Includes + " " + d.Size
	}
	if len(have) != 8+2 || have["png-files"] != "cr:FileSet png/** " || have["images"] != "cr:FileSet parquet/data/*.parquet " || have["sample_table.bin"] != "cr:FileObject 07 118464 B" {
		t.Errorf("%v", have)
	}
}

// TestRefused: what no card can be made of.
func TestRefused(t *testing.T) {
	for want, change := range map[string]func(in *card.Input){
		"manifest.json: 1235 samples":                                      func(in *card.Input) { in.Manifest.Samples++ },
		`date "2026-02-30": need YYYY-MM-DD`:                               func(in *card.Input) { in.About.Date = "2026-02-30" },
		`license "a\nb": need one line`:                                    func(in *card.Input) { in.About.License = "a\nb" },
		"the splits have 1235 samples, the dataset has 1234":               func(in *card.Input) { in.Splits[0].Samples++ },
		"has the sides train, test, but the dataset has train: the export": func(in *card.Input) { in.Splits = nil },
	} {
		in := example()
		change(in)
		_, err := card.Readme(in)
		_, err2 := card.Croissant(in)
		if err == nil || !strings.Contains(err.Error(), want) || err2 == nil || err2.Error() != err.Error() {
			t.Errorf("%s: %v, %v", want, err, err2)
		}
	}
}

// directory holds a dataset's files and others that are not of it.
func directory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"manifest.json": "m", "b/x": "1", "b.c": "2", "b/.hidden": "-", ".pcapmill.lock": "-", ".git/config": "-", "README.md": "mine", "b/README.md": "3", "SHA256SUMS": "-",
		"odd\\ name": "5",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestCollect: which files are of the dataset, in which order.
func TestCollect(t *testing.T) {
	dir := directory(t)
	files, err := card.Collect(t.Context(), dir)
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if have := strings.Join(names, "|"); err != nil || have != "b.c|b/README.md|b/x|manifest.json|odd\\ name" {
		t.Fatalf("%s, %v", have, err)
	}
	if f := files[3]; f.Size != 1 || f.SHA256 != "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a" {
		t.Errorf("%+v", f)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, err := card.Collect(gone, dir); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := os.Symlink(filepath.Join(dir, "b"), filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	if _, err := card.Collect(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "link is a symbolic link") {
		t.Errorf("a link to a folder: %v", err)
	}
}

// TestWrite: sha256sum accepts what it writes; a foreign card stays; our own is replaced; twice gives the same.
func TestWrite(t *testing.T) {
	dir := directory(t)
	in := example()
	var err error
	if in.Files, err = card.Collect(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if err := card.Write(dir, in, false); !errors.Is(err, card.ErrForeign) {
		t.Fatalf("over somebody's README.md: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "README.md")); err != nil || string(b) != "mine" {
		t.Fatalf("%q, %v", b, err)
	}
	if err := card.Write(dir, in, true); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(dir, card.SumsName))
	if err != nil {
		t.Fatal(err)
	}
	if err := card.Write(dir, in, false); err != nil {
		t.Fatalf("over our own: %v", err)
	}
	second, err := os.ReadFile(filepath.Join(dir, card.SumsName))
	if err != nil || string(first) != string(second) || strings.Count(string(first), "\n") != 7 || !strings.Contains(string(first), "\n\\") {
		t.Errorf("%v:\n%s\nthen\n%s", err, first, second)
	}
	if tool, err := exec.LookPath("sha256sum"); err != nil {
		t.Log("no sha256sum here")
	} else {
		cmd := exec.Command(tool, "-c", "--strict", card.SumsName)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	if err := os.Remove(filepath.Join(dir, "README.md")); err != nil {
		t.Fatal(err)
	}
	if err := card.Write(dir, in, false); !errors.Is(err, card.ErrForeign) || !strings.Contains(err.Error(), card.CroissantName) {
		t.Errorf("croissant.json without our card: %v", err)
	}
}

// TestUntouched: every change of a card is seen.
func TestUntouched(t *testing.T) {
	readme, err := card.Readme(example())
	if err != nil || !card.Untouched(readme) {
		t.Fatal(err)
	}
	for _, other := range []string{"", "x", readme + "\n", "x" + readme, strings.Replace(readme, "cc-by", "cc-bx", 1), strings.TrimSuffix(readme, "\n")} {
		if card.Untouched(other) {
			t.Errorf("a card of %d bytes, instead of %d, passes", len(other), len(readme))
		}
	}
}

// TestCount by class and side; none if not split.
func TestCount(t *testing.T) {
	v := testview.New(20, dataset.Train, dataset.Test)
	splits, err := card.Count(t.Context(), v)
	if err != nil || len(splits) != 2 {
		t.Fatal(splits, err)
	}
	// Even places are train and class 0, odd ones test and class 1; 4, 9, 14 and 19 are unknown.
	for i, want := range []card.Split{{"train", 10, []int64{8, 0}, 2}, {"test", 10, []int64{0, 8}, 2}} {
		if s := splits[i]; s.Name != want.Name || s.Samples != want.Samples || s.Labels[0] != want.Labels[0] || s.Labels[1] != want.Labels[1] || s.Unknown != want.Unknown {
			t.Errorf("%+v, want %+v", s, want)
		}
	}
	if splits, err := card.Count(t.Context(), testview.New(20)); err != nil || splits != nil {
		t.Error(splits, err)
	}
	v.Failing = errors.New("disk gone")
	if _, err := card.Count(t.Context(), v); !errors.Is(err, v.Failing) {
		t.Error(err)
	}
}
