package mask

import (
	"fmt"
	"slices"
	"strings"
)

// profiles are the policies that have a name, in the order in which help names them.
var profiles = []struct {
	name   string
	policy func() Policy
}{
	{"none", func() Policy { return Policy{} }},
	{"default", Default},
	{"strict", Strict},
	{"headers", func() Policy { return with(Strict(), Remove, PayloadBytes) }},
	{"payload", func() Policy {
		p := with(Default(), Zero, TLSSNI, HTTPHost, DNSNames)
		p.Content = Payload
		return p
	}},
	{"sizes", func() Policy { return with(Strict(), Zero, PayloadBytes) }},
}

// Strict is Default without the header fields that tell a machine, a network or a
// connection from others, and without host names: they are zero, and sequence and
// acknowledgement numbers are relative.
func Strict() Policy {
	p := with(Default(), Zero,
		IPTos, IPID, IPFragment, IPTTL, IPFlowLabel, IPOptions, TCPWindow, TCPUrgent, TCPOptions, TLSSNI, HTTPHost, DNSNames)
	return with(p, Relative, TCPSeq, TCPAck)
}

func with(p Policy, a Action, fields ...Field) Policy {
	for _, f := range fields {
		p.Fields[f] = a
	}
	return p
}

// Profiles are the names of the profiles.
func Profiles() []string {
	names := make([]string, len(profiles))
	for i := range profiles {
		names[i] = profiles[i].name
	}
	return names
}

// Profile is the policy of that name; the error lists the names.
func Profile(name string) (Policy, error) {
	for i := range profiles {
		if profiles[i].name == name {
			return profiles[i].policy(), nil
		}
	}
	return Policy{}, fmt.Errorf("no profile %q: have %s", name, strings.Join(Profiles(), ", "))
}

// Resolve makes the policy of SPEC part 11: the profile, then the options that were given,
// by name, then the words of --mask. given has only options of Fields that the user gave.
func Resolve(profile string, given map[string]string, masks string) (Policy, error) {
	p, err := Profile(profile)
	if err != nil {
		return p, err
	}
	for _, name := range Fields() {
		if value, ok := given[name]; ok && name != "mask" {
			if err := p.Set(name, value); err != nil {
				return p, err
			}
		}
	}
	if err := p.Apply(masks); err != nil {
		return p, err
	}
	return p, p.Check()
}

// Profile is the name of a profile that the policy is; "" if it is none.
func (p Policy) Profile() string {
	if i := slices.IndexFunc(profiles, func(q struct {
		name   string
		policy func() Policy
	},
	) bool {
		return q.policy() == p
	}); i >= 0 {
		return profiles[i].name
	}
	return ""
}
