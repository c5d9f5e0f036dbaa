package label

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pcapmill/pcapmill/internal/typo"
	"github.com/pcapmill/pcapmill/internal/userfile"
)

//go:embed mappings/*.yaml
var mappings embed.FS

// MaxText is the largest size of a class table's text, in bytes:
// enough for [MaxClasses] classes with a keyword or two each.
const MaxText = 4 << 20

// ErrNoMapping is what errors of [Builtin] and [Load] wrap when the name is that of
// no built-in table (and of no file).
var ErrNoMapping = errors.New("no such class table")

// Builtins returns the names of the built-in tables, the default first.
func Builtins() []string {
	return []string{"iscx-vpn", "ustc-tfc2016", "quic-netflow"}
}

// Builtin returns the built-in table of that name, made anew on every call. The
// error for another name lists the names there are and suggests the nearest; it
// wraps [ErrNoMapping].
func Builtin(name string) (*Table, error) {
	if !isBuiltin(name) {
		return nil, fmt.Errorf("%q: %w: the built-in ones are %s%s",
			name, ErrNoMapping, strings.Join(Builtins(), ", "), typo.DidYouMean(name, Builtins()))
	}
	text, err := mappings.ReadFile("mappings/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

// Load returns the built-in table of that name, or else parses the YAML or JSON
// file at that path. A file that is named like a built-in table is reached by
// ./name. At most MaxText+1 bytes are read, so the path may be a
// pipe; waiting for it ends with ctx.
func Load(ctx context.Context, nameOrPath string) (*Table, error) {
	if isBuiltin(nameOrPath) {
		return Builtin(nameOrPath)
	}
	text, err := userfile.Read(ctx, nameOrPath, MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%q: %w: it is neither a file nor one of the built-in %s%s",
			nameOrPath, ErrNoMapping, strings.Join(Builtins(), ", "), typo.DidYouMean(nameOrPath, Builtins()))
	}
	var long *userfile.SizeError
	switch {
	case errors.As(err, &long):
		return nil, (&source{name: nameOrPath}).tooLarge()
	case err != nil:
		return nil, err
	}
	return Parse(nameOrPath, text)
}

func isBuiltin(name string) bool {
	for _, b := range Builtins() {
		if name == b {
			return true
		}
	}
	return false
}
