package mill

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/filesum"
	"github.com/pcapmill/pcapmill/internal/find"
	"github.com/pcapmill/pcapmill/internal/objects"
)

// An Input becomes bytes here and nowhere else.

// blocks opens an input to be taken apart by several goroutines.
func (in *Input) blocks(ctx context.Context, a admission, length int) (*capture.Blocks, error) {
	if in.chunk != nil {
		return in.options(ctx, a).OpenChunk(in.Path, length, *in.chunk, in.Size)
	}
	b, err := in.options(ctx, a).OpenBlocks(in.Path, length)
	return b, find.Archive(err)
}

// small reports whether whole may read an input.
func (in *Input) small() bool {
	return !in.Stream && in.Format.Name != "" && in.Format.Compression == "" && in.Size < capture.BlockLen &&
		in.member == nil && in.chunk == nil && !objects.Is(in.Path)
}

// whole opens a small input and reads it, see [capture.Options.OpenWhole].
func (in *Input) whole(ctx context.Context, a admission, blk *capture.Block) (b *capture.Blocks, ok bool) {
	return in.options(ctx, a).OpenWhole(in.Path, blk)
}

// reader opens an input to be read in one loop.
func (in *Input) reader(ctx context.Context, a admission) (*capture.Reader, error) {
	r, err := in.options(ctx, a).Open(in.Path)
	return r, find.Archive(err)
}

// options make a stream end when ctx is done (files are read again another time), and
// bound the memory.
func (in *Input) options(ctx context.Context, a admission) capture.Options {
	o := capture.Options{MaxMemory: a.most, Grow: a.grow, Workers: a.workers, Run: a.run, Spare: a.spare}
	if in.Stream {
		o.Interrupt = ctx.Done()
	}
	if o.From = a.from; o.From == nil && in.member != nil {
		o.From = func() (*capture.Source, error) { return in.member.Open(ctx) }
	}
	if objects.Is(in.Path) {
		o.OpenFile = func(string) (capture.File, error) { return in.object(ctx) }
	}
	return o
}

// object opens an input that is an object in a store.
func (in *Input) object(ctx context.Context) (objects.File, error) {
	f, err := objects.Open(ctx, in.Path, in.version)
	if err == nil && in.chunk != nil {
		objects.Expect(f, in.chunk.To)
	}
	return f, err
}

// whole is the error of an object that could not be read to its end. What a broken disk still
// gives is worth keeping; a store gives all of it another time.
func (x *Extraction) whole(in *Input) error {
	err := x.readable()
	if err == nil || !objects.Is(in.Path) {
		return nil
	}
	var sys *fs.PathError
	if errors.As(x.Damage.Err, &sys) {
		return sys // where it happened is of no interest: nothing of it is kept
	}
	return err
}

// sum is the SHA-256 of the file of an input, or of the content of a member, in hexadecimal;
// "" for a stream, which can be read only once, and for a member that cannot be read whole. The file is read once more: blocks are read side by side, and SHA-256
// needs them in order.
func (in *Input) sum(ctx context.Context) (hex string, err error) {
	if in.Stream {
		return "", nil
	}
	if in.member == nil && !objects.Is(in.Path) {
		hex, _, err = filesum.Of(ctx, in.Path)
		return hex, err
	}
	var s io.ReadCloser
	if in.member == nil {
		s, err = in.object(ctx)
	} else {
		s, err = in.member.Open(ctx)
	}
	if err != nil {
		return "", err
	}
	defer s.Close() // it was only read
	hex, _, err = filesum.OfReader(ctx, s)
	if err != nil && ctx.Err() == nil && !errors.As(err, new(*fs.PathError)) {
		return "", nil // the member is damaged, and has no sum
	}
	return hex, err
}
