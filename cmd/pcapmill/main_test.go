package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pcapmill/pcapmill/internal/objects"
)

// TestMain makes this test binary stand in for pcapmill, in scripts and for
// exec.Command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pcapmill": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=20") // else each of some 200 processes sleeps for a second under -race
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "s3":
				return objects.Built, nil
			case "root":
				return os.Geteuid() == 0, nil
			case "shell:bash":
				_, err := exec.LookPath("bash")
				return err == nil, nil
			}
			return false, errors.New("unknown condition " + cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exitsCommand,
			"mkcap":  mkcapCommand,
			"rotate": rotateCommand,
			"mkfifo": mkfifoCommand, // fails where there are none
			"mksock": mksockCommand,
			"link":   linkCommand,
			"pack":   packCommand,
			"patch":  patchCommand,
			"jsonl":  jsonlCommand,
			"steady": steadyCommand,
			"oddname": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.Rename(ts.MkAbs(args[0]), ts.MkAbs(oddName)))
			},
		},
	})
}

// oddName is a file name that would disturb a terminal and forge a message.
const oddName = "odd\n\x1b[31mpcapmill: done\xff\u202e.pcap"

// exitsCommand is "exits STATUS COMMAND ARGS...": exec with an exact exit status.
func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	have := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		have = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if have != want {
		ts.Fatalf("exit status %d, need %d", have, want)
	}
}

// linkCommand is "link OLD NEW": a hard link.
func linkCommand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.Link(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

// patchCommand is "patch FILE OFFSET BYTE...": other bytes at an offset (from
// the end if negative), in hexadecimal; "cut" in the place of them cuts there.
func patchCommand(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	text, err := os.ReadFile(name)
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(text)
	}
	for i, b := range args[2:] {
		if b == "cut" {
			text = text[:at+i]
			break
		}
		v, err := strconv.ParseUint(b, 16, 8)
		ts.Check(err)
		text[at+i] = byte(v)
	}
	ts.Check(os.WriteFile(name, text, 0o666))
}

// jsonlCommand is "jsonl stdout EVENT...": every line of the output is a JSON
// object, and their "event" members are exactly these.
func jsonlCommand(ts *testscript.TestScript, _ bool, args []string) {
	var have []string
	for line := range strings.SplitSeq(strings.TrimRight(ts.ReadFile(args[0]), "\n"), "\n") {
		var e struct{ Event string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			ts.Fatalf("%q: %v", line, err)
		}
		have = append(have, e.Event)
	}
	if h, w := strings.Join(have, " "), strings.Join(args[1:], " "); h != w {
		ts.Fatalf("events %s, need %s", h, w)
	}
}

// seconds are what differs from run to run.
var seconds = regexp.MustCompile(`\b\d\.\d\d\b`)

// steadyCommand is "steady FROM TO": the text with all seconds as 0.00.
func steadyCommand(ts *testscript.TestScript, _ bool, args []string) {
	text := seconds.ReplaceAllString(ts.ReadFile(args[0]), "0.00")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o666))
}
