package label

import (
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// readYAML reads the mapping from the node tree, not into Go values: nodes keep the
// order of the keys, where everything stands, and scalars as they were written.
func (s *source) readYAML() (t rawTable, err error) {
	root, err := s.document()
	if root == nil || err != nil {
		return t, err
	}
	if root.Kind == yaml.ScalarNode && root.Value == "" {
		return t, nil
	}
	if c := root.Content; root.Kind == yaml.MappingNode && len(c) > 1 && c[0].Kind == yaml.ScalarNode && c[0].Value == tasksKey && c[1].Kind == yaml.MappingNode {
		t.tasks, err = s.readTasks(root)
		return t, err
	}
	t.classes, err = s.classes(root, "a class table")
	return t, err
}

// classes reads the mapping from class to keywords that what is.
func (s *source) classes(n *yaml.Node, what string) ([]rawClass, error) {
	if n.Kind != yaml.MappingNode {
		return nil, s.errorAt(n, "%s is a mapping from class to keywords, not %s", what, kindName(n))
	}
	if err := s.checkTag(n, "!!map"); err != nil {
		return nil, err
	}
	classes := make([]rawClass, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		c, err := s.class(n.Content[i], n.Content[i+1])
		if err != nil {
			return nil, err
		}
		classes = append(classes, c)
	}
	return classes, nil
}

// readTasks reads the table whose first entry is the mapping of tasks.
func (s *source) readTasks(root *yaml.Node) ([]rawTask, error) {
	if err := s.checkTag(root, "!!map"); err != nil {
		return nil, err
	}
	if _, err := s.scalar(root.Content[0], "a class name"); err != nil {
		return nil, err
	}
	if len(root.Content) > 2 {
		return nil, s.errorAt(root.Content[2], "a class table with tasks has nothing besides them")
	}
	list := root.Content[1]
	if err := s.checkTag(list, "!!map"); err != nil {
		return nil, err
	}
	tasks := make([]rawTask, 0, len(list.Content)/2)
	for i := 0; i+1 < len(list.Content); i += 2 {
		name, err := s.scalar(list.Content[i], "a task's name")
		if err != nil {
			return nil, err
		}
		classes, err := s.classes(list.Content[i+1], "task "+shown(name.text))
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, rawTask{name, classes})
	}
	return tasks, nil
}

// document returns the only document's root node, nil if there is no document.
func (s *source) document() (*yaml.Node, error) {
	loader, err := yaml.NewLoader(strings.NewReader(s.text))
	if err != nil {
		return nil, s.errorf(1, 1, "%v", err)
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, s.yamlError(err)
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, s.yamlError(err)
	default:
		at := &second
		if len(second.Content) > 0 {
			at = second.Content[0]
		}
		return nil, s.errorAt(at, "a second document starts before this; a class table is one document")
	}
	if len(doc.Content) != 1 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// class reads one entry of the mapping.
func (s *source) class(key, value *yaml.Node) (rawClass, error) {
	name, err := s.scalar(key, "a class name")
	if err != nil {
		return rawClass{}, err
	}
	switch {
	case value.Kind == yaml.ScalarNode && value.Value == "":
		return rawClass{}, s.errorAt(key, "class %s has no list of keywords; hint: write [] to keep its id without any", shown(name.text))
	case value.Kind != yaml.SequenceNode:
		return rawClass{}, s.errorAt(value, "the keywords of class %s must be a list, not %s; hint: write [keyword, keyword]", shown(name.text), kindName(value))
	}
	if err := s.checkTag(value, "!!seq"); err != nil {
		return rawClass{}, err
	}
	c := rawClass{name: name, keywords: make([]scalar, len(value.Content))}
	for i, n := range value.Content {
		if c.keywords[i], err = s.scalar(n, "a keyword of class "+shown(name.text)); err != nil {
			return rawClass{}, err
		}
	}
	return c, nil
}

// scalar returns a scalar's text as it was written, quotes and escapes undone.
func (s *source) scalar(n *yaml.Node, what string) (scalar, error) {
	if n.Kind != yaml.ScalarNode {
		return scalar{}, s.errorAt(n, "%s must be a text, not %s", what, kindName(n))
	}
	if err := s.checkTag(n, "!!str"); err != nil {
		return scalar{}, err
	}
	return scalar{n.Value, n.Line, n.Column}, nil
}

// checkTag refuses written tags: most would change what the text means.
func (s *source) checkTag(n *yaml.Node, allowed string) error {
	if n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != allowed {
		return s.errorAt(n, "tag %s has no meaning in a class table", shown(n.ShortTag()))
	}
	return nil
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		// Refused without a look at what it stands for: a table needs none, and
		// nested ones grow without bound.
		return "an alias"
	default:
		return "a single text"
	}
}

func (s *source) errorAt(n *yaml.Node, format string, args ...any) error {
	return s.errorf(max(n.Line, 1), max(n.Column, 1), format, args...)
}

// yamlError turns an error of the YAML library into one of ours: where its parser
// stopped, what it missed, and what it was reading.
func (s *source) yamlError(err error) error {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		return s.errorf(1, 1, "not YAML: %v", err)
	}
	line, column := max(e.Mark.Line, 1), max(e.Mark.Column, 1)
	if e.ContextMsg != "" {
		return s.errorf(line, column, "not YAML: %s (%s from line %d)", e.Message, e.ContextMsg, max(e.ContextMark.Line, 1))
	}
	return s.errorf(line, column, "not YAML: %s", e.Message)
}
