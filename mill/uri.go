package mill

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pcapmill/pcapmill/internal/objects"
)

// uriOf writes a path as a URI: file:///... if it is absolute, else a relative reference.
// Any bytes of a path survive, those that are not valid UTF-8 too.
// An object has the URI that names it.
func uriOf(path string) string {
	store := ""
	if objects.Is(path) {
		store, path = path[:len(objects.Scheme)], path[len(objects.Scheme):]
	} else {
		path = filepath.ToSlash(path)
	}
	parts := strings.Split(path, "/")
	for i, s := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(s), ":", "%3A") // no part is a scheme
	}
	uri := store + strings.Join(parts, "/")
	switch {
	case store != "":
	case strings.HasPrefix(path, "/"):
		return "file://" + uri
	case filepath.IsAbs(filepath.FromSlash(path)): // C:/
		return "file:///" + uri
	}
	return uri
}

// pathOf reads what uriOf writes.
func pathOf(uri string) (string, error) {
	if objects.Is(uri) {
		path, err := url.PathUnescape(uri)
		if err != nil || uriOf(path) != uri {
			return "", fmt.Errorf("%q is not the URI of an object: need s3://BUCKET/KEY, with escapes for what is not a letter, a digit or one of -._~$&+=@", uri)
		}
		return path, nil
	}
	rest, absolute := strings.CutPrefix(uri, "file://")
	path, err := url.PathUnescape(rest)
	if err == nil && absolute && len(path) > 2 && path[2] == ':' && filepath.Separator == '\\' {
		path = path[1:] // /C:/
	}
	if err == nil {
		path = filepath.FromSlash(path)
	}
	if err != nil || path == "" || absolute && rest[0] != '/' || uriOf(path) != uri {
		return "", fmt.Errorf("%q is not the URI of a file: need file:///PATH, or a relative path, with escapes for what is not a letter, a digit or one of -._~$&+=@", uri)
	}
	return path, nil
}
