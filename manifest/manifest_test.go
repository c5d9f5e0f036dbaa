package manifest_test

import (
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
)

// counts draws counts that keep the laws.
func counts(t *rapid.T) manifest.Counts {
	n := func(name string) int64 { return rapid.Int64Range(0, 5).Draw(t, name) }
	c := manifest.Counts{Used: n("used"), LeftOut: map[string]int64{}, Samples: n("samples"), Duplicates: n("duplicates"), Empty: n("empty"), Seconds: 0.1}
	for _, reason := range []string{"dns", "not-ip"} {
		if k := n(reason); k > 0 {
			c.LeftOut[reason] = k
		}
	}
	c.Packets = c.Used + c.LeftOut["dns"] + c.LeftOut["not-ip"]
	c.Sessions = c.Samples + c.Duplicates + c.Empty
	for _, reason := range []string{"min-packets", "min-bytes"} {
		if k := n(reason); k > 0 {
			if c.SessionsLeftOut == nil {
				c.SessionsLeftOut = map[string]int64{}
			}
			c.SessionsLeftOut[reason] = k
			c.Sessions += k
		}
	}
	c.Conflicts = rapid.Int64Range(0, c.Samples).Draw(t, "conflicts")
	c.Truncated = rapid.Int64Range(0, c.Samples+c.Duplicates).Draw(t, "truncated")
	c.Padded = rapid.Int64Range(0, c.Samples+c.Duplicates-c.Truncated).Draw(t, "padded")
	c.Exact = c.Samples + c.Duplicates - c.Truncated - c.Padded
	c.OriginalBytes = 7 * n("bytes")
	c.Settle()
	return c
}

// whole draws a manifest that agrees with itself.
func whole(t *rapid.T) *manifest.Manifest {
	m := &manifest.Manifest{
		Format: manifest.Format, Version: manifest.Version, Rows: 28, Cols: 28, Settings: manifest.NewSettings(map[string]string{"length": "784", "shape": "28x28", "labels": "x"}),
		Captures: []manifest.Capture{}, Files: []manifest.File{}, Totals: manifest.Counts{LeftOut: map[string]int64{}},
	}
	for label := range uint16(3) {
		m.Classes = append(m.Classes, manifest.Class{Label: label, Name: string('a' + rune(label)), Keywords: []string{"k"}})
	}
	for range rapid.IntRange(1, 4).Draw(t, "captures") {
		c := manifest.Capture{Name: "<&>", LinkTypes: []string{"Ethernet"}, Label: rapid.Uint16Range(0, 2).Draw(t, "label"), Counts: counts(t), FirstSample: m.Samples}
		c.Class = m.Classes[c.Label].Name
		if rapid.Bool().Draw(t, "damaged") {
			c.Damage = &manifest.Damage{Kind: "truncated", Offset: 99, Packet: 3, Detail: "cut"}
		}
		m.Samples += c.Samples
		if rapid.Bool().Draw(t, "by session") {
			c.Label, c.Class = 255, manifest.BySession
			first := rapid.Int64Range(0, c.Samples).Draw(t, "first")
			for label, n := range []int64{first, c.Samples - first} {
				if n > 0 {
					c.Labels = append(c.Labels, manifest.LabelCount{Label: uint16(label), Samples: n})
					m.Classes[label].Samples += n
				}
			}
		} else {
			m.Classes[c.Label].Samples += c.Samples
		}
		m.Totals.Add(&c.Counts)
		m.Captures = append(m.Captures, c)
	}
	return m
}

// TestThereAndBack: Encode and Parse are inverse, also byte for byte, and a whole manifest passes Check.
func TestThereAndBack(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		m := whole(t)
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		text, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := manifest.Parse(text)
		if err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%v: %+v, want %+v", err, back, m)
		}
		if again, err := back.Encode(); err != nil || string(again) != string(text) {
			t.Fatalf("%v: %s, want %s", err, again, text)
		}
	})
}

// TestEveryNumberIsChecked changes each number of a capture or of the totals, by its field, and expects Check to see it.
func TestEveryNumberIsChecked(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		m := whole(t)
		at := &m.Totals
		if i := rapid.IntRange(-1, len(m.Captures)-1).Draw(t, "where"); i >= 0 {
			at = &m.Captures[i].Counts
		}
		v := reflect.ValueOf(at).Elem()
		i := rapid.IntRange(0, v.NumField()-1).Draw(t, "field")
		name, by := v.Type().Field(i).Name, rapid.SampledFrom([]int64{-100, -1, 1}).Draw(t, "by")
		switch f := v.Field(i); {
		case name == "Seconds":
			return // wall time: nothing depends on it
		case f.Kind() == reflect.Int64:
			f.SetInt(f.Int() + by)
		case f.Kind() == reflect.Float64:
			f.SetFloat(f.Float() + float64(by))
		default:
			at.LeftOut = maps.Clone(at.LeftOut)
			at.LeftOut["fragment"] += by
		}
		if err := m.Check(); err == nil {
			t.Fatalf("%s changed by %d is not seen: %+v", name, by, at)
		}
	})
}

// TestOtherContradictions that Check must see.
func TestOtherContradictions(t *testing.T) {
	for name, change := range map[string]func(m *manifest.Manifest){
		"samples":        func(m *manifest.Manifest) { m.Samples++ },
		"first sample":   func(m *manifest.Manifest) { m.Captures[0].FirstSample = 1 },
		"class samples":  func(m *manifest.Manifest) { m.Classes[2].Samples++ },
		"class twice":    func(m *manifest.Manifest) { m.Classes = append(m.Classes, manifest.Class{Label: 1}) },
		"no class":       func(m *manifest.Manifest) { m.Classes = nil; m.Captures[0].Samples++ },
		"capture gone":   func(m *manifest.Manifest) { m.Captures = m.Captures[1:]; m.Totals.Packets++ },
		"balanced lie":   func(m *manifest.Manifest) { m.Captures[0].Used++; m.Captures[0].Packets++ },
		"reasons lie":    func(m *manifest.Manifest) { m.Totals.LeftOut = map[string]int64{"dns": -1, "arp": 1} },
		"samples and co": func(m *manifest.Manifest) { m.Captures[0].Samples++; m.Captures[0].Sessions++; m.Captures[0].Padded++ },
	} {
		draw.Check(t, func(t *rapid.T) {
			m := whole(t)
			change(m)
			if m.Check() == nil {
				t.Fatalf("%s: not seen", name)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good, err := (&manifest.Manifest{Format: manifest.Format, Version: 1}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, message string }{
		"newer":         {`"version": 1`, `"version": 2`, "use a newer pcapmill"},
		"another":       {manifest.Format, "web app", "not a manifest of pcapmill"},
		"unknown field": {`"rows"`, `"ruws"`, "ruws"},
		"a fraction":    {`"rows": 0`, `"rows": 0.5`, "rows"},
		"a label":       {`"classes": null`, `"classes": [{"label": 65536}]`, "label"},
		"cut":           {"}\n", "", "not a manifest"},
		"followed":      {"}\n", "}}", "not a manifest"},
	} {
		at := strings.LastIndex(string(good), c.old)
		if at < 0 {
			t.Fatalf("%s: no %q in %s", name, c.old, good)
		}
		text := string(good[:at]) + c.new + string(good[at+len(c.old):])
		if _, err := manifest.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := manifest.Parse(good); err != nil {
		t.Error(err)
	}
}

// other is another value of a setting.
func other(r *settings.Record) string {
	switch r.Option.Kind {
	case settings.Number:
		return "1"
	case settings.Switch:
		return "on"
	}
	return "x"
}

// TestDiffNamesEveryOption: a line for each setting in the list, but for those of the class
// table, which DiffClasses compares.
func TestDiffNamesEveryOption(t *testing.T) {
	for _, r := range settings.Recorded() {
		lines := manifest.Diff(manifest.Settings{}, manifest.Settings{}.With(r.Key, other(&r)))
		if r.Table {
			if lines != nil {
				t.Errorf("%s: %q", r.Key, lines)
			}
			continue
		}
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "--"+r.Option.Name+": ") {
			t.Errorf("%s: %q", r.Key, lines)
		}
	}
	for want, lines := range map[string][]string{
		"--key-file: the dataset has no key, this run asks for the key with id 12": manifest.Diff(manifest.Settings{}, manifest.Settings{}.With("key", "12")),
		"--idle-timeout: the dataset has 1m0s, this run asks for none":             manifest.Diff(manifest.Settings{}.With("idle_timeout", "1m0s"), manifest.Settings{}),
		"--label-from: the dataset has name, this run asks for dir":                manifest.Diff(manifest.Settings{}, manifest.Settings{}.With("label_from", "dir")),
	} {
		if strings.Join(lines, "\n") != want {
			t.Errorf("%q, want %q", lines, want)
		}
	}
	a := []manifest.Class{{Label: 0, Name: "A", Keywords: []string{"a"}, Samples: 3}, {Label: 255, Name: "unknown", Samples: 1}}
	for want, other := range map[string][]manifest.Class{
		"":                    {{Label: 0, Name: "A", Keywords: []string{"a"}}},
		"this run calls it B": {{Label: 0, Name: "B", Keywords: []string{"a"}}},
		"the keywords a in":   {{Label: 0, Name: "A", Keywords: []string{"a", "b"}}},
		"no class 1":          {{Label: 0, Name: "A", Keywords: []string{"a"}}, {Label: 1, Name: "C"}},
		"no such class":       {},
	} {
		lines := strings.Join(manifest.DiffClasses(a, other), "\n")
		if (want == "") != (lines == "") || !strings.Contains(lines, want) {
			t.Errorf("%+v: %q, want %q", other, lines, want)
		}
	}
}

// FuzzParse: any text is a manifest that Check and Encode can take, or an error; never a panic.
func FuzzParse(f *testing.F) {
	good := rapid.Custom(whole).Example(1)
	text, err := good.Encode()
	if err != nil {
		f.Fatal(err)
	}
	head := `{"format": "` + manifest.Format + `", "version": 1`
	for _, s := range []string{
		"", "null", "{}", "[]", `"x"`, string(text), head + "}", head + `, "captures": [null]}`, head + `, "captures": [{"packets_left_out": null}], "classes": [{}]}`,
		head + `, "version": -1}`, head + `, "samples": -1, "captures": [{"samples": -1}]}`, head + `, "captures": [{"damage": {}}], "files": null}`, head + `, "samples": 9223372036854775807}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := manifest.Parse(text)
		if err != nil {
			return
		}
		_ = m.Check()
		_ = manifest.Diff(m.Settings, manifest.Settings{})
		_ = manifest.DiffClasses(m.Classes, good.Classes)
		_ = manifest.DiffClasses(good.Classes, m.Classes)
		encoded, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := manifest.Parse(encoded); err != nil {
			t.Fatalf("%v: %s", err, encoded)
		}
	})
}

// TestLabelType: the type of the labels follows from the number of classes, and what unknown is from the type.
func TestLabelType(t *testing.T) {
	for _, test := range []struct {
		classes int
		kind    string
		unknown uint16 // 0: no such class
		ok      bool
	}{
		{255, "", 255, true},
		{255, "", 0, true},
		{256, "int32", 65535, true},
		{256, "int32", 0, true},
		{255, "int32", 0, false},
		{256, "", 0, false},
		{3, "", 65535, false},
		{256, "int32", 255, false},
		{3, "int8", 255, false},
	} {
		m := &manifest.Manifest{LabelType: test.kind, Totals: manifest.Counts{LeftOut: map[string]int64{}}}
		for i := range test.classes {
			m.Classes = append(m.Classes, manifest.Class{Label: uint16(i), Name: fmt.Sprint("c", i)})
		}
		if test.unknown != 0 {
			m.Classes = append(m.Classes, manifest.Class{Label: test.unknown, Name: manifest.UnknownName})
		}
		if err := m.Check(); (err == nil) != test.ok {
			t.Errorf("%+v: error %v", test, err)
		}
	}
}

// TestLabelsOfSessions: counts by label that do not add up, or stand where the capture has one label, are seen.
func TestLabelsOfSessions(t *testing.T) {
	for name, test := range map[string]struct {
		class  string
		labels []manifest.LabelCount
		ok     bool
	}{
		"right":         {manifest.BySession, []manifest.LabelCount{{Label: 0, Samples: 2}, {Label: 1, Samples: 1}}, true},
		"too few":       {manifest.BySession, []manifest.LabelCount{{Label: 0, Samples: 2}}, false},
		"another class": {manifest.BySession, []manifest.LabelCount{{Label: 0, Samples: 1}, {Label: 1, Samples: 2}}, false},
		"unsorted":      {manifest.BySession, []manifest.LabelCount{{Label: 1, Samples: 1}, {Label: 0, Samples: 2}}, false},
		"none":          {manifest.BySession, nil, false},
		"one label":     {"a", []manifest.LabelCount{{Label: 0, Samples: 2}, {Label: 1, Samples: 1}}, false},
	} {
		c := manifest.Counts{Sessions: 3, Samples: 3, Padded: 3, LeftOut: map[string]int64{}}
		m := &manifest.Manifest{
			Samples: 3, Totals: c, Classes: []manifest.Class{{Label: 0, Name: "a", Samples: 2}, {Label: 1, Name: "b", Samples: 1}},
			Captures: []manifest.Capture{{Label: 255, Class: test.class, Labels: test.labels, Counts: c}},
		}
		if err := m.Check(); (err == nil) != test.ok {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestParseIsBounded: a text of many small objects, which take far more memory than they say, is refused before they do.
func TestParseIsBounded(t *testing.T) {
	head := `{"format": "pcapmill dataset", "version": 1, `
	for name, text := range map[string]string{
		"captures": head + `"captures": [{}` + strings.Repeat(`,{"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`, 200_000) + "]}",
		"classes":  head + `"classes": [{}` + strings.Repeat(",{}", 2_000_000) + "]}",
		"labels":   head + `"captures": [{"labels": [{}` + strings.Repeat(",{}", 2_000_000) + "]}]}",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := manifest.Parse([]byte(text))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err == nil || took > uint64(20*len(text)) {
			t.Errorf("%s: %d bytes of text took %d bytes, error %v", name, len(text), took, err)
		}
	}
}
