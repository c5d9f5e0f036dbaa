package mill

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/pcapmill/pcapmill/internal/forge"
	"github.com/pcapmill/pcapmill/internal/represent"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/mask"
	"github.com/pcapmill/pcapmill/sample"
	"github.com/pcapmill/pcapmill/session"
	"github.com/pcapmill/pcapmill/store"
)

// Variant is another sample of every unit: its masks, its form, and what is forged before.
// Everything else is decided by the Options, for all variants.
type Variant struct {
	Name  string
	Mask  mask.Policy
	Form  represent.Choice
	Shape sample.Shape // as in Options
	Forge forge.Fields
}

// of are the options of a variant alone.
func (o *Options) of(v *Variant) *Options {
	own := *o
	own.Mask, own.Form, own.Shape, own.Forge = v.Mask, v.Form, v.Shape, v.Forge
	own.Variant, own.Variants, own.joins = v.Name, nil, true
	return &own
}

// EachVariant are the options of each variant alone, the first one first; the options
// themselves where there are no variants.
func (o *Options) EachVariant() []*Options {
	first := *o
	first.Variants = nil
	list := []*Options{&first}
	for i := range o.Variants {
		list = append(list, o.of(&o.Variants[i]))
	}
	return list
}

// checkVariants reports variants that cannot be made.
func (o *Options) checkVariants() error {
	if o.Variants == nil {
		return nil
	}
	if len(o.Variants) >= manifest.MaxVariants {
		return fmt.Errorf("%d variants, need at most %d", len(o.Variants)+1, manifest.MaxVariants)
	}
	seen := map[string]bool{o.Variant: true}
	if err := manifest.CheckVariantName(o.Variant); err != nil {
		return err
	}
	for i := range o.Variants {
		v := &o.Variants[i]
		if err := manifest.CheckVariantName(v.Name); err != nil {
			return err
		}
		if seen[v.Name] {
			return fmt.Errorf("two variants are called %s", v.Name)
		}
		seen[v.Name] = true
		if err := o.of(v).Check(); err != nil {
			return fmt.Errorf("variant %s: %w", v.Name, err)
		}
	}
	return nil
}

// stored are the variants but the first, as a dataset has them.
func (o *Options) stored() []store.Variant {
	var list []store.Variant
	for i := range o.Variants {
		v := o.of(&o.Variants[i])
		list = append(list, store.Variant{Name: v.Variant, Settings: v.settings(), Spec: v.Spec(), Form: v.block(), Layouts: v.placed()})
	}
	return list
}

// forms are the forms of all variants; none where a unit is kept as a prefix.
func (o *Options) forms() ([]represent.Form, error) {
	f, err := o.represented()
	if f == nil || err != nil {
		return nil, err
	}
	list := []represent.Form{f}
	for i := range o.Variants {
		if f, err = o.of(&o.Variants[i]).represented(); err != nil {
			return nil, fmt.Errorf("variant %s: %w", o.Variants[i].Name, err)
		}
		list = append(list, f)
	}
	return list, nil
}

// joint is the state of several forms in one: for each the length of its state in 4 bytes,
// little-endian, then the states. A state that is not one is one of no packets.
type joint []represent.Form

// Bound implements session.Form.
func (j joint) Bound() int {
	n := 4 * len(j)
	for _, f := range j {
		n += f.Bound()
	}
	return n
}

// enough is a joint that knows when it is full, see sessions.Table.Full: when the packets of a
// unit have contributed so many bytes under the masks of the first form.
type enough struct {
	joint
	bytes uint64
}

func (e enough) Enough() uint64 { return e.bytes }

// kept is the joint of the options' forms, for a table.
func (o *Options) kept(forms []represent.Form) session.Form {
	j, most := joint(forms), uint64(0)
	for i, f := range forms {
		e, ok := f.(interface{ Enough() uint64 })
		if !ok || i > 0 && !o.Variants[i-1].Mask.NoShorter(&o.Mask) {
			return j
		}
		most = max(most, e.Enough())
	}
	return enough{j, most}
}

// ends are where the states begin, and the last one ends. ok is false of bytes that no joint
// has made.
func (j joint) ends(state []byte, ends []int) (_ []int, ok bool) {
	ends = append(ends[:0], 4*len(j))
	if len(state) < 4*len(j) {
		return ends, false
	}
	at := uint64(4 * len(j))
	for i, f := range j {
		n := uint64(binary.LittleEndian.Uint32(state[4*i:]))
		if at += n; n > uint64(f.Bound()) || at > uint64(len(state)) {
			return ends, false
		}
		ends = append(ends, int(at))
	}
	return ends, at == uint64(len(state))
}

// grow lengthens state i of the joint by at least n bytes of room behind it and gives it to
// add, which may use them. The room is taken back as far as it is not used.
func (j joint) grow(state []byte, ends []int, i, n int, add func(part []byte) []byte) []byte {
	from, to, end := ends[i], ends[i+1], len(state)
	state = slices.Grow(state, n)[:end+n]
	copy(state[to+n:], state[to:end])
	part := add(state[from : to : to+n])
	used := len(part) - (to - from)
	copy(state[from:to+n], part) // of a form that did not work in place
	copy(state[to+used:], state[to+n:])
	state = state[:end+used]
	binary.LittleEndian.PutUint32(state[4*i:], uint32(len(part)))
	for k := i + 1; k < len(ends); k++ {
		ends[k] += used
	}
	return state
}

// begun is the state, or the shortest one.
func (j joint) begun(state []byte) []byte {
	if len(state) == 0 {
		return append(state, make([]byte, 4*len(j))...)
	}
	return state
}

// Merge implements session.Form.
func (j joint) Merge(earlier, later []byte) []byte {
	var room [2][8]int
	before, ok := j.ends(earlier, room[0][:0])
	if !ok {
		return append(earlier[:0], later...)
	}
	behind, ok := j.ends(later, room[1][:0])
	if !ok {
		return earlier
	}
	for i, f := range j {
		more := later[behind[i]:behind[i+1]]
		earlier = j.grow(earlier, before, i, len(more), func(part []byte) []byte { return f.Merge(part, more) })
	}
	return earlier
}

// part is the state of form i.
func (j joint) part(state []byte, i int) []byte {
	var room [8]int
	ends, ok := j.ends(state, room[:0])
	if !ok {
		return nil
	}
	return state[ends[i]:ends[i+1]:ends[i+1]]
}

// shower shows packets to the form of one variant.
type shower struct {
	form    represent.Form
	filling represent.Filling // the form, or nil
	masker  *mask.Masker
	forger  *forge.Forger // nil: nothing is forged
	packet  represent.Packet
}

// full reports whether the packets that come change nothing.
func (s *shower) full(state []byte) bool { return s.filling != nil && s.filling.Full(state) }

// newShowers are those of all variants, for one goroutine.
func newShowers(o *Options, forms []represent.Form) []shower {
	list := make([]shower, len(forms))
	for i := range list {
		own := o
		if i > 0 {
			own = o.of(&o.Variants[i-1])
		}
		list[i] = shower{form: forms[i], masker: mask.New(own.Mask, own.Key)}
		list[i].filling, _ = forms[i].(represent.Filling)
		if own.Forge != 0 {
			list[i].forger = forge.New(own.Forge, own.forgeKey())
			list[i].forger.Under(&own.Mask)
		}
	}
	return list
}

// see takes a packet into hand: as it is, or forged.
func (s *shower) see(p *represent.Packet) {
	s.packet = *p
	s.packet.Masker = s.masker
	if s.forger != nil {
		s.packet.Data = s.forger.Packet(p.Link, p.Data, p.Layout)
	}
}

// done stands for what a state grows that no packet changes any more.
const done = -1

// show takes the packet in w.shown into the state of its unit.
func (w *worker) show(t *sessions.Table, id uint32) {
	if len(w.showers) == 1 {
		s := &w.showers[0]
		state := t.Lend(id, 0)
		if s.full(state) && w.o.Dedup != sample.DedupSession {
			return
		}
		s.see(&w.shown)
		if n := s.form.Grow(state, &s.packet); n > cap(state)-len(state) {
			state = t.Lend(id, n)
		}
		t.Hold(id, s.form.Add(state, &s.packet))
		return
	}
	state, fresh := t.Lend(id, 0), 0
	ends, ok := w.joint.ends(state, w.ends)
	if !ok { // of no packet
		state = state[:0]
		fresh = 4 * len(w.showers)
		ends = ends[:0]
		for range len(w.showers) + 1 {
			ends = append(ends, fresh)
		}
	}
	w.ends = ends
	total, full := fresh, 0
	w.grows = w.grows[:0]
	for i := range w.showers {
		s := &w.showers[i]
		var part []byte
		if fresh == 0 {
			part = state[ends[i]:ends[i+1]]
		}
		if s.full(part) && (i > 0 || w.o.Dedup != sample.DedupSession) {
			w.grows = append(w.grows, done)
			full++
			continue
		}
		s.see(&w.shown)
		n := min(s.form.Grow(part, &s.packet), s.form.Bound()-len(part))
		w.grows = append(w.grows, n)
		total += n
	}
	if full == len(w.showers) {
		return
	}
	if total > cap(state)-len(state) {
		state = t.Lend(id, total)[:len(state)]
	}
	if fresh > 0 {
		state = w.joint.begun(state)
	}
	t.Hold(id, w.spread(state))
}

// spread adds the packet to every form: the states move apart by what each may need, and
// back together by what it did not.
func (w *worker) spread(state []byte) []byte {
	ends, total := w.ends, 0
	for _, n := range w.grows {
		total += max(n, 0)
	}
	have := len(state)
	state = state[:have+total]
	for i, gap := len(w.showers)-1, total; i >= 0; i-- {
		gap -= max(w.grows[i], 0)
		if gap > 0 {
			copy(state[ends[i]+gap:], state[ends[i]:ends[i+1]])
		}
	}
	at, gap := ends[0], 0 // where the next state goes, and how far behind its old place it is
	for i := range w.showers {
		s := &w.showers[i]
		from, to, room := ends[i]+gap, ends[i+1]+gap, max(w.grows[i], 0)
		part := state[from : to : to+room]
		if w.grows[i] != done {
			part = s.form.Add(part, &s.packet)
		}
		if n := len(part); from != at || room > 0 {
			copy(state[at:], part) // also of a form that did not work in place
			binary.LittleEndian.PutUint32(state[4*i:], uint32(n))
		}
		gap += room
		at += len(part)
	}
	return state[:at]
}
