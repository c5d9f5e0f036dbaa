package label_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/label"
)

// TestFromComment: comments as pcapML writes them give a class, others do not.
func TestFromComment(t *testing.T) {
	for comment, want := range map[string]string{
		"0,email": "email", "18446744073709551615, VPN Chat ": "VPN Chat", "s=5,web": "web", " s=a b,web, really": "web, really", "12,ünï": "ünï",
		"": "", "12": "", "12,": "", ",web": "", "s=,web": "", "see, there": "", "-1,web": "", "1.5,web": "", "12,unknown": "", "12,UNKNOWN": "",
		"12,a\x00b": "", "12,\xff": "", "12," + strings.Repeat("x", 255): strings.Repeat("x", 255), "12," + strings.Repeat("x", 256): "",
	} {
		if got := string(label.FromComment([]byte(comment))); got != want {
			t.Errorf("%q: class %q, want %q", comment, got, want)
		}
	}
}

// FuzzFromComment: what a comment gives is a class that a table takes, and stands in the comment.
func FuzzFromComment(f *testing.F) {
	f.Add([]byte("0,email"))
	f.Add([]byte("s=x,VPN, Chat"))
	f.Fuzz(func(t *testing.T, comment []byte) {
		class := label.FromComment(comment)
		if class == nil {
			return
		}
		if _, err := label.New("comments", []string{string(class)}); err != nil || !bytes.HasSuffix(bytes.TrimSpace(comment), class) {
			t.Fatalf("%q from %q: %v", class, comment, err)
		}
	})
}
