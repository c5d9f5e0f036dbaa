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
		plain, err := plainValue(value)
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

// plainValue is the text of a scalar, or the words of a sequence with commas.
// Text is taken as written: no value changes by looking like a number.
func plainValue(n *yaml.Node) (string, error) {
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
	default:
		return "", errors.New("need a single value or a list of words")
	}
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
			fmt.Fprintf(&b, "# One of: %s.\n", strings.Join(o.Values, ", "))
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
