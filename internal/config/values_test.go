package config

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/pcapmill/pcapmill/internal/settings"
)

// TestPrecedence: whoever speaks last wins, and From says who it was.
func TestPrecedence(t *testing.T) {
	v := Defaults()
	check := func(name, value, from string) {
		t.Helper()
		if v.Get(name) != value || v.From(name) != from {
			t.Errorf("%s is %q from %q, need %q from %q", name, v.Get(name), v.From(name), value, from)
		}
	}
	check("ip", "zero", "")
	if err := v.Parse("a.yaml", []byte("ip: remove\nports: keep\nlength: 100\n")); err != nil {
		t.Fatal(err)
	}
	check("ip", "remove", "a.yaml:1")
	check("length", "100", "a.yaml:3")
	if err := v.Environment([]string{"HOME=/", "PCAPMILL_IP=anonymize", "PCAPMILL_CONFIG=x", "PCAPMILL_PORTS=", "PCAPMILL_NO_SUCH="}); err != nil {
		t.Fatal(err)
	}
	check("ip", "anonymize", "PCAPMILL_IP")
	check("ports", "keep", "a.yaml:2")
	if err := v.Set("ip", "keep", "--ip"); err != nil {
		t.Fatal(err)
	}
	check("ip", "keep", "--ip")
	check("mac", "remove", "")
	if v.Number("length") != 100 {
		t.Errorf("length is %d", v.Number("length"))
	}
}

func TestErrorsNameThePlaceAndTheCure(t *testing.T) {
	for _, test := range []struct{ name, value, from, want string }{
		{"ip", "remvoe", "--ip", `--ip: "remvoe": need remove, zero, anonymize, prefix or keep; did you mean remove?`},
		{"ip", "hide", "a.yaml:3", `a.yaml:3: ip: "hide": need remove, zero, anonymize, prefix or keep`},
		{"ip", "", "PCAPMILL_IP", `PCAPMILL_IP: "": need remove, zero, anonymize, prefix or keep`},
		{"drop", "dns,bakground", "--drop", `--drop: "bakground": need tcp-control, dns, background, stun, snmp, nat-pmp, lsd, ssdp, multicast, broadcast or none; did you mean background?`},
		{"length", "1e3", "--length", `--length: "1e3": need a whole number of 0 or more`},
		{"length", "-1", "--length", `--length: "-1": need a whole number of 0 or more`},
		{"length", "99999999999999999999", "--length", `--length: "99999999999999999999": need a whole number of 0 or more`},
		{"udp-pad", "maybe", "--udp-pad", `--udp-pad: "maybe": need on or off`},
		{"shpae", "1x1", "a.yaml:1", "a.yaml:1: shpae: no such option; did you mean shape?"},
		{"quite-another-thing", "", "a.yaml:1", "a.yaml:1: quite-another-thing: no such option"},
	} {
		v := Defaults()
		err := v.Set(test.name, test.value, test.from)
		var e *Error
		if !errors.As(err, &e) || err.Error() != test.want {
			t.Errorf("%s %q: %v, need %s", test.name, test.value, err, test.want)
		}
		if o, ok := settings.Find(test.name); ok && v.Get(test.name) != o.Default {
			t.Errorf("%s: a refused value was taken: %q", test.name, v.Get(test.name))
		}
	}
}

func TestSwitch(t *testing.T) {
	for value, want := range map[string]bool{"on": true, "True": true, "yes": true, "1": true, "off": false, "false": false, "NO": false, "0": false} {
		v := Defaults()
		if err := v.Set("udp-pad", value, "--udp-pad"); err != nil || v.On("udp-pad") != want {
			t.Errorf("%s: %v, %v", value, v.On("udp-pad"), err)
		}
	}
}

func TestUnknownVariable(t *testing.T) {
	err := Defaults().Environment([]string{"PCAPMILL_DEDUPE=none"})
	if want := "environment: PCAPMILL_DEDUPE: no such variable; did you mean PCAPMILL_DEDUP?"; err == nil || err.Error() != want {
		t.Errorf("%v, need %s", err, want)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1048576": 1 << 20, "512MiB": 512 << 20, "2G": 2 << 30, "2GiB": 2 << 30, "1.5 gib": 3 << 29, "1GB": 1e9, "128m": 128 << 20, "64KiB": 64 << 10,
	} {
		v := Defaults()
		if err := v.Set("memory", text, "--memory"); err != nil || v.Size("memory") != want {
			t.Errorf("%s: %d, %v; want %d", text, v.Size("memory"), err, want)
		}
	}
	for _, text := range []string{"", "much", "-1", "2 GiBs", "1e30", "NaN", "MiB", "0x10"} {
		if err := Defaults().Set("memory", text, "--memory"); err == nil {
			t.Errorf("%q is a size", text)
		}
	}
}

// TestDefaultsAreInPlainForm: check accepts every default and leaves it as it is.
func TestDefaultsAreInPlainForm(t *testing.T) {
	for _, o := range settings.Options() {
		if clean, err := check(&o, o.Default); err != nil && o.Default != "" || clean != o.Default && err == nil {
			t.Errorf("%s: default %q becomes %q, %v", o.Name, o.Default, clean, err)
		}
	}
}

// TestPathsAreTakenAsTheyStand: from every source, with blanks at both ends.
func TestPathsAreTakenAsTheyStand(t *testing.T) {
	paths := 0
	for _, o := range settings.Options() {
		if o.Kind != settings.Path {
			continue
		}
		paths++
		for _, path := range []string{" out", "out ", "\tout\n", " "} {
			text, err := json.Marshal(map[string]string{o.Name: path})
			if err != nil {
				t.Fatal(err)
			}
			for source, set := range map[string]func(v *Values) error{
				"flag":        func(v *Values) error { return v.Set(o.Name, path, "--"+o.Name) },
				"environment": func(v *Values) error { return v.Environment([]string{o.Env() + "=" + path}) },
				"file":        func(v *Values) error { return v.Parse("a.yaml", text) },
			} {
				v := Defaults()
				if err := set(v); err != nil || v.Get(o.Name) != path {
					t.Errorf("%s %q from a %s: %q, %v", o.Name, path, source, v.Get(o.Name), err)
				}
			}
		}
	}
	for _, name := range []string{"out", "labels", "table", "key-file", "tmp", "stdin-name"} {
		if o, ok := settings.Find(name); !ok || o.Kind != settings.Path {
			t.Errorf("%s is no path", name)
		}
	}
	if paths < 6 {
		t.Errorf("%d paths", paths)
	}
}
