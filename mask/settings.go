package mask

import (
	"fmt"
	"slices"
	"strings"
)

// field is one option of a policy, by its name on the command line.
type field struct {
	name string
	set  func(p *Policy, value string) error
	get  func(p *Policy) string
}

// optionTable are the options of SPEC part 5 that are an action, and so fields of --mask too.
var optionTable = []struct {
	name    string
	at      func(p *Policy) *Action
	allowed []Action
}{
	{"mac", func(p *Policy) *Action { return &p.MAC }, []Action{Remove, Zero, Anonymize, Keep}},
	{"ip", func(p *Policy) *Action { return &p.IP }, []Action{Remove, Zero, Anonymize, Prefix, Keep}},
	{"ports", func(p *Policy) *Action { return &p.Ports }, []Action{Zero, Keep}},
	{"checksums", func(p *Policy) *Action { return &p.Checksums }, []Action{Zero, Keep}},
}

// setOption gives one of optionTable an action; ok is false for another name.
func (p *Policy) setOption(name, value string) (ok bool, err error) {
	for _, o := range optionTable {
		if o.name == name {
			a, err := parseAction(value, o.allowed...)
			if err == nil {
				*o.at(p) = a
			}
			return true, err
		}
	}
	return false, nil
}

// action is the field of one of optionTable.
func action(i int) field {
	o := &optionTable[i]
	return field{
		o.name,
		func(p *Policy, value string) error { _, err := p.setOption(o.name, value); return err },
		func(p *Policy) string { return o.at(p).String() },
	}
}

var fields = []field{
	action(0), action(1), action(2), action(3),
	{
		"udp-pad",
		func(p *Policy, value string) error {
			if value != "on" && value != "off" {
				return fmt.Errorf("no choice %q for udp-pad: have off, on", value)
			}
			p.UDPPad = value == "on"
			return nil
		},
		func(p *Policy) string { return map[bool]string{false: "off", true: "on"}[p.UDPPad] },
	},
	{
		"content",
		func(p *Policy, value string) error {
			i := slices.Index(contentNames, value)
			if i < 0 {
				return fmt.Errorf("no content %q: have %s", value, strings.Join(contentNames, ", "))
			}
			p.Content = Content(i)
			return nil
		},
		func(p *Policy) string { return p.Content.String() },
	},
	{"mask", (*Policy).Apply, (*Policy).Masked},
}

// Fields are the names of the options that make up a policy: mac, ip, ports, checksums,
// udp-pad, content, and mask for the fields that have no option of their own.
func Fields() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// Set changes one of Fields to a value in the words of the command line; mask is Apply. The
// error lists the values that the field has. Only payload=remove with content payload is
// left to Check.
func (p *Policy) Set(name, value string) error {
	f, err := fieldOf(name)
	if err != nil {
		return err
	}
	return f.set(p, value)
}

// Get is the value of one of Fields in the words of the command line; "" for another name.
func (p *Policy) Get(name string) string {
	f, err := fieldOf(name)
	if err != nil {
		return ""
	}
	return f.get(p)
}

func fieldOf(name string) (*field, error) {
	if i := slices.IndexFunc(fields, func(f field) bool { return f.name == name }); i >= 0 {
		return &fields[i], nil
	}
	return nil, fmt.Errorf("no field %q: have %s", name, strings.Join(Fields(), ", "))
}
