package twin_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// The helpers below write down what SPEC says a pseudonym is; TestPseudonymVector holds them to numbers from another tool.

func sha(text string, n int) string {
	d := sha256.Sum256([]byte(text))
	return hex.EncodeToString(d[:n])
}

func hmacOf(text string, n int) string {
	m := hmac.New(sha256.New, []byte("secret\n"))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil)[:n])
}

// local is the pseudonym of a MAC: locally administered, not multicast.
func local(text string) string {
	d := sha256.Sum256([]byte(text))
	d[0] = d[0]&0xfc | 0x02
	return hex.EncodeToString(d[:6])
}

// TestPseudonymVector compares with what GNU sha256sum and Python's hmac print for "192.0.2.1" and "198.51.100.2".
func TestPseudonymVector(t *testing.T) {
	s := twin.Default()
	s.IP = "anonymize"
	p := ethernet(v4, udp, testcap.Payload("hi"))
	if got := one(t, s, p)[24:40]; got != "37fcff248c9bbd8a" {
		t.Errorf("pseudonyms %s", got)
	}
	s.Key = []byte("secret\n")
	if got := one(t, s, p)[24:40]; got != "ff5ca3c2677330c2" {
		t.Errorf("keyed pseudonyms %s", got)
	}
}
