//go:build unix && !linux

package main

import (
	"os"
	"testing"
	"time"
)

// waitForRead gives another process time to read what is in a pipe.
func waitForRead(_ *testing.T, _ *os.File) { time.Sleep(2 * time.Second) }
