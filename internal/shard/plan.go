package shard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/pcapmill/pcapmill/internal/atomicfile"
	"github.com/pcapmill/pcapmill/internal/userfile"
	"github.com/pcapmill/pcapmill/mill"
)

// MaxPlan is the length in bytes up to which the file of a plan is read: some millions of captures.
const MaxPlan = 1 << 30

// ReadPlan reads the job of the plan in a file.
func ReadPlan(ctx context.Context, path string) (*Job, error) {
	text, err := userfile.Read(ctx, path, MaxPlan)
	if err != nil {
		return nil, err
	}
	p := &mill.Plan{}
	if err := json.Unmarshal(bytes.TrimSpace(text), p); err != nil {
		return nil, &FileError{path, fmt.Errorf("not a plan that can be carried out: %w", err)}
	}
	j, err := New(p)
	if err != nil {
		return nil, &FileError{path, err}
	}
	return j, nil
}

// WritePlan writes a plan into a file, whole, and returns its id.
func WritePlan(p *mill.Plan, path string) (id string, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	if id, err = p.ID(); err != nil {
		return "", err
	}
	return id, atomicfile.Write(path, append(text, '\n'), 0o666)
}
