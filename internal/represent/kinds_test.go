package represent_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// TestParse: one spelling for each choice, whatever order and defaults are written out.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"bytes":            "bytes",
		"bytes:length=784": "bytes",
		"bytes:length=100": "bytes:length=100",
		"matrix:payload=240,packets=10,header=080": "matrix:packets=10",
		"series:time=ms-floor,channels=dir":        "series:channels=dir,time=ms-floor",
		"mini-flowpic:span=15000ms":                "mini-flowpic",
		"mini-flowpic:span=1m30s":                  "mini-flowpic:span=90s",
		"tokens:gap=0.01s":                         "tokens",
		"bigrams:start=frame+038":                  "bigrams:start=frame+38",
		"segments:part=payload,width=150":          "segments:part=payload",
	} {
		c, err := represent.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if c.String() != want {
			t.Errorf("%s is spelt %s, want %s", text, c, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"flowpix":                              "have bytes, ustc-all, matrix,",
		"":                                     "have bytes,",
		"matrix:":                              `"": need key=value`,
		"matrix:packets":                       `"packets": need key=value`,
		"matrix:rows=3":                        `no parameter "rows": have packets, header, payload`,
		"matrix:packets=1,packets=2":           "given twice",
		"matrix:packets=0":                     "packets=0: need 1 to 65536",
		"matrix:packets=+3":                    "need 1 to",
		"matrix:packets=1e3":                   "need 1 to",
		"matrix:header=0,payload=0":            "at least 1 byte",
		"segments:packets=65536,width=65536":   "need at most 16777216",
		"bigrams:packets=65536,tokens=1048576": "need at most 16777216",
		"matrix:packets=65536,header=65536,payload=1048576":       "need at most 16777216",
		"matrix:packets=65536":                                    "need at most 16777216",
		"flowpic:size=4000":                                       "size=4000: need 1 to 2048",
		"flowpic:packets=99999999":                                "need 1 to 1048576",
		"series:packets=1048576,channels=ipt+dir+size+push+flags": "need at most 16777216",
		"series:channels=ipt+ipt":                                 "each at most once",
		"series:channels=":                                        "some of ipt, time",
		"series:select=some":                                      "one of payload, all",
		"mini-flowpic:span=15":                                    "with a unit",
		"mini-flowpic:span=0s":                                    "1ns to",
		"tokens:payload=13":                                       "an even number of bytes",
		"tokens:gap=-1ms":                                         "0ns to 24h",
		"tokens:bursts=512,packets=512,payload=40":                "need at most 16777216",
		"bigrams:start=frame+":                                    "frame+N",
		"bigrams:start=frame+70000":                               "frame+N",
		"nprint:layers=ipv4+gre":                                  "some of eth, ipv4",
		"hexwords:length=300000":                                  "0 to 262144",
	} {
		_, err := represent.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
}

// TestBind: what docs/spec.md, part 12, refuses, and shapes.
func TestBind(t *testing.T) {
	payload, pad, frames, remove, cut := mask.Default(), mask.Default(), mask.Default(), mask.Default(), mask.Default()
	payload.Content, pad.UDPPad, frames.MAC = mask.Payload, true, mask.Zero
	remove.MAC, remove.IP = mask.Zero, mask.Remove
	cut.MAC, cut.Fields[mask.PayloadBytes] = mask.Zero, mask.Remove
	none := sample.Shape{}
	for _, c := range []struct {
		form   string
		policy mask.Policy
		shape  sample.Shape
		want   string // "" if it is accepted
	}{
		{"bytes", payload, none, ""},
		{"packet-bytes", payload, none, ""},
		{"bigrams", payload, none, ""},
		{"hexwords", payload, none, ""},
		{"matrix", payload, none, "--content payload goes with"},
		{"ustc-all", payload, none, "--content payload goes with"},
		{"series", payload, none, "--content payload goes with"},
		{"flowpic", payload, none, "--content payload goes with"},
		{"mini-flowpic", payload, none, "--content payload goes with"},
		{"nprint", payload, none, "--content payload goes with"},
		{"segments", payload, none, "--content payload goes with"},
		{"tokens", payload, none, "--content payload goes with"},
		{"bigrams:start=after-ports", payload, none, "start does not go with"},
		{"hexwords:trailer=keep", payload, none, "trailer=keep does not go with"},
		{"matrix", pad, none, ""},
		{"nprint", pad, none, "--udp-pad"},
		{"segments", pad, none, "--udp-pad"},
		{"ustc-all", frames, none, ""},
		{"ustc-all", mask.Default(), none, "--mac zero"},
		{"ustc-all", remove, none, "nothing can be removed"},
		{"ustc-all", cut, none, "nothing can be removed"},
		{"nprint:layers=eth", mask.Default(), none, "--mac zero"},
		{"nprint:layers=eth", frames, none, ""},
		{"bigrams:start=frame+3", mask.Default(), none, "--mac zero"},
		{"bigrams:start=frame+3", frames, none, ""},
		{"matrix", mask.Default(), sample.Shape{Rows: 20, Cols: 80}, ""},
		{"matrix", mask.Default(), sample.Shape{Rows: 20, Cols: 81}, "1620 bytes, and the form has 1600"},
		{"series", mask.Default(), sample.Shape{Rows: 4, Cols: 30}, "--shape goes with"},
		{"tokens", mask.Default(), sample.Shape{Rows: 1, Cols: 1}, "--shape goes with"},
	} {
		choice, err := represent.Parse(c.form)
		if err != nil {
			t.Fatal(err)
		}
		_, err = choice.Bind(c.policy, c.shape)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.form, err, c.want)
		}
	}
}

// TestSpecs: types and shapes of docs/spec.md, part 12.
func TestSpecs(t *testing.T) {
	frames := mask.Default()
	frames.MAC = mask.Zero
	for form, want := range map[string]represent.Spec{
		"bytes":            {Type: represent.U8, Rows: 28, Cols: 28},
		"bytes:length=100": {Type: represent.U8, Rows: 10, Cols: 10},
		"ustc-all":         {Type: represent.U8, Rows: 28, Cols: 28},
		"matrix":           {Type: represent.U8, Rows: 40, Cols: 40},
		"packet-bytes":     {Type: represent.U8, Rows: 1, Cols: 1500},
		"series":           {Type: represent.F32, Rows: 4, Cols: 30},
		"flowpic":          {Type: represent.I16, Rows: 1500, Cols: 1500},
		"mini-flowpic":     {Type: represent.U8, Rows: 32, Cols: 32},
		"nprint":           {Type: represent.I8, Rows: 1, Cols: 1024},
		"nprint:layers=eth+ipv4+ipv6+tcp+udp+icmp,payload=2": {Type: represent.I8, Rows: 1, Cols: 112 + 480 + 320 + 480 + 64 + 64 + 16},
		"segments":              {Type: represent.I16, Rows: 50, Cols: 40},
		"segments:part=payload": {Type: represent.I16, Rows: 50, Cols: 150},
		"bigrams":               {},
		"hexwords":              {},
		"tokens":                {},
	} {
		choice, err := represent.Parse(form)
		if err != nil {
			t.Fatal(err)
		}
		f, err := choice.Bind(frames, sample.Shape{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Spec() != want {
			t.Errorf("%s: %+v, want %+v", form, f.Spec(), want)
		}
	}
}

// TestBounds: docs/forms.md says how much memory a unit takes at most.
func TestBounds(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "forms.md"))
	if err != nil {
		t.Fatal(err)
	}
	frames := mask.Default()
	frames.MAC = mask.Zero
	for _, k := range represent.Kinds() {
		choice, err := represent.Parse(k.Name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := choice.Bind(frames, sample.Shape{})
		if err != nil {
			t.Fatal(err)
		}
		line := regexp.MustCompile("(?m)^\\| .*`" + k.Name + "`.* " + strconv.Itoa(f.Bound()) + " \\|$")
		if !line.Match(page) {
			t.Errorf("docs/forms.md does not say that %s takes %d bytes a unit", k.Name, f.Bound())
		}
		for _, p := range k.Params {
			if !strings.Contains(string(page), p.Name+"="+p.Default) {
				t.Errorf("docs/forms.md does not say that %s has %s=%s", k.Name, p.Name, p.Default)
			}
		}
	}
}
