package mill

import (
	"context"
	"errors"
	"fmt"

	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/label/flows"
)

// Preview is what a table of flows would do for the sessions of a plan.
type Preview struct {
	Matches
	Labels    map[uint16]int64 // sessions by label, those of several classes as the options say
	Conflicts []error          // the first of them, at most 20; each wraps a *flows.ConflictError
	Problems  []error          // captures that cannot be read, or are damaged
}

// Match reads the captures of a plan with labels from a table, looks every session up, and
// writes nothing. It ends with the error of ctx soon after that is done.
func Match(ctx context.Context, p *Plan, progress *Progress) (*Preview, error) {
	if !p.bySession() {
		return nil, errors.New("only labels of sessions can be looked up")
	}
	work, stop := context.WithCancel(ctx)
	answers, release, wait, _ := start(work, p, progress, nil)
	defer wait()
	defer stop()
	m, v, waiting := &matches{}, &Preview{Labels: map[uint16]int64{}}, map[int]answer{}
	defer func() {
		for _, a := range waiting {
			if a.x != nil {
				_ = a.x.Close() // its files have no names
			}
		}
	}()
	for next := 0; next < len(p.Captures); {
		a, ok := waiting[next]
		if !ok {
			select {
			case a = <-answers:
				waiting[a.i] = a
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		delete(waiting, next)
		if err := v.take(p, m, a); err != nil {
			return nil, err
		}
		next++
		release()
	}
	v.Matches, v.Conflicts = m.use(p), m.first
	return v, nil
}

// take looks the sessions of a capture up.
func (v *Preview) take(p *Plan, m *matches, a answer) error {
	in := &p.Captures[a.i]
	switch {
	case errors.As(a.err, new(*spillError)):
		return fmt.Errorf("%s: %w", in.Path, a.err)
	case a.err != nil:
		v.Problems = append(v.Problems, unreadable(in.Path, a.err))
		return nil
	}
	if harm := a.x.Harm(in.Path); harm != nil {
		v.Problems = append(v.Problems, harm)
	}
	err := a.x.list.Each(func(i int, s *sessions.Session) error {
		if s.Bytes == 0 || p.wanted(&s.Session) != "" {
			return nil
		}
		id, err := m.label(&p.Options, a.x.comments, &s.Session)
		var conflict *flows.ConflictError
		if errors.As(err, &conflict) || errors.As(err, new(*CommentConflictError)) {
			m.refuse(fmt.Errorf("%s: session %d, from packet %d on: %w", in.Name, i, s.First, err))
			err = nil
		}
		v.Labels[id]++
		return err
	})
	return errors.Join(err, a.x.Close())
}

// Err is the error that a run would end with, or nil.
func (v *Preview) Err(o *Options) error {
	switch {
	case v.Conflicts != nil && o.TableConflict == RefuseConflicts:
		return &ConflictsError{Sessions: v.Matches.Conflicts, First: v.Conflicts}
	case o.LabelFrom == FromTable && v.Sessions > 0 && v.Matched == 0:
		return &NoMatchError{v.Matches}
	}
	return nil
}
