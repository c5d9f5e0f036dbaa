package wds

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/plainjson"
)

// TestMembers: the bytes of archive/tar.
func TestMembers(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		var want bytes.Buffer
		w := tar.NewWriter(&want)
		var have []byte
		for range rapid.IntRange(1, 4).Draw(t, "members") {
			key := rapid.StringMatching("[0-9a-z-]{1,90}").Draw(t, "key")
			data := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.IntRange(0, 5000).Draw(t, "size"))
			have = appendMember(have, key, ".json", data)
			err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: key + ".json", Size: int64(len(data)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR})
			if err == nil {
				_, err = w.Write(data)
			}
			if err == nil {
				err = w.Flush()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(have, want.Bytes()) {
			t.Fatalf("%q, want %q", have, want.Bytes())
		}
	})
}

// TestPlain: text that is said to stand in JSON as it is does, and most text is.
func TestPlain(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		want, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if plain(text) && `"`+text+`"` != string(plainjson.Escape(want)) {
			t.Fatalf("%q is not plain: %s", text, want)
		}
	})
	for c := range 256 {
		text := string(rune(c))
		want, err := json.Marshal(text)
		if err != nil || plain(text) != (`"`+text+`"` == string(plainjson.Escape(want)) && c < 0x80) {
			t.Errorf("%q: plain %t, JSON %s, %v", text, plain(text), want, err)
		}
	}
}
