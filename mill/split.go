package mill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/internal/splitfile"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
)

// SplitResult is what became of a split.
type SplitResult struct {
	Record   *split.Record
	Manifest *manifest.Manifest
	Earlier  int64 // samples that an earlier split had divided
	Moved    int64 // of these, those that are on another side now
}

// SplitSettingsError says that a dataset is split in another way than a run asks for.
type SplitSettingsError struct {
	Dir   string
	Lines []string
}

func (e *SplitSettingsError) Error() string {
	return fmt.Sprintf("%s is split in another way, and samples that are added to it follow that:\n  %s", e.Dir, strings.Join(e.Lines, "\n  "))
}

// Paths are the paths that the error names.
func (e *SplitSettingsError) Paths() []string { return []string{e.Dir} }

// Hint says what to do.
func (e *SplitSettingsError) Hint() string {
	return "leave the options of the split out, or divide the dataset another way first, by 'pcapmill split'"
}

// SplitOf is how the dataset in dir is split; ok is false if there is none or it is not split.
func SplitOf(dir string) (o split.Options, ok bool, err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return o, false, nil
	}
	r, _, err := splitfile.Read(dir)
	if errors.Is(err, splitfile.ErrNone) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	o, err = r.Settings.Options()
	return o, err == nil, err
}

// CheckSplit refuses, with a *[SplitSettingsError], to divide what is added to the dataset in
// dir in another way than what is there.
func CheckSplit(dir string, o split.Options) error {
	have, ok, err := SplitOf(dir)
	if err != nil || !ok {
		return err
	}
	if lines := split.Diff(have.Settings(), o.Settings()); lines != nil {
		return &SplitSettingsError{Dir: dir, Lines: lines}
	}
	return nil
}

// Split divides the dataset in dir and records it. If it is split the same way already,
// the samples that are divided stay where they are and the others follow; anew forgets the
// recorded ways and cuts. Errors: those of split.Compute; the directory is locked, or holds
// no dataset. Nothing is changed then.
func Split(ctx context.Context, dir string, o split.Options, anew bool) (*SplitResult, error) {
	lock, err := dataset.Lock(dir)
	if err != nil {
		return nil, err
	}
	r, err := splitLocked(ctx, dir, o, anew)
	return r, errors.Join(err, lock.Release())
}

func splitLocked(ctx context.Context, dir string, o split.Options, anew bool) (*SplitResult, error) {
	m, err := manifest.Load(dir)
	if err != nil {
		return nil, err
	}
	earlier, _, err := splitfile.Read(dir)
	if err != nil && !errors.Is(err, splitfile.ErrNone) && !anew {
		return nil, err
	}
	before := earlier
	if before != nil && (anew || before.Settings != o.Settings() || before.Samples > m.Samples) {
		before = nil
	}
	if err := checkTimes(m, o); err != nil {
		return nil, err
	}
	in, err := splitfile.Input(dir, m)
	if err != nil {
		return nil, err
	}
	r := &SplitResult{Manifest: m}
	if r.Record, err = split.Compute(stoppable(ctx, in), o, before); err != nil {
		return nil, err
	}
	if earlier != nil {
		r.Earlier = min(earlier.Samples, r.Record.Samples)
		for i := range r.Earlier {
			if earlier.Assignment[i] != r.Record.Assignment[i] {
				r.Moved++
			}
		}
	}
	if err := manifest.RemoveStale(fsys.OS{}, dir); err != nil {
		return nil, err
	}
	return r, splitfile.Save(fsys.OS{}, dir, m, r.Record)
}

// stoppable is in, and ends when ctx does.
func stoppable(ctx context.Context, in *split.Input) *split.Input {
	out := *in
	out.Each = func(f func(s *split.Sample) error) error {
		n := 0
		return in.Each(func(s *split.Sample) error {
			if n++; n%4096 == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			return f(s)
		})
	}
	return &out
}
