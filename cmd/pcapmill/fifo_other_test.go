//go:build !unix

package main

import "github.com/rogpeppe/go-internal/testscript"

func mkfifoCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("no FIFOs here: guard the script with [unix]")
}

func mksockCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("no sockets here: guard the script with [unix]")
}
