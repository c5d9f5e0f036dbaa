package mill_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/session"
)

// encoded is the JSON of a plan.
func encoded(t tester, p *mill.Plan) []byte {
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decoded is the plan that a JSON text describes.
func decoded(t tester, text []byte) *mill.Plan {
	p := &mill.Plan{}
	if err := json.Unmarshal(text, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPlanRoundTrip: a plan that was written as JSON and read back makes the same bytes, and has the same JSON. The key is not
// in it in any form.
func TestPlanRoundTrip(t *testing.T) {
	draw.Check(t, func(rt *rapid.T) {
		r := random(draw.Seed().Draw(rt, "seed"))
		dir, remove := tempDir(t)
		defer remove()
		c := randomChoice(r)
		if c.key != nil {
			c.key = []byte("a key that is easy to find")
		}
		o := c.options()
		o.MinPackets, o.InputSHA256 = int64(r.IntN(3)), r.IntN(2) == 0
		if r.IntN(3) == 0 {
			o.Breaks = session.Breaks{Idle: r.Int64N(3e9), Restart: r.IntN(2) == 0}
		}
		o.Resync = r.IntN(4) == 0
		in := filepath.Join(dir, "in")
		if err := os.Mkdir(in, 0o777); err != nil {
			rt.Fatal(err)
		}
		write(rt, in, randomFiles(r, 1+r.IntN(4), testcap.Options{Sessions: 4}))
		p, err := mill.Prepare([]string{in}, filepath.Join(dir, "one"), o)
		if err != nil {
			rt.Fatal(err)
		}
		text := encoded(rt, p)
		for _, form := range []string{string(c.key), base64.StdEncoding.EncodeToString(c.key), hex.EncodeToString(c.key)} {
			if c.key != nil && bytes.Contains(text, []byte(form)) {
				rt.Fatalf("the key is in the plan: %s", text)
			}
		}
		q := decoded(rt, text)
		if again := encoded(rt, q); !bytes.Equal(again, text) {
			rt.Fatalf("written again it is\n%s\nwant\n%s", again, text)
		}
		q.Out, q.Key = filepath.Join(dir, "two"), o.Key
		if again := encoded(rt, q); !bytes.Equal(again, text) {
			rt.Fatal("the key or the directory is in the plan")
		}
		run(rt, p)
		run(rt, q)
		same(rt, "by JSON", dataset(rt, q.Out), dataset(rt, p.Out))
	})
}

// TestPlanIsCanonical: keys in byte-wise order at every depth, and no space, so that other programs can compute the id.
func TestPlanIsCanonical(t *testing.T) {
	p := somePlan(t, mill.Default())
	text, err := p.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil || strings.TrimSpace(b.String()) != string(text) {
		t.Errorf("%v, written with sorted keys it is\n%s\nwant\n%s", err, b.String(), text)
	}
}

// somePlan is a plan for two captures, of which one has an odd name.
func somePlan(t *testing.T, o mill.Options) *mill.Plan {
	t.Helper()
	dir := t.TempDir()
	lay(t, dir, map[string][]byte{"a <b>&c:% \xff?#.pcap": tiny(1), "email.pcap": tiny(2)})
	p, err := mill.Prepare([]string{dir}, filepath.Join(t.TempDir(), "out"), o)
	if err != nil || len(p.Captures) != 2 {
		t.Fatal(err, p)
	}
	return p
}

// TestPlanRefuses: what was changed in the text, and what changed around it.
func TestPlanRefuses(t *testing.T) {
	text := string(encoded(t, somePlan(t, mill.Default())))
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown field":  {`"classes":`, `"chanks":[],"classes":`, "unknown field"},
		"another format": {`"pcapmill plan"`, `"some plan"`, `format "some plan", need "pcapmill plan"`},
		"a new version":  {`"version":1`, `"version":2`, "version 2, need 1"},
		"another tool":   {`"tool":"`, `"tool":"9.`, "made by pcapmill 9."},
		"setting":        {`"ip":"zero"`, `"ip":"keep"`, "changed or damaged"},
		"no setting":     {`"ip":"zero"`, `"ipp":"zero"`, "unknown field"},
		"id":             {`"id":"`, `"id":"0`, "its id is not"},
		"cut":            {text[len(text)/2:], ``, "unexpected end"},
		"label":          {`"label":`, `"label":7`, "changed or damaged"},
	} {
		var p mill.Plan
		err := json.Unmarshal([]byte(strings.Replace(text, c.from, c.to, 1)), &p)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if p.Captures != nil {
			t.Errorf("%s: there is half a plan", name)
		}
	}

	fails := func(what, want string, p *mill.Plan) {
		t.Helper()
		p.Out = filepath.Join(t.TempDir(), "out")
		_, err := mill.Run(context.Background(), p, mill.Events{}, nil)
		var e *mill.PlanError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
		if _, err := os.Stat(p.Out); err == nil {
			t.Errorf("%s: %s was made", what, p.Out)
		}
	}
	change := func(f func(path string) error) *mill.Plan {
		p := decoded(t, encoded(t, somePlan(t, mill.Default())))
		if err := f(p.Captures[0].Path); err != nil {
			t.Fatal(err)
		}
		return p
	}
	fails("gone", "no such file", change(os.Remove))
	fails("longer", "had ", change(func(p string) error { return os.WriteFile(p, append(tiny(1), 0), 0o666) }))
	fails("touched", "was changed since the plan was made: at ", change(func(p string) error { return os.Chtimes(p, time.Time{}, time.Now().Add(time.Hour)) }))
	fails("a directory", "regular file", change(func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o777)) }))
	p := decoded(t, []byte(string(encoded(t, somePlan(t, mill.Default())))))
	p.Mask.IP = mask.Keep
	fails("another option", "its options were changed", p)
	p.Mask.IP, p.Key = mask.Zero, []byte("a key")
	fails("a key", "without a key", p)

	o := mill.Default()
	o.Mask.IP, o.Key = mask.Prefix, bytes.Repeat([]byte("k"), 32)
	p = decoded(t, encoded(t, somePlan(t, o)))
	fails("no key", "with the key with id "+mask.KeyID(o.Key)+": none was given", p)
	p.Key = bytes.Repeat([]byte("q"), 32)
	fails("another key", "the one given has id ", p)
	p.Key, p.Out = o.Key, filepath.Join(t.TempDir(), "out")
	run(t, p)

	lone, err := mill.Prepare([]string{"-"}, "", mill.Default())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(lone); err == nil || !strings.Contains(err.Error(), "only once") {
		t.Errorf("standard input: %v", err)
	}
}

// TestPlanWithTable: the table of flows is read again by Run, and must be what it was.
func TestPlanWithTable(t *testing.T) {
	dir := t.TempDir()
	table := filepath.Join(dir, "flows.csv")
	lay(t, dir, map[string][]byte{
		"in/x.pcap": testcap.Pcap{LinkType: testcap.Raw}.File(udp(10, 1, "one"), udp(11, 2, "two")),
		"flows.csv": []byte("sa,sp,da,dp,pr,at,d,class\n192.0.2.1,1,192.0.2.2,9,17,10,1,Good\n192.0.2.1,2,192.0.2.2,9,17,11,1,Bad\n"),
	})
	o := mill.Default()
	o.Labels, o.LabelFrom = nil, mill.FromTable
	o.Table = flows.Source{Path: table, Columns: "src_ip=sa,src_port=sp,dst_ip=da,dst_port=dp,proto=pr,start=at,duration_s=d,label=class", Times: "unix"}
	reading, err := o.Table.Options()
	if err != nil {
		t.Fatal(err)
	}
	if o.Flows, err = flows.Load(context.Background(), table, 64<<20, reading); err != nil {
		t.Fatal(err)
	}
	p, err := mill.Prepare([]string{filepath.Join(dir, "in")}, filepath.Join(dir, "one"), o)
	if err != nil {
		t.Fatal(err)
	}
	text := encoded(t, p)
	run(t, p)
	q := decoded(t, text)
	q.Out = filepath.Join(dir, "two")
	run(t, q)
	same(t, "with a table", dataset(t, q.Out), dataset(t, p.Out))
	if have := labelsOf(t, q.Out); have != "[1 0]" {
		t.Errorf("labels %s", have)
	}
	lay(t, dir, map[string][]byte{"flows.csv": []byte("sa,sp,da,dp,pr,at,d,class\n192.0.2.1,1,192.0.2.2,9,17,10,1,Good\n")})
	q = decoded(t, text)
	q.Out = filepath.Join(dir, "three")
	var e *mill.PlanError
	if _, err := mill.Run(context.Background(), q, mill.Events{}, nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "its SHA-256 was") {
		t.Errorf("another table: %v", err)
	}
}

// FuzzPlan: whatever the text, it is refused, or is a plan that has one canonical text.
func FuzzPlan(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "email.pcap"), tiny(1), 0o666); err != nil {
		f.Fatal(err)
	}
	p, err := mill.Prepare([]string{dir}, "", mill.Default())
	if err != nil {
		f.Fatal(err)
	}
	text := encoded(f, p)
	f.Add(text)
	f.Add(bytes.Replace(text, []byte(`"zero"`), []byte(`"keep"`), 1))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p mill.Plan
		if err := json.Unmarshal(text, &p); err != nil {
			return
		}
		once := encoded(t, &p)
		if again := encoded(t, decoded(t, once)); !bytes.Equal(again, once) {
			t.Fatalf("%s\nthen\n%s", once, again)
		}
	})
}

// TestPlanKnowsEverySetting: each setting of the list, but those that Run resolves, gets from a manifest into options and back.
func TestPlanKnowsEverySetting(t *testing.T) {
	others := map[string]string{"length": "", "shape": "5x7", "idle_timeout": "1m0s", "active_timeout": "2m0s", "slice": "3s", "window": "4s", "min_span": "5s", "group": "all", "mask": "ip.ttl=zero", "form": "series:packets=3"} // the length follows from the shape
	base := mill.SettingsOf(mill.Default())
	tried := 0
	for _, r := range settings.Recorded() {
		if r.Fact || r.Table || strings.HasPrefix(r.Option.Name, "table-") && r.Key != "table_times" || r.Option.Name == "table" || r.Key == "unknown" {
			continue // key, class table, table of flows, its reading, and what becomes of sessions without a row in it
		}
		value, ok := others[r.Key]
		switch {
		case ok:
		case r.Option.Kind == settings.Switch:
			value = map[string]string{"on": "off", "off": "on"}[r.Default()]
		case r.Option.Kind == settings.Number:
			value = "7"
		default:
			for _, v := range r.Option.Values {
				if v != r.Default() && v != "table" && v != "prefix" {
					value = v
				}
			}
		}
		if value == "" && r.Key != "length" {
			t.Errorf("%s: no other value than %q is known to this test", r.Key, r.Default())
			continue
		}
		if value == "" {
			continue
		}
		tried++
		from := base
		if r.Key == "group" {
			from = base.With("session_scope", "group")
		}
		have, err := mill.Again(from.With(r.Key, value))
		if err != nil || have.Get(r.Key) != value {
			t.Errorf("%s: %q comes back as %q, %v: let optionsOf read it", r.Key, value, have.Get(r.Key), err)
		}
	}
	if tried < 16 {
		t.Errorf("only %d settings tried", tried)
	}
}
