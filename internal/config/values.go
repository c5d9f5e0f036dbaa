package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/internal/typo"
)

// Values are the chosen values by option name, each with where it came from.
type Values struct {
	value  map[string]string
	from   map[string]string
	preset string
}

// Defaults are the values where the user says nothing.
func Defaults() *Values {
	v := &Values{value: map[string]string{}, from: map[string]string{}}
	for _, o := range settings.Options() {
		v.value[o.Name] = o.Default
	}
	return v
}

// Error is a value that cannot be used, and where it was given.
type Error struct {
	From   string // "--mac", "PCAPMILL_MAC", "pcapmill.yaml:3"
	Option string
	Reason string
}

// Error names the place, the option where the place does not name it already,
// and the reason.
func (e *Error) Error() string {
	if o := (settings.Option{Name: e.Option}); e.From == "--"+e.Option || e.From == o.Env() {
		return e.From + ": " + e.Reason
	}
	return fmt.Sprintf("%s: %s: %s", e.From, e.Option, e.Reason)
}

// Paths are the paths that the error names.
func (e *Error) Paths() []string { return []string{e.From} }

// Set gives an option a value. from is where it was given, for messages.
func (v *Values) Set(name, value, from string) error {
	o, ok := settings.Find(name)
	if !ok {
		return &Error{From: from, Option: name, Reason: "no such option" + typo.DidYouMean(name, settings.Names())}
	}
	clean, err := check(o, value)
	if err != nil {
		return &Error{From: from, Option: name, Reason: err.Error()}
	}
	v.value[name], v.from[name] = clean, from
	return nil
}

// check returns the value in its plain form. A path is taken as it stands.
func check(o *settings.Option, value string) (string, error) {
	if o.Kind == settings.Path {
		return value, nil
	}
	value = strings.TrimSpace(value)
	switch o.Kind {
	case settings.Number:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return "", fmt.Errorf("%q: need a whole number of 0 or more", value)
		}
	case settings.Switch:
		switch strings.ToLower(value) {
		case "on", "true", "yes", "1":
			return "on", nil
		case "off", "false", "no", "0":
			return "off", nil
		}
		return "", fmt.Errorf("%q: need on or off", value)
	case settings.Size:
		if _, err := ParseSize(value); err != nil {
			return "", err
		}
	case settings.List:
		for word := range strings.SplitSeq(value, ",") {
			if err := oneOf(o, strings.TrimSpace(word)); err != nil {
				return "", err
			}
		}
	case settings.Map:
		return pairs(value)
	default:
		if o.Values != nil {
			return value, oneOf(o, value)
		}
	}
	return value, nil
}

// pairs returns NAME=VALUE pairs without blanks and empty ones. What names and values there
// are is for whoever reads them.
func pairs(value string) (string, error) {
	var list []string
	for pair := range strings.SplitSeq(value, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, text, ok := strings.Cut(pair, "=")
		if name, text = strings.TrimSpace(name), strings.TrimSpace(text); !ok || name == "" || text == "" {
			return "", fmt.Errorf("%q: need NAME=VALUE pairs with commas between", strings.TrimSpace(pair))
		}
		list = append(list, name+"="+text)
	}
	return strings.Join(list, ","), nil
}

func oneOf(o *settings.Option, word string) error {
	if slices.Contains(o.Values, word) {
		return nil
	}
	return fmt.Errorf("%q: need %s%s", word, alternatives(o.Values), typo.DidYouMean(word, o.Values))
}

// alternatives is "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Environment takes the variables PCAPMILL_* from a list like os.Environ. An
// unknown one is an error: it was meant to do something. An empty one counts as
// not given.
func (v *Values) Environment(environ []string) error {
	known := map[string]string{"PCAPMILL_CONFIG": ""}
	for _, o := range settings.Options() {
		known[o.Env()] = o.Name
	}
	for _, entry := range environ {
		key, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(key, "PCAPMILL_") || strings.HasPrefix(key, "PCAPMILL_TEST_") {
			continue
		}
		name, ok := known[key]
		switch {
		case !ok:
			names := slices.Sorted(maps.Keys(known))
			return &Error{From: "environment", Option: key, Reason: "no such variable" + typo.DidYouMean(key, names)}
		case name != "":
			if err := v.Set(name, value, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// UsePreset takes the options of a preset, which is the text of a configuration file.
func (v *Values) UsePreset(name, text string) error {
	v.preset = name
	return v.Parse("preset "+name, []byte(text))
}

// Preset is the name of the preset that was used, or "".
func (v *Values) Preset() string { return v.preset }

// Get is the value of an option in its plain form.
func (v *Values) Get(name string) string { return v.value[name] }

// From is where the value was given; "" if it is the default.
func (v *Values) From(name string) string { return v.from[name] }

// Number is the value of a Number option.
func (v *Values) Number(name string) int {
	n, _ := strconv.Atoi(v.value[name]) // Set has checked it
	return n
}

// Size is the value of a Size option in bytes.
func (v *Values) Size(name string) int64 {
	n, _ := ParseSize(v.value[name]) // Set has checked it
	return n
}

// ParseSize reads a number of bytes, with a unit of 1024 or 1000 and its powers
// or without: "1048576", "512MiB", "2G" (as GiB), "1.5GB".
func ParseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, ok := map[string]float64{
		"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20, "g": 1 << 30, "gib": 1 << 30, "t": 1 << 40, "tib": 1 << 40,
		"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	}[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseFloat(digits, 64)
	if n *= unit; !ok || err != nil || n < 0 || n >= 1<<62 || n != n {
		return 0, fmt.Errorf("%q: need a number of bytes, like 512MiB or 2GiB", text)
	}
	return int64(n), nil
}

// On is the value of a Switch option.
func (v *Values) On(name string) bool { return v.value[name] == "on" }
