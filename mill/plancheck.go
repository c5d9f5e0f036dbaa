package mill

import (
	"context"
	"fmt"
	"time"

	"github.com/pcapmill/pcapmill/internal/objects"
	"github.com/pcapmill/pcapmill/label/flows"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
)

// open resolves what a plan that was read from JSON refers to, and checks that it is what
// it was: key, table of flows, captures. It does nothing for a plan that Prepare made.
func (p *Plan) open(ctx context.Context) error {
	if p.planned == nil {
		return nil
	}
	if err := p.checkKey(); err != nil {
		return err
	}
	if p.LabelFrom == FromTable && p.Flows == nil {
		reading, err := p.Table.Options()
		if err != nil {
			return err
		}
		if p.Flows, err = flows.Load(ctx, p.Table.Path, p.FlowMemory(), reading); err != nil {
			return err
		}
	}
	if err := p.Check(); err != nil {
		return err
	}
	want := &PlanError{}
	if have, planned := p.settings(), *p.planned; p.LabelFrom == FromTable && have.Get("table_sha256") != planned.Get("table_sha256") {
		want.note(p.Table.Path, "%s was changed since the plan was made: its SHA-256 was %s, is %s", p.Table.Path, planned.Get("table_sha256"), have.Get("table_sha256"))
	} else if x, y := canonical(have), canonical(planned); x != y {
		want.Lines = append(want.Lines, "its options were changed: they are "+x+", need "+y)
	}
	for i, have := range p.otherSettings() {
		if x, y := canonical(have), canonical(p.others[i]); x != y && p.LabelFrom != FromTable {
			want.Lines = append(want.Lines, "the options of variant "+p.Variants[i].Name+" were changed: they are "+x+", need "+y)
		}
	}
	p.resolve()
	if want.Lines != nil {
		return want
	}
	return p.checkCaptures(ctx)
}

// checkKey checks that the key is the one that a plan from JSON was made with.
func (p *Plan) checkKey() error {
	if p.planned == nil {
		return nil
	}
	var lines []string
	compare := func(which, planned string, key []byte) {
		have := mask.KeyID(key)
		if planned == have {
			return
		}
		what := "none was given"
		if key != nil {
			what = "the one given has id " + have
		}
		if planned == "" {
			lines = append(lines, "it was made without a "+which+": "+what)
		} else {
			lines = append(lines, fmt.Sprintf("it was made with the %s with id %s: %s", which, planned, what))
		}
	}
	compare("key", p.planned.Get("key"), p.Key)
	forged := p.planned.Get("forge_key")
	for i := range p.others {
		if id := p.others[i].Get("forge_key"); id != "" {
			forged = id
		}
	}
	compare("key to forge", forged, p.ForgeKey)
	if lines != nil {
		return &PlanError{Lines: lines}
	}
	return nil
}

// otherSettings are those of the variants but the first.
func (o *Options) otherSettings() []manifest.Settings {
	var list []manifest.Settings
	for i := range o.Variants {
		list = append(list, o.of(&o.Variants[i]).settings())
	}
	return list
}

// checkCaptures checks that the captures are what they were when the plan was made.
func (p *Plan) checkCaptures(ctx context.Context) error {
	want := &PlanError{}
	for i := range p.Captures {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		in := &p.Captures[i]
		path, size := in.Path, in.Size
		if in.member != nil {
			if path, size = in.member.Archive, in.archiveSize; i > 0 && p.Captures[i-1].member != nil && p.Captures[i-1].member.Archive == path {
				continue // it was looked at
			}
		}
		info, err := objects.Stat(ctx, path)
		switch {
		case err != nil:
			want.note(path, "%v", err)
		case !info.Mode().IsRegular():
			want.note(path, "%s is no regular file any more", path)
		case info.Size() != size:
			want.note(path, "%s was changed since the plan was made: it had %d bytes, has %d", path, size, info.Size())
		case objects.Is(path):
			if have := objects.Version(info); have != in.version {
				want.note(path, "%s was changed since the plan was made: its entity tag was %s, is %s", path, in.version, have)
			}
		case !info.ModTime().Equal(in.Modified):
			const form = time.RFC3339Nano
			want.note(path, "%s was changed since the plan was made: at %s, not %s", path, info.ModTime().UTC().Format(form), in.Modified.Format(form))
		}
	}
	if want.Lines != nil {
		return want
	}
	return nil
}

func (e *PlanError) note(path, format string, args ...any) {
	e.Lines, e.paths = append(e.Lines, fmt.Sprintf(format, args...)), append(e.paths, path)
}

func canonical(s manifest.Settings) string {
	text, err := s.Canonical()
	if err != nil {
		return err.Error()
	}
	return string(text)
}
