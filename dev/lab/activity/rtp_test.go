package activity

import (
	"net/netip"
	"testing"
)

// TestMuLaw compares with values of the table in ITU-T G.711 (16-bit scale): silence, both extremes, and a segment's borders.
func TestMuLaw(t *testing.T) {
	for sample, want := range map[int]byte{
		0: 0xff, -1: 0x7f, 32767: 0x80, -32768: 0x00, 8031 * 4: 0x80, 4191 * 4: 0x8f, 31 * 4: 0xef, 95 * 4: 0xdf,
	} {
		if got := muLaw(sample); got != want {
			t.Errorf("muLaw(%d) = %#02x, want %#02x", sample, got, want)
		}
	}
}

func TestMediaAt(t *testing.T) {
	want := netip.MustParseAddrPort("192.0.2.7:16402")
	invite := dialog{id: "0123456789abcdef@x", from: "a@x", to: "b@x", me: want}.request("INVITE", 1, describe(want, 1))
	for _, m := range []string{invite, answer(invite, "200 OK", describe(want, 2))} {
		if got, err := mediaAt(m); err != nil || got != want {
			t.Errorf("mediaAt = %v, %v in\n%s", got, err, m)
		}
		if got := field(m, "call-id"); got != "0123456789abcdef@x" {
			t.Errorf("Call-ID %q in\n%s", got, m)
		}
	}
	if got, err := mediaAt(answer(invite, "180 Ringing", "")); err == nil {
		t.Errorf("media at %v where none is", got)
	}
}
