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
	rounds := 25
	if full.Asked() {
		rounds = 1500
	}
	in, root := manyCaptures(t, 6, 3), t.TempDir()
	base := filepath.Join(root, "base")
	first := glob(t, in)[:4]
	if code, text := soon(t, append(append([]string{"convert"}, first...), "-o", base, "--drop", "none", "--format", "npz,csv", "--split", "50/25/25", "--split-by", "session", "--card")...); code != exitDone {
		t.Fatal(text)
	}
	beside := filepath.Join(root, "beside")
	if err := os.WriteFile(beside, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	names := []string{"manifest.json", "manifest.json", "splits.json", "npz/__pcapmill/export.json", "session_output.idx3", "label_output.idx1", "sample_table.bin"}
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
		for _, args := range [][]string{
			{"verify", dir},
			{"inspect", dir},
			{"export", dir, "--format", "mnist,table"},
			{"split", dir, "--split-by", "session", "--split-salt", "other"},
			{"card", dir},
			{"convert", in, "-o", dir, "--drop", "none"},
		} {

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
