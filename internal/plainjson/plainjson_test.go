package plainjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/plainjson"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"b c"}` + "\n":      `{"a":"b c"}` + "\n",
		"\"é\u00a0\"":             `"é\u00a0"`,
		"\"\x7f\u009b31m\u202e\"": `"\u007f\u009b31m\u202e"`,
		"\"\U000e0001日本\"":        `"\udb40\udc01日本"`,
		"":                        "",
	} {
		if got := string(plainjson.Escape([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestSame: any text is the same behind a parser, and nothing is left that does not print.
func TestSame(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		var b bytes.Buffer
		if err := json.NewEncoder(plainjson.Writer{W: &b}).Encode(text); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.String() {
			if !unicode.IsPrint(r) && r != '\n' {
				t.Fatalf("%q holds %q", b.String(), r)
			}
		}
		var back string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != text {
			t.Fatalf("%q became %q, %v", text, back, err)
		}
	})
}

type broken struct{}

var errBroken = errors.New("broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterFails(t *testing.T) {
	if _, err := (plainjson.Writer{W: broken{}}).Write([]byte("{}")); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}
