package mill

import (
	"context"
	"errors"
	"io/fs"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/dedup"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/store"
)

// intake takes the sessions of captures into a dataset: it drops duplicates, gives labels,
// and hands samples and rows to the dataset's writer.
type intake struct {
	o      *Options
	w      *store.Writer
	set    *dedup.Set
	forms  []represent.Form // of all variants; or nil, see represented
	joint  joint            // the same
	size   int              // of a sample in bytes; 0 of text
	all    int              // of the samples of all variants; what is text counts as nothing
	rounds [2]*round        // units on their way to the writer
	parts  []*batch         // what the parts of a round write, until it is emitted
	hands  []hand
	source func(ctx context.Context, input int) (*Extraction, error) // see Assemble; nil: captures are read here
	rows   matches                                                   // of the table of flows
	packer *store.Packer                                             // of an intake with a dataset
}

// newMaker returns an intake without a dataset, which can judge units and make samples.
func newMaker(o *Options) (in *intake, err error) {
	in = &intake{o: o, hands: []hand{{hosts: mask.NewHosts(o.Key)}}}
	if in.forms, err = o.forms(); err != nil {
		return nil, err
	}
	in.joint = in.forms
	in.size = o.Spec().Size()
	in.all = in.size
	for _, v := range o.stored() {
		in.all += v.Spec.Size()
	}
	return in, nil
}

// openIntake opens the dataset in dir, or makes it, and learns what it holds.
func openIntake(b store.Backend, dir string, o *Options) (*intake, error) {
	in, err := newMaker(o)
	if err != nil {
		return nil, err
	}
	in.set = dedup.NewSet()
	kind := o.kind()
	in.packer = kind.Packer()
	kind.Recall = func(row *dataset.Row, label uint16) error {
		in.set.Add(row.Digest, label)
		return nil
	}
	in.w, err = b.Create(dir, kind)
	return in, err
}

// kind is what all samples of a dataset with these options have in common.
func (o *Options) kind() store.Form {
	return store.Form{
		Settings: o.settings(), Spec: o.Spec(), Form: o.block(), Layouts: o.placed(), Variant: o.Variant, Variants: o.stored(),
		LabelType: o.labelType(), Classes: o.classes(), Tasks: o.tasks(), Differ: o.differences,
	}
}

// describe is a capture's entry in the manifest without its samples.
func describe(in *Input, x *Extraction) manifest.Capture {
	if x.prepared != nil { // a worker has done it
		c := x.prepared.entry
		c.SHA256 = x.SHA256
		return c
	}
	c := manifest.Capture{
		Name: in.Name, Size: x.Size, Digest: x.Digest.String(), SHA256: x.SHA256, Format: x.Format.String(),
		LinkTypes: []string{}, Label: in.Label, Class: in.Class, Tasks: in.Tasks,
	}
	for _, t := range x.LinkTypes {
		c.LinkTypes = append(c.LinkTypes, t.String())
	}
	c.Packets, c.Used, c.Seconds = x.Packets, x.Reasons[header.OK], x.Seconds
	c.Snapped, c.NamesCut = x.snapped, x.namesCut
	c.LeftOut = map[string]int64{}
	for r := header.OK + 1; r < header.Reasons; r++ {
		if n := x.Reasons[r]; n > 0 {
			c.LeftOut[r.String()] = n
		}
	}
	if d := x.Damage; d != nil {
		c.Damage = &manifest.Damage{Kind: d.Kind.Error(), Offset: d.Offset, Packet: d.Packet, Detail: detail(d)}
	}
	c.Gaps = x.gaps()
	return c
}

// detail is what the manifest says about damage: an error of the system goes in
// without the path on this machine.
func detail(d *capture.Damage) string {
	var sys *fs.PathError
	if errors.As(d.Err, &sys) {
		return sys.Op + ": " + sys.Err.Error()
	}
	return d.Detail
}
