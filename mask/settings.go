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

// action is the field of an action, with those that it supports.
func action(name string, at func(p *Policy) *Action, allowed ...Action) field {
	return field{
		name,
		func(p *Policy, value string) (err error) {
			a, err := parseAction(value, allowed...)
			if err == nil {
				*at(p) = a
			}
			return err
		},
		func(p *Policy) string { return at(p).String() },
	}
}

var fields = []field{
	action("mac", func(p *Policy) *Action { return &p.MAC }, Remove, Zero, Anonymize, Keep),
	action("ip", func(p *Policy) *Action { return &p.IP }, Remove, Zero, Anonymize, Prefix, Keep),
	action("ports", func(p *Policy) *Action { return &p.Ports }, Zero, Keep),
	action("checksums", func(p *Policy) *Action { return &p.Checksums }, Zero, Keep),
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
}

// Fields are the names of the options that make up a policy: mac, ip, ports, checksums,
// udp-pad, content.
func Fields() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// Set changes one of Fields to a value in the words of the command line. The error lists
// the values that the field has. A policy that is put together by Set needs no Check.
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
