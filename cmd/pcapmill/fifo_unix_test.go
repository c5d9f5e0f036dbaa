//go:build unix

package main

import (
	"net"
	"os"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// mkfifoCommand is "mkfifo FIFO FILE [VANISHING]": a FIFO into which FILE is
// written once somebody has opened it; before that, VANISHING is removed.
func mkfifoCommand(ts *testscript.TestScript, _ bool, args []string) {
	fifo, from := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	ts.Check(syscall.Mkfifo(fifo, 0o600))
	go func() { // ends when the script's command has read it
		text, _ := os.ReadFile(from)
		f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			return // the script fails: its command gets no capture
		}
		for _, vanishing := range args[2:] {
			_ = os.Remove(ts.MkAbs(vanishing))
		}
		_, _ = f.Write(text)
		_ = f.Close()
	}()
}

// mksockCommand is "mksock PATH": a socket that is listened to.
func mksockCommand(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("unix", ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
}
