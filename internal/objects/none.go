//go:build !s3

package objects

import "context"

// Built reports whether the program has a client for object stores.
const Built = false

func connect(context.Context) (store, error) { return nil, ErrNotBuilt }
