package shard

import (
	"context"
	"errors"

	"github.com/pcapmill/pcapmill/session"
)

// Small makes the job spill as often as it can.
func Small(j *Job) { j.spare = 1000; j.Plan.SmallTables(8_000) }

// ReadAll reads what tasks have left in dir as Merge does, and makes no dataset.
func ReadAll(j *Job, dir string) (err error) {
	m := &merger{j: j, d: j.folder(context.Background(), dir)}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.open(); err != nil {
		return err
	}
	for input := range j.Plan.Captures {
		x, err := m.capture(context.Background(), input)
		if err != nil {
			return err
		}
		err = x.Each(func(int, *session.Session) error { return nil })
		if err := errors.Join(err, x.Close()); err != nil {
			return err
		}
	}
	return nil
}
