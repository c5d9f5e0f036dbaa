package dataset

import "context"

// Known is a view of the samples of v that have a class: those that no class matches are
// left out of every side and of Whole, and the others keep their places. It reads v once to
// count them.
func Known(ctx context.Context, v View) (View, error) {
	k := &known{View: v, counts: map[Side]int64{}}
	err := k.Each(ctx, Whole, func(e *Entry) error {
		k.counts[Whole]++
		if e.Side != Whole {
			k.counts[e.Side]++
		}
		return nil
	})
	return k, err
}

// known is what Known returns.
type known struct {
	View
	counts map[Side]int64
}

// Len implements [View].
func (k *known) Len(s Side) int64 { return k.counts[s] }

// Each implements [View].
func (k *known) Each(ctx context.Context, side Side, f func(*Entry) error) error {
	unknown := k.Unknown()
	return k.View.Each(ctx, side, func(e *Entry) error {
		if e.Label == unknown {
			return nil
		}
		return f(e)
	})
}

// Form implements [Formed].
func (k *known) Form() (name, parameters string) {
	if f, ok := k.View.(Formed); ok {
		return f.Form()
	}
	return "", ""
}

// Salt implements [Salted].
func (k *known) Salt() string {
	if s, ok := k.View.(Salted); ok {
		return s.Salt()
	}
	return ""
}

// Tasks implements [Tasked].
func (k *known) Tasks() []Task {
	if t, ok := k.View.(Tasked); ok {
		return t.Tasks()
	}
	return nil
}

// Units reports whether several samples come from one session, as the tables ask.
func (k *known) Units() bool {
	u, ok := k.View.(interface{ Units() bool })
	return ok && u.Units()
}
