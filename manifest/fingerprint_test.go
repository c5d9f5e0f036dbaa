package manifest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
)

// TestFingerprint: the text by hand, its SHA-256 by sha256sum, and every field changes it.
func TestFingerprint(t *testing.T) {
	s := manifest.NewSettings(map[string]string{
		"length": "784", "shape": "28x28", "content": "packet", "mac": "remove", "ip": "zero", "ports": "zero", "checksums": "zero", "drop": "dns,background,tcp-control",
		"dedup": "sample", "labels": "a<b",
	})
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
	for _, r := range settings.Recorded() {
		note(r.Key, s.With(r.Key, other(&r)))
	}
}

// TestSettingsJSON: the text of version 0.1.0, byte for byte, with every setting of that
// version and with none; read back, it is the same text and the same settings.
func TestSettingsJSON(t *testing.T) {
	for _, text := range []string{
		`{"length":784,"shape":"28x28","content":"packet","mac":"remove","ip":"zero","ports":"zero","checksums":"zero","udp_pad":false,"drop":"dns,background,tcp-control","dedup":"sample","labels":"iscx-vpn"}`,
		`{"length":0,"shape":"","content":"","mac":"","ip":"","ports":"","checksums":"","udp_pad":false,"drop":"","dedup":"","labels":""}`,
		`{"length":100,"shape":"10x10","content":"payload","mac":"keep","ip":"prefix","ports":"keep","checksums":"keep","udp_pad":true,"key":"0123","drop":"none","dedup":"session","resync":true,` +
			`"labels":"/home/me/<mine> & \"yours\".yaml","label_from":"table","min_packets":3,"min_bytes":4,"idle_timeout":"1m0s","tcp_restart":true}`,
	} {
		var s manifest.Settings
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		got, err := s.MarshalJSON()
		if err != nil || string(got) != text {
			t.Errorf("%v\n%s, want\n%s", err, got, text)
		}
	}
	for text, want := range map[string]string{
		`{"length":"784"}`:       "length",
		`{"length":1.5}`:         "length",
		`{"udp_pad":"on"}`:       "udp_pad",
		`{"ip":null}`:            "ip: no value",
		`{"ip":["zero"]}`:        "ip",
		`{"pictures":"flowpic"}`: `unknown field "pictures": use a newer pcapmill`,
		`[]`:                     "settings",
	} {
		var s manifest.Settings
		if err := json.Unmarshal([]byte(text), &s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
