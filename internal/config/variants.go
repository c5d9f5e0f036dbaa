package config

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/typo"
	"github.com/pcapmill/pcapmill/internal/userfile"
)

// variantKeys are what an entry of a file of variants may say besides its name.
var variantKeys = []string{"profile", "mask", "mac", "ip", "ports", "checksums", "udp-pad", "content", "form", "shape", "forge"}

// Variant is an entry of a file of variants: the values of the command line with its own
// over them.
type Variant struct {
	Name   string
	From   string // where it stands, "variants.yaml:3"
	Values *Values
}

// Variants reads the file of variants, of at most 1 MiB; none if no file is given. It ends
// with ctx.
func (v *Values) Variants(ctx context.Context) ([]Variant, error) {
	path := v.Get("variants")
	if path == "" {
		return nil, nil
	}
	text, err := userfile.Read(ctx, path, maxFile)
	if err != nil {
		return nil, err
	}
	return v.ParseVariants(path, text)
}

// ParseVariants reads the text of a file of variants; name is used in messages.
func (v *Values) ParseVariants(name string, text []byte) ([]Variant, error) {
	doc, err := document(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if doc.Kind == 0 || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%s: need a list of variants, each with a name: - name: strict", name)
	}
	entries := doc.Content[0].Content
	if len(entries) < 2 {
		return nil, fmt.Errorf("%s: need two variants or more, have %d; one alone is what the command line makes", name, len(entries))
	}
	list := make([]Variant, 0, len(entries))
	lines := map[string]int{}
	for _, e := range entries {
		one, err := v.variant(name, e)
		if err != nil {
			return nil, err
		}
		if line, ok := lines[one.Name]; ok {
			return nil, &Error{From: one.From, Option: "name", Reason: fmt.Sprintf("%s is the name of the variant in line %d too", one.Name, line)}
		}
		lines[one.Name] = e.Line
		list = append(list, one)
	}
	return list, nil
}

// variant reads an entry.
func (v *Values) variant(file string, n *yaml.Node) (Variant, error) {
	at := func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", file, n.Line) }
	if n.Kind != yaml.MappingNode {
		return Variant{}, fmt.Errorf("%s: need a mapping with a name, like {name: strict, profile: strict}", at(n))
	}
	own := Variant{From: at(n), Values: &Values{value: maps.Clone(v.value), from: maps.Clone(v.from), preset: v.preset}}
	given := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		bad := func(format string, args ...any) (Variant, error) {
			return Variant{}, &Error{From: at(key), Option: key.Value, Reason: fmt.Sprintf(format, args...)}
		}
		if given[key.Value] {
			return bad("given twice in one variant")
		}
		given[key.Value] = true
		o, known := settings.Find(key.Value)
		plain, err := plainValue(value, known && o.Kind == settings.Map)
		switch {
		case err != nil:
			return bad("%v", err)
		case key.Value == "name":
			own.Name = plain
			continue
		case known && !slices.Contains(variantKeys, key.Value):
			return bad("this is one for all variants: give it to the command; a variant has name, %s", strings.Join(variantKeys, ", "))
		case !known:
			return bad("no such option%s: a variant has name, %s", typo.DidYouMean(key.Value, append([]string{"name"}, variantKeys...)), strings.Join(variantKeys, ", "))
		}
		if err := own.Values.Set(key.Value, plain, at(key)); err != nil {
			return Variant{}, err
		}
	}
	if own.Name == "" {
		return Variant{}, &Error{From: own.From, Option: "name", Reason: "missing: each variant has one, of a-z 0-9 -"}
	}
	if given["form"] { // the size on the command line is that of its own form
		for _, name := range []string{"length", "shape"} {
			if !given[name] {
				own.Values.unset(name)
			}
		}
	}
	return own, nil
}

// unset takes an option back to its default.
func (v *Values) unset(name string) {
	o, _ := settings.Find(name)
	v.value[name] = o.Default
	delete(v.from, name)
}
