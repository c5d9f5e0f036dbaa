package config

import (
	"errors"
	"slices"
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

// FuzzVariants: no file of variants makes ParseVariants panic. What it accepts are two
// variants or more of different names, whose values every option accepts again, and that say
// nothing of their own but what a variant can; what it refuses has the file's name.
func FuzzVariants(f *testing.F) {
	for _, seed := range []string{
		"- {name: a}\n- {name: b, profile: strict}\n", "- name: a\n- name: b\n  form: matrix\n  shape: 20x80\n  forge: all\n", `[{"name": "a"}, {"name": "b", "mask": {"ip.ttl": "zero"}}]`,
		"", "a: 1", "- a\n- b\n", "- {name: a}\n- {name: a}\n", "- {name: a}\n- {name: b, drop: none}\n", "- &x {name: a}\n- *x\n", "- {name: a}\n- {<<: {ip: keep}, name: b}\n",
		"- {name: a}\n- {name: b, name: c}\n", "- {name: [a]}\n- {name: b}\n", "- {name: a}\n- {? [x] : y}\n", "- {name: a}\n- {name: b}\n---\n- x\n", "\ufeff- {name: a}\n- {name: b}\n",
		"- {name: a, length: 10}\n- {name: b}\n", "- {name: a}\n- {name: !!binary aGk=}\n", "\x00", "- {name: a}\n- {name: b, mask: 'ip.ttl=zero'}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v := Defaults()
		list, err := v.ParseVariants("f.yaml", text)
		if err != nil {
			var own *Error
			if !strings.Contains(err.Error(), "f.yaml") && !(errors.As(err, &own) && strings.HasPrefix(own.From, "f.yaml")) {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		names := map[string]bool{}
		for _, one := range list {
			names[one.Name] = true
			if !strings.HasPrefix(one.From, "f.yaml:") {
				t.Errorf("variant %q is from %q", one.Name, one.From)
			}
			for _, o := range settings.Options() {
				value := one.Values.Get(o.Name)
				if clean, err := check(&o, value); one.Values.From(o.Name) != "" && (err != nil || clean != value) {
					t.Errorf("variant %q: %s: %q becomes %q, %v", one.Name, o.Name, value, clean, err)
				}
				if value != v.Get(o.Name) && !slices.Contains(variantKeys, o.Name) && o.Name != "length" {
					t.Errorf("variant %q has its own %s, %q", one.Name, o.Name, value)
				}
			}
		}
		if len(names) < 2 || len(names) < len(list) {
			t.Errorf("%d variants, %d names", len(list), len(names))
		}
	})
}
