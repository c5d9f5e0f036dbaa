package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/internal/settings"
)

// Settings are the choices that decide what the bytes of a dataset are. A dataset has one
// set of them; adding to it with others is refused.
//
// A setting has a key, as in manifest.json ("udp_pad"), and a value in the words of the
// command line ("on", "784", "1m0s"). Which settings there are is said in one list, by
// which the JSON, Diff and the fingerprint go. The zero value has every setting at its
// default. Settings do not change; With makes others of them.
type Settings struct{ values map[string]string }

// NewSettings returns settings with these values by key; the others are at their defaults.
// It panics at a key that no setting has.
func NewSettings(values map[string]string) Settings {
	s := Settings{values: map[string]string{}}
	for key, value := range values {
		if r := record(key); value != r.Default() {
			s.values[key] = value
		}
	}
	return s
}

// With returns the settings with another value for a key. It panics at a key that no
// setting has.
func (s Settings) With(key, value string) Settings {
	values := maps.Clone(s.values)
	if values == nil {
		values = map[string]string{}
	}
	values[key] = value
	return NewSettings(values)
}

// Get is the value of a setting in the words of the command line. It panics at a key that
// no setting has.
func (s Settings) Get(key string) string {
	if value, ok := s.values[key]; ok {
		return value
	}
	return record(key).Default()
}

// Int is the value of a setting that is a number.
func (s Settings) Int(key string) int64 {
	n, _ := strconv.ParseInt(s.Get(key), 10, 64) // what is read from JSON is one
	return n
}

// Units reports whether a session of the dataset can have several units, or leave packets
// out by its window.
func (s Settings) Units() bool {
	return s.Get("unit") != "session" || s.Int("max_packets") > 0 || s.Get("active_timeout") != "" || s.Get("slice") != "" || s.Get("window") != ""
}

// Wide reports whether rows of the dataset say which unit they are of and how it fits.
func (s Settings) Wide() bool { return s.Units() || s.Form() != "" }

// Form is the form of the samples with its parameters; "" where they are the first bytes of
// a unit.
func (s Settings) Form() string {
	if f := s.Get("form"); f != "bytes" {
		return f
	}
	return ""
}

// On is the value of a setting that is on or off.
func (s Settings) On(key string) bool { return s.Get(key) == "on" }

// record is the entry of a key in the list of settings.
func record(key string) *settings.Record {
	if r := find(key); r != nil {
		return r
	}
	panic("manifest: no setting " + key) // a mistake of the program
}

func find(key string) *settings.Record {
	list := settings.Recorded()
	if i := slices.IndexFunc(list, func(r settings.Record) bool { return r.Key == key }); i >= 0 {
		return &list[i]
	}
	return nil
}

// MarshalJSON writes an object in the order of the list, without settings that are
// omitted at their defaults.
func (s Settings) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, r := range settings.Recorded() {
		value, given := s.values[r.Key]
		if !given {
			if r.Omit {
				continue
			}
			value = r.Default()
		}
		text, err := r.JSON(value)
		if err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", r.Key, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes, of this version or an older one. It refuses
// settings that it does not know: the dataset could not be added to under them.
func (s *Settings) UnmarshalJSON(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	values := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		r := find(key)
		if r == nil {
			return fmt.Errorf("settings: unknown field %q: use a newer pcapmill", key)
		}
		value, err := r.Text(fields[key])
		if err != nil {
			return fmt.Errorf("settings: %w", err)
		}
		values[key] = value
	}
	*s = NewSettings(values)
	return nil
}

// Diff lists how two settings differ; have is the dataset's, want is the run's. What
// belongs to the class table is left to DiffClasses.
func Diff(have, want Settings) []string {
	var lines []string
	for _, r := range settings.Recorded() {
		if h, w := have.Get(r.Key), want.Get(r.Key); h != w && !r.Table {
			lines = append(lines, fmt.Sprintf("--%s: the dataset has %s, this run asks for %s", r.Option.Name, r.Said(h), r.Said(w)))
		}
	}
	return lines
}

// DiffClasses lists how two class tables differ: names and keywords by label.
func DiffClasses(have, want []Class) []string {
	var lines []string
	known := func(cs []Class) []Class {
		return slices.DeleteFunc(slices.Clone(cs), func(c Class) bool { return c.Name == UnknownName })
	}
	have, want = known(have), known(want)
	for i := range max(len(have), len(want)) {
		switch {
		case i >= len(have):
			lines = append(lines, fmt.Sprintf("--labels: the dataset has no class %d, this run calls it %s", i, want[i].Name))
		case i >= len(want):
			lines = append(lines, fmt.Sprintf("--labels: the dataset calls class %d %s, this run has no such class", i, have[i].Name))
		case have[i].Name != want[i].Name:
			lines = append(lines, fmt.Sprintf("--labels: the dataset calls class %d %s, this run calls it %s", i, have[i].Name, want[i].Name))
		case !slices.Equal(have[i].Keywords, want[i].Keywords):
			lines = append(lines, fmt.Sprintf("--labels: class %s has the keywords %s in the dataset, %s in this run",
				have[i].Name, strings.Join(have[i].Keywords, " "), strings.Join(want[i].Keywords, " ")))
		}
	}
	return lines
}
