package settings

import (
	"strings"
	"testing"
)

// TestEveryOptionIsDocumented: name, heading, short and long text, what its value
// is called.
func TestEveryOptionIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	group := map[string]bool{}
	last := ""
	for _, o := range Options() {
		if seen[o.Name] {
			t.Errorf("%s stands twice", o.Name)
		}
		seen[o.Name] = true
		if o.Group != last && group[o.Group] {
			t.Errorf("%s: heading %s comes a second time", o.Name, o.Group)
		}
		last, group[o.Group] = o.Group, true
		if o.Short == "" || strings.HasSuffix(o.Short, ".") || len(o.Short) > 80 {
			t.Errorf("%s: short text %q: need one line without a full stop", o.Name, o.Short)
		}
		if o.Long == "" || !strings.HasSuffix(o.Long, ".") || o.Arg == "" || o.Group == "" {
			t.Errorf("%s: long text %q, argument %q, heading %q", o.Name, o.Long, o.Arg, o.Group)
		}
		if o.Default == "" && o.Values != nil {
			t.Errorf("%s has no default", o.Name)
		}
		for _, v := range o.Values {
			text := o.Arg + o.Short
			if len(o.Values) > 8 { // more than a line holds
				text += o.Long
			}
			if !strings.Contains(text, v) {
				t.Errorf("%s: neither argument nor short text names the value %s", o.Name, v)
			}
		}
	}
	if len(seen) < 16 {
		t.Errorf("%d options", len(seen))
	}
}

func TestEnv(t *testing.T) {
	o, ok := Find("key-file")
	if !ok || o.Env() != "PCAPMILL_KEY_FILE" {
		t.Errorf("%v %v", o, ok)
	}
}
