//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/full"
)

// odd are values that stand nowhere in a good dataset.
var odd = []any{
	nil, true, -1, 0, 1, 255, 256, 65535, int64(1 << 31), int64(1<<32 - 1), int64(1 << 32), int64(1 << 62), int64(-1 << 62), 1e300, "", "x", "../x", "/etc/passwd", "a\nb\x1b[2J",
	[]any{},
	map[string]any{},
	[]any{map[string]any{}},
	map[string]any{"a": nil},
}

// mutate changes, removes or repeats one value somewhere in JSON.
func mutate(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if len(keys) == 0 || r.IntN(12) == 0 {
			break
		}
		k := keys[r.IntN(len(keys))]
		if r.IntN(8) == 0 {
			delete(v, k)
		} else {
			v[k] = mutate(r, v[k])
		}
		return v
	case []any:
		if len(v) == 0 || r.IntN(12) == 0 {
			break
		}
		i := r.IntN(len(v))
		switch r.IntN(4) {
		case 0:
			return slices.Delete(v, i, i+1)
		case 1:
			return slices.Insert(v, i, v[i])
		}
		v[i] = mutate(r, v[i])
		return v
	case float64:
		if r.IntN(2) == 0 {
			return v + float64(r.IntN(5)-2)
		}
	}
	return odd[r.IntN(len(odd))]
}

// mutateBytes changes, cuts off, removes or adds a few bytes.
func mutateBytes(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(3) {
		if len(b) == 0 {
			return []byte{0}
		}
		i := r.IntN(len(b))
		if r.IntN(2) == 0 {
			i = r.IntN(min(len(b), 24))
		}
		switch r.IntN(4) {
		case 0:
			b[i] = byte(r.IntN(256))
		case 1:
			b = b[:i]
		case 2:
			b = slices.Insert(b, i, byte(r.IntN(256)), byte(r.IntN(256)))
		case 3:
			b[i] ^= 1 << r.IntN(8)
		}
	}
	return b
}

// TestHostileDatasets changes a dataset in one place, again and again, and gives it to every command. Each ends soon, without a
// panic, with a status that it has; with status 1 every file is as it was, and what stands beside the dataset in any case.
func TestHostileDatasets(t *testing.T) {
	variants := filepath.Join(t.TempDir(), "variants.yaml")
	if err := os.WriteFile(variants, []byte("[{name: default}, {name: series, form: series}, {name: words, form: bigrams}, {name: twin, forge: all}]"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Run("plain", func(t *testing.T) {
		hostileDatasets(t, []string{"--drop", "none"}, []string{"npz/__pcapmill/export.json"}, "npz,csv")
	})
	t.Run("variants", func(t *testing.T) {
		hostileDatasets(t, []string{"--drop", "none", "--variants", variants, "--session-scope", "group", "--unit", "flow", "--drop-session-with", "stun"},
			[]string{"csv/__pcapmill/export.json", "variants/series/session_output.idx3", "variants/words/session_index.bin", "variants/words/session_output.txt", "variants/twin/label_output.idx1"}, "csv",
			"inspect", "audit", "report", "export --format csv")
	})
}

// hostileDatasets changes a dataset that convert makes with some options and formats. more are other files than those that every
// dataset has, ofVariants commands for one variant.
func hostileDatasets(t *testing.T, options, more []string, formats string, ofVariants ...string) {
	rounds := full.Of(25, 100, 1500)
	in, root := manyCaptures(t, 6, 3), t.TempDir()
	base := filepath.Join(root, "base")
	sub := filepath.Join(in, "sub") // whose captures are a group of their own
	if err := os.Mkdir(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range glob(t, in)[:4] {
		if err := os.Rename(path, filepath.Join(sub, filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	if code, text := soon(t, slices.Concat([]string{"convert", sub, "-o", base, "--format", formats, "--split", "50/25/25", "--split-by", "session", "--card"}, options)...); code != exitDone {
		t.Fatal(text)
	}
	beside := filepath.Join(root, "beside")
	if err := os.WriteFile(beside, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	names := append([]string{"manifest.json", "manifest.json", "splits.json", "session_output.idx3", "label_output.idx1", "sample_table.bin"}, more...)
	seen := map[int]int{}
	r := rand.New(rand.NewPCG(9, 9))
	for range rounds {
		dir := filepath.Join(root, "data")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
		name := names[r.IntN(len(names))]
		path := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := mutateBytes(r, text)
		var value any
		if filepath.Ext(name) == ".json" && r.IntN(5) > 0 {
			if err := json.Unmarshal(text, &value); err != nil {
				t.Fatal(err)
			}
			if changed, err = json.Marshal(mutate(r, value)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, changed, 0o666); err != nil {
			t.Fatal(err)
		}
		commands := [][]string{
			{"verify", dir},
			{"inspect", dir},
			{"export", dir, "--format", "mnist,table"},
			{"split", dir, "--split-by", "session", "--split-salt", "other"},
			{"card", dir},
			append([]string{"convert", in, "-o", dir}, options...),
		}
		for _, c := range ofVariants {
			words := strings.Fields(c)
			commands = append(commands, slices.Concat(words[:1], []string{dir, "--variant", []string{"default", "series", "words", "twin"}[r.IntN(4)]}, words[1:]))
		}
		for _, args := range commands {
			before := treeText(t, dir)
			code, said := soon(t, args...)
			if left := treeText(t, dir); code == exitFailed && !maps.Equal(left, before) {
				t.Errorf("%s became %.2000q: %v: status 1, and something is changed: %s", name, changed, args, said)
			}
			if code != exitDone && code != exitFailed && code != exitUsage && code != exitBehind {
				t.Errorf("%s became %.2000q: %v: status %d: %s", name, changed, args, code, said)
			}
			if code != exitDone && said == "" {
				t.Errorf("%s: %v: status %d without a word", name, args, code)
			}
			seen[code]++
		}
	}
	entries, err := os.ReadDir(root)
	if b, e := os.ReadFile(beside); err != nil || e != nil || len(entries) != 3 || string(b) != "precious" {
		t.Errorf("beside the dataset: %v, %v, %v", entries, err, e)
	}
	t.Logf("%d changed datasets, statuses %v", rounds, seen)
	if seen[exitFailed] == 0 || seen[exitDone] == 0 {
		t.Error("all are alike")
	}
}
