package mill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/sessions"
	"github.com/pcapmill/pcapmill/label"
	"github.com/pcapmill/pcapmill/session"
)

// bySession reports whether each session has a label of its own.
func (o *Options) bySession() bool { return o.LabelFrom == FromTable || o.LabelFrom == FromComment }

// commented is what the comments of a session's kept packets say, in labels plus 1; 0 is none.
type commented struct {
	first    uint32 // of the first packet
	any      uint32 // of the first packet that has one
	other    uint32 // of the first packet that has another one than any
	numbered bool   // there was a packet
}

// join adds what later packets say.
func (c *commented) join(later commented) {
	if !c.numbered {
		*c = later
		return
	}
	for _, class := range []uint32{later.any, later.other} {
		switch {
		case class == 0 || class == c.any || c.other != 0:
		case c.any == 0:
			c.any = class
		default:
			c.other = class
		}
	}
}

// unitKey names a session, or a unit of one, in a capture.
type unitKey struct {
	tuple session.FiveTuple
	gen   uint64
}

// comments are those of the sessions of one capture. nil has none.
type comments struct {
	table   *label.Table
	numbers map[string]uint32 // labels plus 1 of classes
	names   map[uint32]string // a class of each
	here    []commented       // by place in the table
	known   map[unitKey]commented
}

// perComment is about how many bytes of memory a session in known takes.
const perComment = 160

// maxCommentClasses is how many classes the comments of a capture may have.
const maxCommentClasses = label.MaxClasses

func newComments(table *label.Table) *comments {
	return &comments{table: table, numbers: map[string]uint32{}, names: map[uint32]string{}, known: map[unitKey]commented{}}
}

// bytes is the memory that they take.
func (c *comments) bytes() int64 {
	if c == nil {
		return 0
	}
	return int64(cap(c.here))*16 + int64(len(c.known))*perComment
}

// note takes the comments of a kept packet of the session at a place in the table.
func (c *comments) note(id uint32, p *capture.Packet) error {
	for int(id) >= len(c.here) {
		c.here = append(c.here, commented{})
	}
	number := uint32(0)
	for _, text := range p.Comments {
		class := label.FromComment(text)
		if class == nil {
			continue
		}
		if number = c.numbers[string(class)]; number == 0 {
			if len(c.numbers) == maxCommentClasses {
				return fmt.Errorf("packet %d: the comments have more than %d classes", p.At.Packet, maxCommentClasses)
			}
			number = uint32(c.table.MatchExactly(string(class)).Label) + 1
			c.numbers[string(class)], c.names[number] = number, string(class)
		}
		break
	}
	c.here[id].join(commented{number, number, 0, true})
	return nil
}

// settle keeps what is known of the sessions of a table that is about to be emptied.
func (c *comments) settle(t *sessions.Table) {
	for id := range c.here {
		s := t.Session(id)
		k := unitKey{s.Key, s.Gen}
		known := c.known[k]
		known.join(c.here[id])
		c.known[k] = known
	}
	c.here = c.here[:0]
}

// label is the label of a session. The error is a *CommentConflictError.
func (c *comments) label(o *Options, s *session.Session) (id uint16, err error) {
	if c == nil {
		return o.Labels.Unknown(), nil
	}
	of := c.known[unitKey{s.Key, s.Gen}]
	switch {
	case of.other != 0:
		return o.Labels.Unknown(), &CommentConflictError{c.names[of.any], c.names[of.other]}
	case of.first == 0:
		return o.Labels.Unknown(), nil
	}
	return uint16(of.first - 1), nil
}

// CommentConflictError says that packets of a session have comments of different classes.
type CommentConflictError struct{ First, Second string }

func (e *CommentConflictError) Error() string {
	return fmt.Sprintf("its packets have comments of two classes: %s and %s", e.First, e.Second)
}

// commentClasses are the classes that occur in the comments of the captures, in byte-wise
// order. It reads all of them.
func commentClasses(ctx context.Context, o *Options, inputs []Input) ([]string, error) {
	found := map[string]bool{}
	for i := range inputs {
		in := &inputs[i]
		if in.Stream {
			return nil, fmt.Errorf("%s can be read only once, and its comments are read before: name the classes (--labels FILE), or store it in a file", in.Path)
		}
		if err := commentsOf(ctx, o, in, found); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no packet has a comment that gives a class, like 12,web or s=12,web: labels from comments need pcapng files as pcapML writes them")
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// commentsOf adds the classes of one capture. One that cannot be read has none: the run names it.
func commentsOf(ctx context.Context, o *Options, in *Input, found map[string]bool) error {
	r, err := in.reader(ctx, admission{most: o.captureMemory(o.memory())})
	if err != nil {
		return ctx.Err()
	}
	defer r.Close()
	r.MaxExpansion(o.MaxExpansion)
	if o.Resync {
		r.Resync()
	}
	r.TakeComments()
	var p capture.Packet
	for {
		err := r.Next(&p)
		switch {
		case p.At.Packet%pulse == 0 && ctx.Err() != nil:
			return ctx.Err()
		case err == io.EOF || errors.As(err, new(*capture.Damage)):
			return nil
		case err != nil:
			return err
		}
		for _, text := range p.Comments {
			if class := label.FromComment(text); class != nil {
				if !found[string(class)] && len(found) == label.MaxClasses {
					return fmt.Errorf("%s: packet %d: the comments have more than %d classes", in.Path, p.At.Packet, label.MaxClasses)
				}
				found[string(class)] = true
				break
			}
		}
	}
}
