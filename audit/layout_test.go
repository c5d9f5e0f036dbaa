package audit_test

import (
	"testing"

	"github.com/pcapmill/pcapmill/mask"
)

// TestHiddenLengths: where lengths are masked, each position has the field that it has where they are not, because the dataset says
// where packets stand; also where addresses are cut out and UDP headers padded, and where payload is.
func TestHiddenLengths(t *testing.T) {
	for name, p := range map[string]mask.Policy{
		"strict":         mask.Strict(),
		"ip remove":      {MAC: mask.Remove, IP: mask.Remove},
		"payload remove": with(mask.Default(), mask.PayloadBytes, mask.Remove),
		"payload ones":   with(mask.Default(), mask.PayloadBytes, mask.Ones),
	} {
		want := compiled(t, p, 9000, "192.0.2.9")
		have := compiled(t, with(p, mask.IPLength, mask.Zero), 9000, "192.0.2.9")
		if have.Data.Layout != "packets" || want.Data.Layout != "packets" || have.Data.Walked != 1 {
			t.Errorf("%s: layouts %s and %s, %v walked", name, have.Data.Layout, want.Data.Layout, have.Data.Walked)
		}
		seen := map[string]bool{}
		for i := range want.Positions {
			if h, w := have.Positions[i].Field, want.Positions[i].Field; h != w {
				t.Fatalf("%s: position %d is %s, and %s where lengths are kept", name, i, h, w)
			}
			seen[want.Positions[i].Field] = true
		}
		if !seen["packet.0.udp.length"] || !seen["padding"] || seen["payload"] == (name == "payload remove") {
			t.Errorf("%s: fields %v", name, seen)
		}
	}
}

func with(p mask.Policy, f mask.Field, a mask.Action) mask.Policy {
	p.Fields[f] = a
	return p
}
