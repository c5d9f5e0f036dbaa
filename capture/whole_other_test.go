//go:build !unix

package capture_test

const readsRegular = false
