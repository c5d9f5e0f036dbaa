package typo

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
		{"ab", "ba", 2},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"iscx-vpn", "ustc-tfc2016", "quic-netflow", "keep"}
	for word, want := range map[string]string{
		"iscx": "iscx-vpn", "ISCX_VPN": "iscx-vpn", "vpn": "iscx-vpn", "ustc-tcf2016": "ustc-tfc2016",
		"kep": "keep", "zebra": "", "": "", strings.Repeat("keep", 20): "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("keeep", names); got != "; did you mean keep?" {
		t.Errorf("%q", got)
	}
	if got := DidYouMean("zebra", names); got != "" {
		t.Errorf("%q", got)
	}
}
