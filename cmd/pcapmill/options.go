package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/config"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/presets"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// addOptions gives a command flags for the named options, or for all.
func addOptions(cmd *cobra.Command, names ...string) {
	cmd.Flags().SortFlags = false // the order of the table
	cmd.Flags().String("config", "", "YAML `FILE` with options (see 'pcapmill config init')")
	for _, o := range settings.Options() {
		if names != nil && !slices.Contains(names, o.Name) {
			continue
		}
		short := map[string]string{"out": "o", "workers": "j"}[o.Name]
		cmd.Flags().VarP(&text{value: o.Default, kind: o.Arg, joins: o.Kind == settings.Map}, o.Name, short, o.Short)
		f := cmd.Flags().Lookup(o.Name)
		if o.Kind == settings.Switch {
			f.NoOptDefVal = "on"
		}
		f.Annotations = map[string][]string{groupKey: {o.Group}}
		if o.Values != nil {
			must(cmd.RegisterFlagCompletionFunc(o.Name, cobra.FixedCompletions(o.Values, cobra.ShellCompDirectiveNoFileComp)))
		}
	}
	if cmd.Flags().Lookup("labels") != nil {
		must(cmd.RegisterFlagCompletionFunc("labels", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return label.Builtins(), cobra.ShellCompDirectiveDefault
		}))
	}
}

// text is a flag whose help says what its value is called. One that joins may be repeated:
// its values are put together with commas.
type text struct {
	value, kind string
	joins       bool
}

func (t *text) String() string { return t.value }
func (t *text) Type() string   { return t.kind }

func (t *text) Set(s string) error {
	if t.joins && t.value != "" {
		s = t.value + "," + s
	}
	t.value = s
	return nil
}

// must is for mistakes of the program, not of its user.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// presetOption names a preset.
const presetOption = "preset"

func addPreset(cmd *cobra.Command) {
	cmd.Flags().String(presetOption, "", "the input of a paper: `NAME` of 'pcapmill presets'; other options change it")
	must(cmd.RegisterFlagCompletionFunc(presetOption, cobra.FixedCompletions(presets.Names(), cobra.ShellCompDirectiveNoFileComp)))
}

// choose gathers the values: defaults, preset, file, environment, flags.
func choose(cmd *cobra.Command) (*config.Values, error) {
	v := config.Defaults()
	if name, _ := cmd.Flags().GetString(presetOption); name != "" {
		p, err := presets.Find(name)
		if err == nil {
			err = v.UsePreset(p.Name, p.Text)
		}
		if err != nil {
			return nil, usage("--%s: %w", presetOption, err)
		}
	}
	file, _ := cmd.Flags().GetString("config")
	if file == "" {
		file = os.Getenv("PCAPMILL_CONFIG")
	}
	if file != "" {
		if err := v.File(cmd.Context(), file); err != nil {
			return nil, usageUnless(cmd.Context(), &status{exitUsage, err})
		}
	}
	if err := v.Environment(os.Environ()); err != nil {
		return nil, &status{exitUsage, err}
	}
	var bad error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if bad == nil && f.Annotations[groupKey] != nil {
			bad = v.Set(f.Name, f.Value.String(), "--"+f.Name)
		}
	})
	if bad != nil {
		return nil, &status{exitUsage, bad}
	}
	if err := checkPlace(slices.Contains(objectFlags, cmd.Name()+" out"), v.Get("out")); err != nil {
		return nil, err
	}
	return v, checkPlace(false, v.Get("table"), v.Get("tmp"))
}

// millOptions turns values into what the mill understands. Every error but an
// interrupt is one of usage.
func millOptions(ctx context.Context, v *config.Values) (o mill.Options, err error) {
	parse := func(name string, set func(text string) error) {
		if err != nil {
			return
		}
		if e := set(v.Get(name)); e != nil {
			err = usage("%s: %w", from(v, name), e)
		}
	}
	parse("table-times", func(t string) (e error) { o.TableTimes, e = mill.ParseTableTimes(t); return e })
	parse("drop", func(t string) (e error) { o.Drop, e = header.ParseDrop(t); return e })
	parse("drop-session-with", func(t string) (e error) { o.DropSessionWith, e = header.ParseDrop(t); return e })
	parse("dedup", func(t string) (e error) { o.Dedup, e = sample.ParseDedup(t); return e })
	if err == nil {
		err = variants(ctx, v, &o)
	}
	parse("key-file", func(string) (e error) { o.Key, e = v.ReadKey(ctx); return e })
	parse("forge-key-file", func(string) (e error) { o.ForgeKey, e = v.ReadKeyOf(ctx, "forge-key-file"); return e })
	o.Workers = v.Number("workers")
	o.InputSHA256 = v.On("input-sha256")
	o.Resync, o.MaxExpansion = v.On("resync"), v.Number("max-expansion")
	o.StdinName = v.Get("stdin-name")
	times := map[string]*int64{
		"idle-timeout": &o.Breaks.Idle, "active-timeout": &o.Breaks.Active, "slice": &o.Breaks.Slice, "window": &o.Breaks.Window, "min-span": &o.MinSpan,
	}
	for _, name := range slices.Sorted(maps.Keys(times)) {
		parse(name, func(t string) error { return duration(t, times[name]) })
	}
	parse("unit", func(t string) (e error) { o.Breaks.Of, e = session.ParseUnits(t); return e })
	o.Breaks.Restart, o.Breaks.MaxPackets = v.On("tcp-restart"), uint64(v.Number("max-packets"))
	o.MinPackets, o.MinBytes = int64(v.Number("min-packets")), int64(v.Number("min-bytes"))
	if err == nil {
		o.Group, err = group(v)
	}
	o.Memory, o.Tmp = v.Size("memory"), v.Get("tmp")
	if o.Memory != 0 && o.Memory < mill.MinMemory && err == nil {
		err = usage("%s: %s: need 128MiB or more, or 0 for half of what there is", from(v, "memory"), v.Get("memory"))
	}
	if info, e := os.Stat(o.Tmp); o.Tmp != "" && err == nil && (e != nil || !info.IsDir()) {
		err = usage("%s: %s is no directory", from(v, "tmp"), shown(o.Tmp))
	}
	if err == nil {
		err = labelOptions(ctx, v, &o)
	}
	return o, usageUnless(ctx, err)
}

// variants are the samples of each unit: those that the values say, or those of the entries
// of --variants.
func variants(ctx context.Context, v *config.Values, o *mill.Options) error {
	list, err := v.Variants(ctx)
	if err != nil {
		return usage("--variants: %w", err)
	}
	if list == nil {
		only, err := variant(v)
		o.Mask, o.Form, o.Shape, o.Forge = only.Mask, only.Form, only.Shape, only.Forge
		return err
	}
	for i, entry := range list {
		one, err := variant(entry.Values)
		if err == nil {
			err = manifest.CheckVariantName(entry.Name)
		}
		if err != nil && strings.HasPrefix(err.Error(), entry.From+": ") { // it says where
			return usage("variant %s: %w", entry.Name, err)
		}
		if err != nil {
			return usage("%s: variant %s: %w", entry.From, entry.Name, err)
		}
		if one.Name = entry.Name; i > 0 {
			o.Variants = append(o.Variants, one)
			continue
		}
		o.Mask, o.Form, o.Shape, o.Forge, o.Variant = one.Mask, one.Form, one.Shape, one.Forge, one.Name
	}
	return nil
}

// variant is what the values say about a sample.
func variant(v *config.Values) (one mill.Variant, err error) {
	said := func(name string, e error) {
		if err == nil && e != nil {
			err = usage("%s: %w", from(v, name), e)
		}
	}
	var e error
	one.Mask, e = policy(v)
	said("mask", e)
	one.Form, e = represent.Parse(v.Get("form"))
	said("form", e)
	if err == nil {
		one.Shape, e = shape(v, one.Form)
		said(sizeOption(v), e)
	}
	if one.Form.String() != "" && one.Form.Name() == represent.Default {
		one.Form = represent.Choice{} // its length is in the shape
	}
	one.Forge, e = forge.Parse(v.Get("forge"))
	said("forge", e)
	return one, err
}

// group is what the values say about captures whose sessions go on; "": each has its own.
func group(v *config.Values) (string, error) {
	across, err := mill.ParseScope(v.Get("session-scope"))
	if err != nil {
		return "", usage("%s: %w", from(v, "session-scope"), err)
	}
	if !across {
		if v.From("group") != "" {
			return "", usage("%s: which captures are a group matters with --session-scope group", from(v, "group"))
		}
		return "", nil
	}
	if err := mill.CheckGroup(v.Get("group")); err != nil {
		return "", usage("%s: %w", from(v, "group"), err)
	}
	return v.Get("group"), nil
}

// usageUnless is an error of usage, unless it comes of an interrupt.
func usageUnless(ctx context.Context, err error) error {
	if err != nil && errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return &status{exitInterrupted, errors.New("interrupted; nothing was written")}
	}
	return err
}

// duration reads a time of more than nothing; "" is none.
func duration(text string, ns *int64) error {
	if text == "" {
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q: need a duration, like 60s or 5m", text)
	}
	*ns = int64(d)
	return nil
}

// policy puts the masks together: profile, options that were given, --mask.
func policy(v *config.Values) (mask.Policy, error) {
	given := map[string]string{}
	for _, name := range mask.Fields() {
		if v.From(name) != "" && name != "mask" {
			given[name] = v.Get(name)
		}
	}
	return mask.Resolve(v.Get("profile"), given, v.Get("mask"))
}

// from is where a value was given, for messages.
func from(v *config.Values, name string) string {
	if place := v.From(name); place != "" {
		return place
	}
	return "--" + name
}

// sizeOption is the option that says how many bytes a sample has, for messages.
func sizeOption(v *config.Values) string {
	switch {
	case v.From("shape") != "":
		return "shape"
	case v.From("length") != "":
		return "length"
	}
	return "form"
}

// shape settles --form, --length and --shape: each implies the others. It is zero where a
// form other than bytes says its own.
func shape(v *config.Values, form represent.Choice) (sample.Shape, error) {
	asked, length := v.From("length") != "", v.Number("length")
	if form.Name() != represent.Default {
		switch {
		case asked:
			return sample.Shape{}, fmt.Errorf("--length is bytes:length, and the form is %s: give parameters of its own, as docs/forms.md has them", form)
		case v.From("shape") == "" || v.Get("shape") == "":
			return sample.Shape{}, nil
		}
		s, err := sample.ParseShape(v.Get("shape"))
		if err == nil && ownShape(form, s) {
			s = sample.Shape{}
		}
		return s, err
	}
	if form.Given("length") {
		f, err := form.Bind(mask.Policy{}, sample.Shape{})
		if err != nil {
			return sample.Shape{}, err
		}
		spec := f.Spec()
		if asked && length != spec.Size() {
			return sample.Shape{}, fmt.Errorf("length %d, but the form is %s", length, form)
		}
		asked, length = true, spec.Size()
		if v.From("shape") == "" {
			return sample.Shape{Rows: spec.Rows, Cols: spec.Cols}, nil
		}
	}
	if v.From("shape") == "" && asked {
		return sample.ShapeOf(length)
	}
	s, err := sample.ParseShape(v.Get("shape"))
	if err != nil {
		return s, err
	}
	if asked && s.Length() != length {
		return s, fmt.Errorf("shape %s has %d bytes, but the length is %d", s, s.Length(), length)
	}
	return s, nil
}

// ownShape reports whether a form has that shape by itself.
func ownShape(form represent.Choice, s sample.Shape) bool {
	f, err := form.Bind(mask.Policy{}, sample.Shape{})
	return err == nil && f.Spec().Rows == s.Rows && f.Spec().Cols == s.Cols
}
