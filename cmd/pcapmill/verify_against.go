package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/mill"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify/leak"
)

// against is what verify searches the dataset for. It is the value of its flag.
type against struct {
	captures  []string
	names     bool
	addresses bool
	places    int
}

func (a *against) String() string     { return "" }
func (a *against) Set(s string) error { a.captures = append(a.captures, s); return nil }
func (a *against) Type() string       { return "CAPTURE..." }

// run searches and shows what was found.
func (a *against) run(ctx context.Context, c *console, dir string) error {
	o := mill.Default()
	p, err := mill.Prepare(a.captures, "", o)
	if p == nil {
		return failed(err)
	}
	if len(p.Captures) == 0 {
		return failed(errors.Join(append([]error{errors.New("--against names no capture")}, p.Problems...)...))
	}
	var paths []string
	inputs := map[string]*mill.Input{}
	for i := range p.Captures {
		in := &p.Captures[i]
		paths = append(paths, in.Path)
		inputs[in.Path] = in
	}
	opener, done := p.Opener()
	defer done()
	open := func(path string) (*capture.Reader, error) { return opener(inputs[path]) }
	d, err := store.Open(dir)
	if err != nil {
		return failed(err)
	}
	all, err := d.All()
	if err != nil {
		return failed(err)
	}
	worst := error(nil)
	for _, d := range all {
		name := otherVariant(d)
		if name != "" {
			c.say("variant %s:", shown(name))
		}
		o := leak.Options{Names: a.names, Addresses: a.addresses, Places: a.places, Open: open, Variant: name}
		err := a.search(ctx, c, p, d.Place(), dir, paths, o)
		var is, was *status
		if errors.As(err, &is) && (!errors.As(worst, &was) || is.code < was.code) { // a mask that did not hold is 1, damage is 3
			worst = err
		}
		if ctx.Err() != nil {
			return err
		}
	}
	return worst
}

// search searches one variant.
func (a *against) search(ctx context.Context, c *console, p *mill.Plan, place, dir string, paths []string, o leak.Options) error {
	r, err := leak.Search(ctx, dir, paths, o)
	if errors.Is(err, context.Canceled) {
		return &status{exitInterrupted, errors.New("interrupted: not all was searched")}
	}
	if err != nil {
		return failed(nameCaptures(err, p))
	}
	problems := append(p.Problems, r.Problems...)
	for _, err := range problems {
		complain(c.err, err)
	}
	switch {
	case c.json != nil:
		c.leakEvents(r)
	case !c.quiet:
		var text strings.Builder
		a.scope(&text, place, r)
		fields(&text, r)
		finds(&text, r)
		c.lines(text.String())
	}
	return conclude(c, place, r, len(problems) > 0)
}

// scope says what was searched for, and in what.
func (a *against) scope(w io.Writer, dir string, r *leak.Report) {
	fmt.Fprintf(w, "searched for: %s IPv4, %s IPv6, %s MAC addresses", thousands(int64(r.Addresses[leak.IPv4])),
		thousands(int64(r.Addresses[leak.IPv6])), thousands(int64(r.Addresses[leak.MAC])))
	if a.names {
		fmt.Fprintf(w, ", %s", plural(int64(r.Names), "host name"))
	}
	fmt.Fprintf(w, " of %s (not for %s", plural(int64(len(r.Captures)), "capture"), plural(int64(r.WellKnown), "well-known one"))
	if r.Short > 0 {
		fmt.Fprintf(w, ", %s too short or strange", plural(int64(r.Short), "name"))
	}
	var bytes int64
	for _, f := range r.Files {
		bytes += f.Bytes
	}
	fmt.Fprintf(w, ")\nsearched in: %s of %s, %s\n", plural(int64(len(r.Files)), "file"), shown(dir), bytesText(bytes))
	notes(w, r)
	if r.Tunnels > 0 {
		fmt.Fprintf(w, "%s of a tunnel (VXLAN, Geneve, GTP-U): the addresses of the inner headers are searched for, too\n", plural(r.Tunnels, "packet"))
	}
	if n := unread(r); n > 0 {
		fmt.Fprintf(w, "not searched for: the addresses of %s of link types that are not decoded (%s)\n",
			plural(n, "packet"), printable(strings.Join(slices.Sorted(maps.Keys(r.Unread)), ", ")))
	}
	strangers := 0
	for _, c := range r.Captures {
		if !c.Known {
			strangers++
		}
	}
	if strangers > 0 {
		fmt.Fprintf(w, "%s not in this dataset; searched for all the same\n", areOf(strangers, len(r.Captures), "capture"))
	}
}

// unread is the number of packets whose addresses are not known.
func unread(r *leak.Report) (n int64) {
	for _, k := range r.Unread {
		n += k
	}
	return n
}

// notes says what of the files was not looked into: one line for all files of
// which the same is true.
func notes(w io.Writer, r *leak.Report) {
	count := map[string]int{}
	for _, f := range r.Files {
		count[f.Note]++
	}
	for _, f := range r.Files {
		n := count[f.Note]
		if f.Note == "" || n == 0 {
			continue
		}
		more := ""
		if n > 1 {
			more = " and " + plural(int64(n-1), "more file")
		}
		fmt.Fprintf(w, "  %s%s: %s\n", shown(f.Name), more, printable(f.Note))
		count[f.Note] = 0
	}
}

// areOf is "2 of 5 captures are".
func areOf(n, of int, what string) string {
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %s %s", n, plural(int64(of), what), verb)
}

// fields says what the samples' header fields were found to be.
func fields(w io.Writer, r *leak.Report) {
	s := &r.Samples
	fmt.Fprintf(w, "samples: %s placed in their captures", thousands(s.Placed))
	switch {
	case s.Unplaced > 0 && s.Why != "":
		fmt.Fprintf(w, ", %s not judged: what was asked for makes %s, and whether their masks hold is not looked at", thousands(s.Unplaced), s.Why)
	case s.Unplaced > 0:
		fmt.Fprintf(w, ", %s not judged, because their captures were not named", thousands(s.Unplaced))
	}
	fmt.Fprintln(w)
	for i, name := range s.Missing {
		if i == 10 {
			fmt.Fprintf(w, "  ... and %d more\n", len(s.Missing)-i)
			break
		}
		fmt.Fprintf(w, "  not named: %s\n", shown(name))
	}
	for k := range s.Fields {
		if n := s.Fields[k]; n > 0 {
			fmt.Fprintf(w, "  %s fields: %s held against the mask, %s not as it promises\n", leak.Kind(k), thousands(n), thousands(s.Bad[k]))
		}
	}
}

// meanings say what a verdict means, for a heading.
var meanings = map[leak.Verdict]string{
	leak.Field:     "BROKEN: header fields that are not as the mask promises",
	leak.Outside:   "BROKEN: outside of the samples",
	leak.Strange:   "BROKEN: samples that their captures do not give under the dataset's settings; nothing can be said of their fields",
	leak.Kept:      "header fields that were kept, as asked for",
	leak.Payload:   "in payload that no mask takes out",
	leak.Inner:     "in payload, as inner headers of a tunnel have them (VXLAN, Geneve, GTP-U); masks leave them alone",
	leak.Header:    "in header bytes that no mask acts on, or across seams",
	leak.Pseudonym: "pseudonyms that are another address of the captures",
	leak.Copy:      "in other files, in bytes that stand in samples, too",
	leak.Unplaced:  "in samples that were not judged",
	leak.Elsewhere: "IPv4 or plain addresses as bytes outside of the samples: judge by chance",
}

// finds lists what was found, under a heading for each verdict.
func finds(w io.Writer, r *leak.Report) {
	for i := range r.Groups {
		g := &r.Groups[i]
		if i == 0 || r.Groups[i-1].Verdict != g.Verdict {
			fmt.Fprintf(w, "%s\n", meanings[g.Verdict])
		}
		fmt.Fprintf(w, "  %s: %s × %s", shown(g.File), thousands(g.Hits), g.Kind)
		if g.Kind < leak.Ports {
			fmt.Fprintf(w, " as %s", g.Form)
		}
		if g.Different > 0 {
			fmt.Fprintf(w, ", %s different", thousands(int64(g.Different)))
		}
		if g.Chance >= 0 {
			verb := "more than chance gives"
			if g.Likely() {
				verb = "as chance gives"
			}
			fmt.Fprintf(w, " (%s by chance: %s)", expectation(g.Chance), verb)
		}
		fmt.Fprintln(w)
		for _, p := range g.Places {
			fmt.Fprintf(w, "    %s\n", place(p))
		}
		if n := g.Hits - int64(len(g.Places)); n > 0 && len(g.Places) > 0 {
			fmt.Fprintf(w, "    ... and %s more\n", thousands(n))
		}
	}
}

// expectation is a number of finds to expect.
func expectation(n float64) string {
	if n < 100 {
		return fmt.Sprintf("%.2g", n)
	}
	return thousands(int64(n))
}

// place is where a find stands.
func place(p leak.Place) string {
	var words []string
	switch {
	case p.Named:
		words = append(words, "in its name")
	case p.Packed:
		words = append(words, fmt.Sprintf("offset %d of what it holds", p.Offset))
	default:
		words = append(words, fmt.Sprintf("offset %d", p.Offset))
	}
	if p.Sample >= 0 {
		words = append(words, fmt.Sprintf("sample %d, byte %d", p.Sample, p.Byte), shown(p.Capture), shown(p.Class))
	}
	if p.Secret != "" {
		words = append(words, shown(p.Secret))
	}
	return strings.Join(words, ", ")
}

// conclude is the last line, and the exit status.
func conclude(c *console, dir string, r *leak.Report, damaged bool) error {
	if n := r.Broken(); n > 0 {
		return failed(&named{fmt.Errorf("%s: the mask does not keep its promise: %s listed above as BROKEN", dir, plural(n, "find")), []string{dir}})
	}
	var rest int64
	for i := range r.Groups {
		rest += r.Groups[i].Hits
	}
	switch {
	case c.json != nil:
	case r.Samples.Unplaced > 0 && r.Samples.Why != "":
		c.say("%s: whether the mask holds in %s was not looked at; %s elsewhere", shown(dir), r.Samples.Why, plural(rest, "find"))
	case r.Samples.Unplaced > 0:
		c.say("%s: no promise of the mask is found broken, but not all samples were judged: name all captures; %s elsewhere", shown(dir), plural(rest, "find"))
	case unread(r) > 0:
		c.say("%s: no promise of the mask is found broken, but the addresses of %s are not known, so nothing searched for them; %s elsewhere",
			shown(dir), plural(unread(r), "packet"), plural(rest, "find"))
	case rest > 0:
		c.say("%s: the mask keeps its promises; %s where it promises nothing, listed above", shown(dir), plural(rest, "find"))
	default:
		c.say("%s: the mask keeps its promises, and nothing was found elsewhere", shown(dir))
	}
	if damaged {
		return &status{exitDamaged, nil}
	}
	return nil
}

// leakEvents are what was searched, how the fields kept to the mask, and every kind of find.
func (c *console) leakEvents(r *leak.Report) {
	addresses := map[string]int{}
	for k, n := range r.Addresses {
		addresses[leak.Kind(k).String()] = n
	}
	var bytes int64
	for _, f := range r.Files {
		bytes += f.Bytes
	}
	c.event(map[string]any{
		"event": "searched", "addresses": addresses, "names": r.Names, "captures": len(r.Captures), "files": len(r.Files), "bytes": bytes,
		"samples": r.Samples.Placed, "samples_not_judged": r.Samples.Unplaced, "packets_not_decoded": unread(r),
	})
	for k := range r.Samples.Fields {
		if n := r.Samples.Fields[k]; n > 0 {
			c.event(map[string]any{"event": "fields", "kind": leak.Kind(k).String(), "checked": n, "broken": r.Samples.Bad[k]})
		}
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		e := map[string]any{
			"event": "find", "verdict": g.Verdict.String(), "meaning": meanings[g.Verdict], "file": g.File, "hits": g.Hits,
			"kind": g.Kind.String(), "form": g.Form.String(), "different": g.Different,
		}
		if g.Chance >= 0 {
			e["by_chance"] = g.Chance
		}
		var places []string
		for _, p := range g.Places {
			places = append(places, place(p))
		}
		if places != nil {
			e["places"] = places
		}
		c.event(e)
	}
}
