package mill

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/settings"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
)

// Names of class tables that are made of what occurs; see Options.classTable.
const (
	tableOfDirectories = "directories"
	tableOfRows        = "table"
	tableOfComments    = "comments"
)

// settings are the options that decide about bytes, as the manifest has them.
func (o *Options) settings() manifest.Settings {
	of := map[string]string{
		"length": strconv.Itoa(o.Shape.Length()), "shape": o.Shape.String(), "drop": o.Drop.String(), "drop-session-with": o.DropSessionWith.String(), "dedup": o.Dedup.String(),
		"resync": onOff(o.Resync), "label-from": o.LabelFrom.String(),
		"min-packets": strconv.FormatInt(o.MinPackets, 10), "min-bytes": strconv.FormatInt(o.MinBytes, 10), "tcp-restart": onOff(o.Breaks.Restart),
		"table-times": o.TableTimes.String(), "unit": o.Breaks.Of.String(), "form": cmp.Or(o.Form.String(), represent.Default), "max-packets": strconv.FormatUint(o.Breaks.MaxPackets, 10),
	}
	if of["session-scope"] = "capture"; o.Group != "" {
		of["session-scope"], of["group"] = "group", o.Group
	}
	for name, ns := range o.durations() {
		if *ns > 0 {
			of[name] = time.Duration(*ns).String()
		}
	}
	for _, name := range mask.Fields() {
		of[name] = o.Mask.Get(name)
	}
	of["labels"] = filepath.Base(o.Labels.Name)
	if o.derived() || o.Labels.IsBuiltin() {
		of["labels"] = o.Labels.Name
	} else {
		of["labels-sha256"] = o.Labels.Digest()
	}
	if (o.Form.String() != "" && o.Shape == sample.Shape{}) { // the form's own
		of["length"], of["shape"] = strconv.Itoa(sample.DefaultLength), sample.Default().String()
	}
	if o.LabelFrom == FromTable {
		for name, value := range o.Table.Reading() {
			of[name] = value
		}
		of["table-sha256"] = o.Flows.ContentDigest()
	}
	if o.bySession() {
		of["table-conflict"] = o.TableConflict.String()
		if o.Unknown == SkipUnknown { // sessions; captures that are skipped are not in the dataset
			of["unknown"] = o.Unknown.String()
		}
	}
	if o.Mask.Pseudonyms() || o.Key != nil { // hosts in the table are under it in any case
		of["key"] = mask.KeyID(o.Key)
	}
	if of["forge"] = o.Forge.String(); o.Forge != 0 && o.ForgeKey != nil {
		of["forge-key"] = mask.KeyID(o.ForgeKey)
	}
	values := map[string]string{}
	for _, r := range settings.Recorded() {
		if value := of[r.Name]; value != "" {
			values[r.Key] = value
		}
	}
	return manifest.NewSettings(values)
}

// optionsOf is the opposite of Options.settings. The key, the class table, and the table of
// flows with its reading are not settled by it.
func optionsOf(set manifest.Settings) (o Options, err error) {
	var errs []error
	for _, r := range settings.Recorded() {
		if name := r.Option.Name; slices.Contains(mask.Fields(), name) {
			errs = append(errs, o.Mask.Set(name, set.Get(r.Key)))
		}
	}
	note := func(err error) { errs = append(errs, err) }
	o.Drop, err = header.ParseDrop(set.Get("drop"))
	note(err)
	o.DropSessionWith, err = header.ParseDrop(set.Get("drop_session_with"))
	note(err)
	o.Dedup, err = sample.ParseDedup(set.Get("dedup"))
	note(err)
	o.Shape, err = sample.ParseShape(set.Get("shape"))
	note(err)
	if form := set.Form(); form != "" {
		o.Form, err = represent.Parse(form)
		note(err)
		if o.Shape == sample.Default() {
			o.Shape = sample.Shape{}
		}
	}
	o.Forge, err = forge.Parse(set.Get("forge"))
	note(err)
	o.LabelFrom, err = ParseLabelFrom(set.Get("label_from"))
	note(err)
	o.TableTimes, err = ParseTableTimes(set.Get("table_times"))
	note(err)
	o.TableConflict, err = ParseTableConflict(set.Get("table_conflict"))
	note(err)
	o.Breaks.Of, err = session.ParseUnits(set.Get("unit"))
	note(err)
	o.Breaks.MaxPackets = uint64(set.Int("max_packets"))
	for name, ns := range o.durations() {
		if text := set.Get(strings.ReplaceAll(name, "-", "_")); text != "" {
			d, err := time.ParseDuration(text)
			note(err)
			*ns = int64(d)
		}
	}
	across, err := ParseScope(set.Get("session_scope"))
	if note(err); across {
		o.Group = set.Get("group")
	}
	o.Resync, o.Breaks.Restart = set.On("resync"), set.On("tcp_restart")
	o.MinPackets, o.MinBytes = set.Int("min_packets"), set.Int("min_bytes")
	return o, errors.Join(errs...)
}

// durations are the options that are times in nanoseconds, 0 for none.
func (o *Options) durations() map[string]*int64 {
	return map[string]*int64{
		"idle-timeout": &o.Breaks.Idle, "active-timeout": &o.Breaks.Active, "slice": &o.Breaks.Slice, "window": &o.Breaks.Window, "min-span": &o.MinSpan,
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// derived reports whether the class table was made of the directories or rows that occur.
func (o *Options) derived() bool {
	for _, c := range o.Labels.Classes {
		if len(c.Keywords) > 0 {
			return false
		}
	}
	return o.LabelFrom == FromDir && o.Labels.Name == tableOfDirectories || o.LabelFrom == FromTable && o.Labels.Name == tableOfRows ||
		o.LabelFrom == FromComment && o.Labels.Name == tableOfComments
}

// differences lists how a run with these options differs from the dataset that it is to
// add to; none: it may.
func (o *Options) differences(m *manifest.Manifest) []string {
	have, want := m.Settings, o.settings()
	var lines []string
	if o.LabelFrom == FromTable && have.Get("label_from") == want.Get("label_from") && have.Get("table_sha256") == "" {
		// Version 0.1.0 recorded only a digest of table and reading, for each capture.
		if !slices.ContainsFunc(m.Captures, func(c manifest.Capture) bool { return c.LabelTable != o.Flows.Digest() }) {
			for _, r := range settings.Recorded() {
				if r.Key == "table_sha256" || r.Key == "unknown" || o.reads(r.Name) {
					want = want.With(r.Key, have.Get(r.Key))
				}
			}
		} else {
			lines = append(lines, "--table: the dataset was made before the table and its reading were recorded, and by another table or reading than this run's")
		}
	}
	lines = append(lines, manifest.Diff(have, want)...)
	lines = append(lines, manifest.DiffClasses(m.Classes, o.classes())...)
	lines = append(lines, manifest.DiffTasks(m.Tasks, o.tasks())...)
	var variants []manifest.Variant
	for i, set := range o.otherSettings() {
		variants = append(variants, manifest.Variant{Name: o.Variants[i].Name, Settings: set})
	}
	return append(lines, manifest.DiffVariants(m, o.Variant, variants)...)
}

// reads reports whether an option says how the table of flows is read.
func (o *Options) reads(option string) bool {
	_, ok := o.Table.Reading()[option]
	return ok
}

// classes is the class table without counts.
func (o *Options) classes() []manifest.Class {
	var cs []manifest.Class
	for _, c := range o.Labels.Classes {
		cs = append(cs, manifest.Class{Label: c.ID, Name: c.Name, Keywords: c.Keywords})
	}
	return cs
}

// tasks are those of the class table, as the manifest has them.
func (o *Options) tasks() []manifest.Task {
	var tasks []manifest.Task
	for _, t := range o.Labels.Tasks {
		task := manifest.Task{Name: t.Name}
		for _, c := range t.Classes {
			task.Classes = append(task.Classes, manifest.TaskClass{Name: c.Name, Keywords: c.Keywords})
		}
		tasks = append(tasks, task)
	}
	return tasks
}
