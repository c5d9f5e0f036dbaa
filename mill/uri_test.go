package mill

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
)

// TestURIs: any path survives as a URI, of a file and of an object, and one of them is never taken
// for the other.
func TestURIs(t *testing.T) {
	for path, want := range map[string]string{
		"/a b/c%d": "file:///a%20b/c%25d", "a/b": "a/b", "s3:/x": "s3%3A/x",
		"s3://b/a b/c%d": "s3://b/a%20b/c%25d", "s3://b/": "s3://b/", "s3://b//x": "s3://b//x", "s3://b/../x:y": "s3://b/../x%3Ay",
	} {
		if have := uriOf(path); have != want {
			t.Errorf("%s: %s, need %s", path, have, want)
		}
	}
	for _, uri := range []string{"", "file://x", "s3://b/a b", "s3://b/%", "s3://b/%2f", "http://b/x", "S3://b/x"} {
		if path, err := pathOf(uri); err == nil {
			t.Errorf("%s is read as %s", uri, path)
		}
	}
	draw.Check(t, func(t *rapid.T) {
		begin := rapid.SampledFrom([]string{"s3://b/", "/", "x"}).Draw(t, "begin")
		path := begin + strings.ReplaceAll(string(rapid.SliceOf(rapid.Byte()).Draw(t, "rest")), "\\", "")
		have, err := pathOf(uriOf(path))
		if err != nil || have != path {
			t.Fatalf("%q became %q, and that %q, %v", path, uriOf(path), have, err)
		}
	})
}
