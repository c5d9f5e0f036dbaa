package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Record is one entry of the settings in manifest.json.
type Record struct {
	Key   string // in the JSON
	Name  string // what inspect calls it; "" is the option's name
	Omit  bool   // absent at the default, so that older datasets keep their text and fingerprint
	None  string // how an empty value reads in messages
	Words string // how any other value reads in messages, with one %s; "" is the value itself
	// Table says that the value belongs to the class table. Tables are compared class by
	// class, so a difference of these values alone is none.
	Table bool
	Base  bool // a path in datasets of version 0.1.0: only its last element is shown
	Fact  bool // it follows from the option's value and is not that value; empty at the default

	Option *Option // set by Recorded
}

// order is the order of the records in manifest.json. New ones are appended.
var order = []string{
	"length", "shape", "content", "mac", "ip", "ports", "checksums", "udp_pad", "key", "drop", "dedup", "resync", "labels", "label_from",
	"min_packets", "min_bytes", "idle_timeout", "tcp_restart",
	"labels_sha256", "table_sha256", "table_preset", "table_columns", "table_time", "table_timezone", "table_offset", "unknown", "table_times", "table_conflict",
	"unit", "max_packets", "active_timeout", "slice", "window", "min_span", "form",
	"mask", "drop_session_with", "forge", "forge_key", "session_scope", "group",
}

var recorded = inOrder()

// Recorded lists what decides the bytes of a dataset, in the order of manifest.json.
func Recorded() []Record { return recorded }

func inOrder() []Record {
	list := make([]Record, 0, len(order))
	for i := range options {
		for _, r := range options[i].Records {
			r.Option = &options[i]
			if r.Name == "" {
				r.Name = r.Option.Name
			}
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Record) int { return slices.Index(order, a.Key) - slices.Index(order, b.Key) })
	return list
}

// Default is the value where the manifest has none.
func (r *Record) Default() string {
	switch {
	case r.Fact:
		return ""
	case r.Omit:
		return r.Option.Default
	case r.Option.Kind == Number:
		return "0"
	case r.Option.Kind == Switch:
		return "off"
	}
	return ""
}

// JSON is the JSON value of a text that Text has returned, or of a value in its plain form.
func (r *Record) JSON(text string) (json.RawMessage, error) {
	switch r.Option.Kind {
	case Number:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s %q: need a number", r.Key, text)
		}
		return strconv.AppendInt(nil, n, 10), nil
	case Switch:
		return strconv.AppendBool(nil, text == "on"), nil
	case Map:
		pairs := map[string]string{}
		for pair := range strings.SplitSeq(text, ",") {
			name, value, _ := strings.Cut(pair, "=")
			pairs[name] = value
		}
		return plain(pairs) // sorted
	}
	return plain(text)
}

// plain is JSON in which <, > and & stand as they are.
func plain(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Text is the value of a JSON value, in the words of the command line.
func (r *Record) Text(raw json.RawMessage) (string, error) {
	var err error
	if string(raw) == "null" {
		return "", fmt.Errorf("%s: no value", r.Key)
	}
	switch r.Option.Kind {
	case Number:
		var n int64
		if err = json.Unmarshal(raw, &n); err == nil {
			return strconv.FormatInt(n, 10), nil
		}
	case Switch:
		var on bool
		if err = json.Unmarshal(raw, &on); err == nil {
			return map[bool]string{false: "off", true: "on"}[on], nil
		}
	case Map:
		var pairs map[string]string
		if err = json.Unmarshal(raw, &pairs); err == nil {
			var list []string
			for name, value := range pairs {
				list = append(list, name+"="+value)
			}
			slices.Sort(list)
			return strings.Join(list, ","), nil
		}
	default:
		var text string
		if err = json.Unmarshal(raw, &text); err == nil {
			return text, nil
		}
	}
	return "", fmt.Errorf("%s: %w", r.Key, err)
}

// Shown is the value for people: as it stands, without the path that datasets of
// version 0.1.0 have.
func (r *Record) Shown(text string) string {
	if r.Base && text != "" {
		return path.Base(strings.ReplaceAll(text, `\`, "/"))
	}
	return text
}

// Said is the value for a sentence.
func (r *Record) Said(text string) string {
	text = r.Shown(text)
	switch {
	case text == "":
		return r.None
	case r.Words != "":
		return fmt.Sprintf(r.Words, text)
	}
	return text
}
