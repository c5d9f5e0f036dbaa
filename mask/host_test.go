package mask_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"testing"

	"github.com/pcapmill/pcapmill/mask"
)

func TestHosts(t *testing.T) {
	h := mask.NewHosts([]byte("key"))
	seen := map[[8]byte]bool{}
	for range 2 { // the second time out of memory, of which there is less than of addresses
		a := netip.MustParseAddr("2001:db8::")
		for i := range 20_000 {
			want := hmac.New(sha256.New, []byte("key"))
			want.Write([]byte("pcapmill host\x00" + a.String()))
			p := h.Of(a)
			if string(p[:]) != string(want.Sum(nil)[:8]) {
				t.Fatalf("%s: %x", a, p)
			}
			seen[p] = true
			if a = a.Next(); i == 3 {
				a = netip.MustParseAddr("192.0.2.0")
			}
		}
	}
	if len(seen) != 20_000 {
		t.Errorf("%d pseudonyms", len(seen))
	}
	a := netip.MustParseAddr("192.0.2.1")
	if other := mask.NewHosts([]byte("other")); other.Of(a) == h.Of(a) {
		t.Error("two keys give one pseudonym")
	}
	in := mask.NewPseudonymizer([]byte("key")).IP(a).As4()
	if p := h.Of(a); string(p[:4]) == string(in[:]) {
		t.Error("the pseudonym is that of the samples")
	}
	if none := mask.NewHosts(nil); none.Of(a) != [8]byte{} {
		t.Error("a pseudonym without a key")
	}
}
