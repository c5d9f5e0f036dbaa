package config

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/pcapmill/pcapmill/internal/settings"
)

// Schema is the JSON Schema (2020-12) of the configuration file, for editors.
func Schema() *jsonschema.Schema {
	s := &jsonschema.Schema{
		Schema:               "https://json-schema.org/draft/2020-12/schema",
		Title:                "pcapmill configuration",
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, o := range settings.Options() {
		s.Properties[o.Name] = schema(&o)
		s.PropertyOrder = append(s.PropertyOrder, o.Name)
	}
	return s
}

func schema(o *settings.Option) *jsonschema.Schema {
	s := &jsonschema.Schema{Description: o.Short + ". " + o.Long}
	values := func() (v []any) {
		for _, word := range o.Values {
			v = append(v, word)
		}
		return v
	}
	switch o.Kind {
	case settings.Number:
		zero := 0.0
		s.Type, s.Minimum = "integer", &zero
		s.Default = json.RawMessage(o.Default)
		return s
	case settings.Size:
		zero := 0.0
		s.AnyOf = []*jsonschema.Schema{{Type: "integer", Minimum: &zero}, {Type: "string", Pattern: `^[0-9.]+ *([kKmMgGtT]?([iI]?[bB])?)$`}}
	case settings.Switch:
		s.Enum = []any{"on", "off", true, false}
	case settings.List:
		one, least := "("+strings.Join(o.Values, "|")+")", 1
		s.AnyOf = []*jsonschema.Schema{
			{Type: "string", Pattern: "^" + one + "( *, *" + one + ")*$"},
			{Type: "array", Items: &jsonschema.Schema{Type: "string", Enum: values()}, MinItems: &least},
		}
	case settings.Map:
		s.AnyOf = []*jsonschema.Schema{
			{Type: "string", Pattern: `^( *[^=, ]+ *= *[^=, ]+ *(,|$))*$`},
			{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}},
			{Type: "array", Items: &jsonschema.Schema{Type: "string", Pattern: `^ *[^=, ]+ *= *[^=, ]+ *$`}},
		}
	default:
		s.Type = "string"
		s.Enum = values()
	}
	if o.Default != "" {
		s.Default = json.RawMessage(strconv.Quote(o.Default))
	}
	return s
}
