package label

import (
	"encoding/json"
	"errors"
	"strings"
)

// isJSON says whether the text is a JSON object. Most JSON is YAML too, but not
// all: YAML knows no surrogate pairs (\ud83d\ude00).
func (s *source) isJSON() bool {
	return strings.HasPrefix(strings.TrimLeft(s.text, " \t\r\n"), "{") && json.Valid([]byte(s.text))
}

// readJSON reads the mapping token by token: a Go map would lose the order and the
// duplicates.
func (s *source) readJSON() (t rawTable, err error) {
	if strings.TrimSpace(s.text) == "" {
		return t, nil
	}
	if err := s.checkJSON(); err != nil {
		return t, err
	}
	p := &jsonParser{source: s, dec: json.NewDecoder(strings.NewReader(s.text))}
	p.dec.UseNumber()
	if err := p.open('{', "a class table is an object from class to keywords"); err != nil {
		return t, err
	}
	for first := true; p.dec.More(); first = false {
		name, err := p.scalar("a class name")
		if err != nil {
			return t, err
		}
		token, err := p.next()
		switch {
		case err != nil:
			return t, err
		case name.text == tasksKey && token == json.Delim('{') && first:
			if t.tasks, err = p.tasks(); err != nil {
				return t, err
			}
			if p.dec.More() {
				_, _ = p.next() // for its place
				return t, p.errorf("a class table with tasks has nothing besides them")
			}
			continue
		case token != json.Delim('['):
			return t, p.errorf("the keywords of class %s must be an array", shown(name.text))
		}
		c, err := p.class(name)
		if err != nil {
			return t, err
		}
		t.classes = append(t.classes, c)
	}
	_, err = p.next() // the closing brace
	return t, err
}

// tasks reads the entries of the object of tasks, whose brace was read, and its end.
func (p *jsonParser) tasks() ([]rawTask, error) {
	tasks := []rawTask{}
	for p.dec.More() {
		name, err := p.scalar("a task's name")
		if err != nil {
			return nil, err
		}
		if err := p.open('{', "task "+shown(name.text)+" must be an object from class to keywords"); err != nil {
			return nil, err
		}
		task := rawTask{name: name}
		for p.dec.More() {
			class, err := p.scalar("a class name")
			if err != nil {
				return nil, err
			}
			if err := p.open('[', "the keywords of class "+shown(class.text)+" must be an array"); err != nil {
				return nil, err
			}
			c, err := p.class(class)
			if err != nil {
				return nil, err
			}
			task.classes = append(task.classes, c)
		}
		if _, err := p.next(); err != nil { // the closing brace
			return nil, err
		}
		tasks = append(tasks, task)
	}
	_, err := p.next()
	return tasks, err
}

// checkJSON says where the text stops being one JSON value, if it does. It goes
// first because a decoder that hands out tokens cannot say that as exactly.
func (s *source) checkJSON() error {
	var all json.RawMessage
	err := json.Unmarshal([]byte(s.text), &all)
	if err == nil {
		return nil
	}
	at := len(strings.TrimRight(s.text, " \t\r\n"))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		at = min(at, int(syntax.Offset)-1) // Offset counts the offending byte
	}
	line, column := s.position(at)
	return s.errorf(line, column, "not JSON: %v", err)
}

// A jsonParser adds positions and messages to a JSON decoder.
type jsonParser struct {
	*source
	dec *json.Decoder
	at  int // byte offset of the last token's first byte
}

// class reads the keywords of a class behind their opening bracket.
func (p *jsonParser) class(name scalar) (rawClass, error) {
	c := rawClass{name: name}
	for p.dec.More() {
		k, err := p.scalar("a keyword of class " + shown(name.text))
		if err != nil {
			return rawClass{}, err
		}
		c.keywords = append(c.keywords, k)
	}
	_, err := p.next() // the closing bracket
	return c, err
}

// open reads the delimiter that what must start with.
func (p *jsonParser) open(want json.Delim, what string) error {
	token, err := p.next()
	if err != nil {
		return err
	}
	if token != want {
		return p.errorf("%s", what)
	}
	return nil
}

// scalar reads a string, or a bare value as the text that it is written with.
func (p *jsonParser) scalar(what string) (scalar, error) {
	token, err := p.next()
	if err != nil {
		return scalar{}, err
	}
	text := ""
	switch v := token.(type) {
	case string:
		text = v
	case json.Delim:
		return scalar{}, p.errorf("%s must be a text", what)
	default:
		text = p.text[p.at:p.dec.InputOffset()]
	}
	line, column := p.position(p.at)
	return scalar{text, line, column}, nil
}

// next returns the next token and notes where it starts: the decoder only says
// where the one before ended, and separators lie between.
func (p *jsonParser) next() (json.Token, error) {
	p.at = int(p.dec.InputOffset())
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[p.at]) >= 0 {
		p.at++
	}
	token, err := p.dec.Token()
	if err != nil { // the text is JSON, so this is for completeness
		return nil, p.errorf("not JSON: %v", err)
	}
	return token, nil
}

func (p *jsonParser) errorf(format string, args ...any) error {
	line, column := p.position(p.at)
	return p.source.errorf(line, column, format, args...)
}
