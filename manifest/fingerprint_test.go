package manifest_test

import (
	"reflect"
	"testing"

	"github.com/pcapmill/pcapmill/manifest"
)

// TestFingerprint: the text by hand, its SHA-256 by sha256sum, and every field changes it.
func TestFingerprint(t *testing.T) {
	s := manifest.Settings{
		Length: 784, Shape: "28x28", Content: "packet", MAC: "remove", IP: "zero", Ports: "zero", Checksums: "zero", Drop: "dns,background,tcp-control",
		Dedup: "sample", Labels: "a<b",
	}
	const want = `{"checksums":"zero","content":"packet","dedup":"sample","drop":"dns,background,tcp-control","ip":"zero","labels":"a<b","length":784,"mac":"remove","ports":"zero","shape":"28x28","udp_pad":false}`
	if text, err := s.Canonical(); err != nil || string(text) != want {
		t.Errorf("%v\n%s, want\n%s", err, text, want)
	}
	if sum, err := s.Fingerprint(); err != nil || sum != "b100e5fd4cdfdda862f98d1c32bd2c16bea9a6d3c45dcc1899e123221b0da12d" {
		t.Errorf("%s, %v", sum, err)
	}
	seen := map[string]string{}
	note := func(field string, s manifest.Settings) {
		t.Helper()
		sum, err := s.Fingerprint()
		if err != nil || seen[sum] != "" {
			t.Errorf("%s: %v, the same as %s", field, err, seen[sum])
		}
		seen[sum] = field
	}
	note("none", s)
	for i := range reflect.TypeFor[manifest.Settings]().NumField() {
		other := s
		switch f := reflect.ValueOf(&other).Elem().Field(i); f.Kind() {
		case reflect.Int, reflect.Int64:
			f.SetInt(f.Int() + 1)
		case reflect.Bool:
			f.SetBool(!f.Bool())
		case reflect.String:
			f.SetString(f.String() + "x")
		default:
			t.Fatalf("a setting of kind %v: say here how to change it", f.Kind())
		}
		note(reflect.TypeFor[manifest.Settings]().Field(i).Name, other)
	}
}
