package main

import (
	"strings"
	"testing"
)

// TestKeysAreNotShown: keygen writes no key to a terminal.
func TestKeysAreNotShown(t *testing.T) {
	t.Parallel()
	tt := openTerminal(t, 80)
	cmd := tt.start(t, t.TempDir(), nil, "keygen", "-")
	if code := tt.wait(t, cmd); code != exitUsage || !strings.HasPrefix(tt.String(), "pcapmill: keygen: a key is not shown on a terminal") {
		t.Errorf("exit status %d\n%q", code, tt)
	}
}
