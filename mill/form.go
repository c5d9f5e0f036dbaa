package mill

import (
	"fmt"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/sample"
)

// represented is the form that makes samples; nil where a sample is the first bytes of a unit
// as they come: these are kept as prefixes, without a state.
func (o *Options) represented() (represent.Form, error) {
	switch {
	case o.Form.String() != "":
		return o.Form.Bind(o.Mask, o.Shape)
	case !o.Mask.Relative() && !o.Mask.HidesLengths() && o.Forge == 0 && o.Variants == nil && !o.joins:
		return nil, nil
	}
	c, err := represent.Parse(fmt.Sprintf("%s:length=%d", represent.Default, o.Shape.Length()))
	if err != nil {
		return nil, err
	}
	return c.Bind(o.Mask, o.Shape)
}

// checkForm reports a form that cannot be made, or does not go with the other options.
func (o *Options) checkForm() error {
	if o.Form.String() != "" && o.Form.Name() == represent.Default {
		return fmt.Errorf("form %s: give the shape and no form", o.Form)
	}
	_, err := o.represented()
	return err
}

// Spec is the type and shape of a sample.
func (o *Options) Spec() dataset.Spec {
	f, err := o.represented()
	if f == nil || err != nil {
		return dataset.Spec{Rows: o.Shape.Rows, Cols: o.Shape.Cols}
	}
	s := f.Spec()
	return dataset.Spec{Rows: s.Rows, Cols: s.Cols, Type: typeOf(s.Type)}
}

// block is what the manifest says about the form; nil where it need not.
func (o *Options) block() *manifest.Form {
	if !o.settings().Wide() {
		return nil
	}
	b := &manifest.Form{Name: represent.Default, Unit: o.Breaks.Of.String(), DType: o.Spec().Type.String(), Axes: "row, column", Units: "byte", Pad: "0", Counts: "bytes"}
	if o.Form.String() == "" {
		b.Selection = "the unit's packets, until the sample is full"
		return b
	}
	f, err := o.represented()
	if err != nil {
		return b
	}
	facts := f.Facts()
	name, parameters, _ := strings.Cut(o.Form.String(), ":")
	*b = manifest.Form{
		Name: name, Parameters: parameters, Unit: b.Unit, DType: b.DType, Axes: facts.Axes, Units: facts.Units, Pad: facts.Pad, Start: facts.Start,
		Selection: facts.Selection, Sizes: facts.Sizes, Time: facts.Time, Clip: facts.Clip, Counts: facts.Counts,
	}
	return b
}

// placed reports whether the dataset says where the packets of its samples stand.
func (o *Options) placed() bool {
	f, err := o.represented()
	p, ok := f.(represent.Placer)
	return err == nil && ok && p.Places()
}

// typeOf is the type of a form's elements in a dataset.
func typeOf(t represent.Type) dataset.Type {
	return map[represent.Type]dataset.Type{
		represent.U8: dataset.U8, represent.I8: dataset.I8, represent.I16: dataset.I16, represent.F32: dataset.F32, represent.Text: dataset.Text,
	}[t]
}

// made is a sample that a form has made.
type made struct {
	data   []byte
	out    represent.Outcome
	others [][]byte // of the other variants
}

// make renders a unit.
func (s *intake) make(p *sessions.Session, m *made) {
	end := &represent.End{Own: s.source == nil, Up: p.Up}
	m.data, m.out = s.forms[0].Render(m.data[:0], s.state(p, 0), end)
	if m.others == nil {
		m.others = make([][]byte, len(s.forms)-1)
	}
	for k := range m.others {
		m.others[k], _ = s.forms[k+1].Render(m.others[k][:0], s.state(p, k+1), end)
	}
}

// state is what the form of variant i keeps of a unit.
func (s *intake) state(p *sessions.Session, i int) []byte {
	if len(s.forms) == 1 {
		return p.State
	}
	return s.joint.part(p.State, i)
}

// fitOf is how a unit fits its sample.
func (s *intake) fitOf(p *sessions.Session, m *made) sample.Fit {
	if s.forms != nil {
		return m.out.Fit
	}
	return s.o.Shape.FitOf(p.Bytes)
}
