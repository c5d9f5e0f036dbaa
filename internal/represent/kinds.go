package represent

import (
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/internal/typo"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
)

// Default is the name of the form that is made when none is asked for.
const Default = "bytes"

// MaxState bounds the state of a unit in bytes, 16 MiB: parameters that need more are
// refused. sample.MaxLength bounds a sample.
const MaxState = 16 << 20

// kind makes the forms of one name.
type kind struct {
	name string
	what string // one clause, for help
	make func(p *params, b *binding) Form
}

// kinds are all forms there are.
var kinds = []kind{
	{"bytes", "first bytes of the unit", makeBytes},
	{"ustc-all", "first bytes of a capture file of the unit", makeUSTC},
	{"matrix", "header and payload of each packet", makeMatrix},
	{"packet-bytes", "the unit's first packet, from its IP header on", makePacketBytes},
	{"series", "times, directions and sizes of packets", makeSeries},
	{"flowpic", "size by time, scaled to the unit's own span", makeFlowPic},
	{"mini-flowpic", "size by time, of a fixed span", makeMiniFlowPic},
	{"segments", "bytes of many packets, without addresses and ports", makeSegments},
	{"nprint", "header bits", makeNPrint},
	{"bigrams", "overlapping words of two bytes", makeBigrams},
	{"hexwords", "words of two bytes of the first packet", makeHexWords},
	{"tokens", "header numbers of bursts", makeTokens},
}

// Kind names a form and its parameters, for help and documentation.
type Kind struct {
	Name   string
	What   string
	Params []Param
}

// Kinds lists all forms.
func Kinds() []Kind {
	list := make([]Kind, len(kinds))
	for i, k := range kinds {
		p := &params{}
		k.make(p, &binding{policy: mask.Policy{}})
		list[i] = Kind{Name: k.name, What: k.what, Params: p.known}
	}
	return list
}

// Choice is a form with its parameters, as a user names it: Parse makes one. It is
// comparable only by its String.
type Choice struct {
	kind  *kind
	given map[string]string
	text  string
}

// Parse reads NAME or NAME:key=value,... An unknown name, an unknown key and a value that
// is out of range are errors that list what there is.
func Parse(text string) (Choice, error) {
	name, rest, more := strings.Cut(text, ":")
	c := Choice{given: map[string]string{}}
	for i := range kinds {
		if kinds[i].name == name {
			c.kind = &kinds[i]
		}
	}
	if c.kind == nil {
		return Choice{}, fmt.Errorf("there is no form %q: have %s%s", name, strings.Join(Names(), ", "), typo.DidYouMean(name, Names()))
	}
	if more {
		for pair := range strings.SplitSeq(rest, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if !ok || key == "" {
				return Choice{}, fmt.Errorf("form %s: %q: need key=value", name, pair)
			}
			if _, twice := c.given[key]; twice {
				return Choice{}, fmt.Errorf("form %s: %s is given twice", name, key)
			}
			c.given[key] = value
		}
	}
	p := &params{given: c.given}
	f := c.kind.make(p, &binding{policy: mask.Policy{}})
	if err := p.done(name); err != nil {
		return Choice{}, err
	}
	if err := checkSize(name, f); err != nil {
		return Choice{}, err
	}
	c.text = name
	if len(p.spelt) > 0 {
		c.text += ":" + strings.Join(p.spelt, ",")
	}
	return c, nil
}

// checkSize refuses parameters that ask for too much memory.
func checkSize(name string, f Form) error {
	if n := f.Spec().Size(); n > sample.MaxLength {
		return fmt.Errorf("form %s: a sample would have %d bytes: need at most %d", name, n, sample.MaxLength)
	}
	if n := f.Bound(); n > MaxState {
		return fmt.Errorf("form %s: a unit would take up to %d bytes of memory: need at most %d; ask for fewer packets or bytes", name, n, MaxState)
	}
	return nil
}

// Names lists the names of all forms.
func Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Name is the form's name; of the zero Choice that of the default.
func (c Choice) Name() string {
	if c.kind == nil {
		return Default
	}
	return c.kind.name
}

// String is what Parse reads, in one spelling: parameters in the form's order, those at
// their defaults left out.
func (c Choice) String() string { return c.text }

// Given reports whether the user gave the parameter.
func (c Choice) Given(name string) bool { _, ok := c.given[name]; return ok }

// binding is what a form is made for.
type binding struct {
	policy mask.Policy
	shape  sample.Shape // zero: the form's own
	sized  bool         // shape was taken
	given  func(string) bool
	errs   []string
}

func (b *binding) refuse(format string, args ...any) {
	b.errs = append(b.errs, fmt.Sprintf(format, args...))
}

// chunks is how bytes stand in states under the policy.
func (b *binding) chunks() chunks { return chunks{b.policy.Relative()} }

// shaped is the Spec of a form of n bytes that --shape may arrange.
func (b *binding) shaped(n int) Spec {
	b.sized = true
	shape := b.shape
	if shape == (sample.Shape{}) {
		var err error
		if shape, err = sample.ShapeOf(n); err != nil {
			shape = sample.Shape{Rows: 1, Cols: n}
		}
	}
	if shape.Length() != n {
		b.refuse("a shape of %s has %d bytes, and the form has %d", shape, shape.Length(), n)
	}
	return Spec{U8, shape.Rows, shape.Cols}
}

// headersOnly refuses --content payload, for forms that show more than payload.
func (b *binding) wholePackets() {
	if b.policy.Content == mask.Payload {
		b.refuse("--content payload goes with bytes, packet-bytes, bigrams and hexwords only")
	}
}

// fixedHeaders refuses --udp-pad, for forms that know where header fields stand.
func (b *binding) fixedHeaders() {
	if b.policy.UDPPad {
		b.refuse("--udp-pad would move what stands at fixed places; leave it out")
	}
}

// linkHeaders refuses --mac remove, for forms that show link headers.
func (b *binding) linkHeaders(what string) {
	if b.policy.MAC == mask.Remove {
		b.refuse("%s shows link headers; give --mac zero, anonymize or keep", what)
	}
}

// trailer is the parameter that shows what is captured behind a packet's end.
func (b *binding) trailer(p *params) bool {
	keep := p.word("trailer", "drop", "drop", "keep") == "keep"
	if keep && b.policy.Content == mask.Payload {
		b.refuse("trailer=keep does not go with --content payload: what is behind a packet's end is no payload")
	}
	return keep
}

// Bind makes the form for a policy, and for a shape unless that is zero. The error says what
// does not go together.
func (c Choice) Bind(policy mask.Policy, shape sample.Shape) (Form, error) {
	b := &binding{policy: policy, shape: shape, given: c.Given}
	f := c.kind.make(&params{given: c.given}, b)
	if shape != (sample.Shape{}) && !b.sized {
		b.refuse("--shape goes with bytes, ustc-all, matrix and packet-bytes only; the form itself says its rows and columns")
	}
	if len(b.errs) > 0 {
		return nil, fmt.Errorf("form %s: %s", c.Name(), b.errs[0])
	}
	if err := checkSize(c.Name(), f); err != nil {
		return nil, err
	}
	return f, nil
}
