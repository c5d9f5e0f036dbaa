package config

import (
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/settings"
)

// FuzzConfig: no text makes Parse panic; what it accepts, every option accepts
// again in its plain form; what it refuses has a place or the file's name.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		Template(), uncommented(), "", "ip: keep", "ip: [keep", "drop: [dns, background]\n", "drop:\n- none\n", "length: 784\nshape: 28x28",
		"udp-pad: yes", "a: &x 1\nb: *x", "<<: {ip: keep}", "? [ip]\n: keep", "ip: keep\n---\nmac: zero", "!!map {ip: !!str keep}",
		"key-file: |\n  a\n  b\n", "\ufeffip: keep", "\"ip\": 'keep'", "- ip", "%YAML 1.2\n---\nip: keep", "ip: keep # remark", "\x00", "ip: \xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v := Defaults()
		if err := v.Parse("f.yaml", text); err != nil {
			if !strings.Contains(err.Error(), "f.yaml") {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		for _, o := range settings.Options() {
			clean, err := check(&o, v.Get(o.Name))
			if v.From(o.Name) != "" && (err != nil || clean != v.Get(o.Name)) {
				t.Errorf("%s: %q becomes %q, %v", o.Name, v.Get(o.Name), clean, err)
			}
		}
	})
}
