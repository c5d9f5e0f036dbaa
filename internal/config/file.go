package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/userfile"
)

// maxFile bounds a configuration file in bytes.
const maxFile = 1 << 20

// File reads a YAML configuration file, of at most 1 MiB, into the values. It ends with ctx.
func (v *Values) File(ctx context.Context, path string) error {
	text, err := userfile.Read(ctx, path, maxFile)
	if err != nil {
		return err
	}
	return v.Parse(path, text)
}

// Parse reads the text of a configuration file; name is used in messages.
func (v *Values) Parse(name string, text []byte) error {
	if len(text) > maxFile {
		return fmt.Errorf("%s: longer than %d bytes", name, maxFile)
	}
	doc, err := document(text)
	if err != nil {
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return nil // an empty file chooses nothing
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: need a mapping from option to value", name, root.Line)
	}
	given := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		from := fmt.Sprintf("%s:%d", name, key.Line)
		if line, ok := given[key.Value]; ok {
			return &Error{From: from, Option: key.Value, Reason: fmt.Sprintf("given twice, first in line %d", line)}
		}
		given[key.Value] = key.Line
		o, known := settings.Find(key.Value)
		plain, err := plainValue(value, known && o.Kind == settings.Map)
		if err != nil {
			return &Error{From: from, Option: key.Value, Reason: err.Error()}
		}
		if err := v.Set(key.Value, plain, from); err != nil {
			return err
		}
	}
	return nil
}

// document reads the only YAML document of a text.
func document(text []byte) (doc yaml.Node, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); err != nil && err != io.EOF {
		return doc, err
	}
	var more yaml.Node
	switch err := d.Decode(&more); err {
	case io.EOF:
		return doc, nil
	case nil:
		return doc, fmt.Errorf("line %d: a second document begins: need one mapping", more.Line)
	default:
		return doc, err
	}
}

// plainValue is the text of a scalar, the words of a sequence with commas, or, for an
// option that is one, the pairs of a mapping as NAME=VALUE with commas.
// Text is taken as written: no value changes by looking like a number.
func plainValue(n *yaml.Node, mapping bool) (string, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "", errors.New("no value")
		}
		return n.Value, nil
	case yaml.SequenceNode:
		if len(n.Content) == 0 {
			return "", errors.New("the list is empty")
		}
		var words []string
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return "", errors.New("need a list of words")
			}
			words = append(words, c.Value)
		}
		return strings.Join(words, ","), nil
	}
	if mapping && n.Kind == yaml.MappingNode {
		return pairsOf(n)
	}
	if mapping {
		return "", errors.New("need a mapping, or pairs like NAME=VALUE")
	}
	return "", errors.New("need a single value or a list of words")
}

func pairsOf(n *yaml.Node) (string, error) {
	var list []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode || value.Kind != yaml.ScalarNode || strings.ContainsAny(name.Value, "=,") || strings.Contains(value.Value, ",") {
			return "", errors.New("need a mapping from names to single values")
		}
		list = append(list, name.Value+"="+value.Value)
	}
	return strings.Join(list, ","), nil
}

// Template is a commented configuration file with every default.
func Template() string {
	var b strings.Builder
	b.WriteString("# pcapmill configuration: defaults < this file < environment PCAPMILL_* < flags.\n" +
		"# Every line shows the default; remove the # in front of an option to change it.\n" +
		"# Paths are relative to the directory that pcapmill is started in.\n")
	group := ""
	for _, o := range settings.Options() {
		if o.Group != group {
			group = o.Group
			fmt.Fprintf(&b, "\n# --- %s ---\n", group)
		}
		fmt.Fprintf(&b, "\n%s", wrap(o.Short+".", "# "))
		if o.Long != "" {
			b.WriteString(wrap(o.Long, "# "))
		}
		if o.Values != nil {
			b.WriteString(wrap("One of: "+strings.Join(o.Values, ", ")+".", "# "))
		}
		value := o.Default
		if value == "" {
			value = `""`
		}
		if o.Kind == settings.List {
			value = "[" + strings.ReplaceAll(value, ",", ", ") + "]"
		}
		fmt.Fprintf(&b, "#%s: %s\n", o.Name, value)
	}
	return b.String()
}

// wrap breaks text into lines of at most 88 bytes behind a prefix.
func wrap(text, prefix string) string {
	var b strings.Builder
	line := prefix
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) > 88 && line != prefix {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = prefix
		}
		line += word + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	return b.String()
}
