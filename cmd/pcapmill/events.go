package main

import (
	"encoding/json"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/plainjson"
)

// What a command tells a program is JSON lines, an event each. docs/json.md describes all
// of them, and TestEventsAreDescribed fails when it does not. The last one is done or
// failed, with the exit status: where a command does not write it, finish does.

// The keys under which the annotations of a command with --json say how far it is.
const (
	eventsKey = "events" // it has --json
	endedKey  = "ended"  // the last event is written
)

// addJSON gives a command --json.
func addJSON(cmd *cobra.Command) {
	cmd.Flags().Bool("json", false, "events as JSON lines on standard output; see docs/json.md")
	annotate(cmd, eventsKey)
}

func annotate(cmd *cobra.Command, key string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[key] = "yes"
}

// asksJSON reports whether a command that has events was asked for them.
func asksJSON(cmd *cobra.Command) bool {
	on, err := cmd.Flags().GetBool("json")
	return err == nil && on && cmd.Annotations[eventsKey] != ""
}

// finish writes the last event of a command that has not done so.
func finish(cmd *cobra.Command, out io.Writer, code int, err error) {
	if !asksJSON(cmd) || cmd.Annotations[endedKey] != "" {
		return
	}
	e := map[string]any{"event": "done", "status": code}
	if code != exitDone && code != exitDamaged {
		e = map[string]any{"event": "failed", "status": code}
	}
	if err != nil {
		e["text"] = plainText(err)
	}
	_ = encoder(out).Encode(e)
}

// encoder writes JSON lines that cannot disturb a terminal.
func encoder(out io.Writer) *json.Encoder {
	e := json.NewEncoder(plainjson.Writer{W: out})
	e.SetEscapeHTML(false)
	return e
}

// wrote says that files were written.
func (c *console) wrote(paths ...string) {
	for _, p := range paths {
		if c.json != nil {
			c.event(map[string]any{"event": "written", "path": filepath.ToSlash(p)})
			continue
		}
		c.say("%s", shown(p))
	}
}
