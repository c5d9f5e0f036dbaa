package main

import (
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pcapmill/pcapmill/internal/objects"
)

// Which places may be objects in a store. All others are paths of this machine.
var (
	objectArguments = []string{"convert", "plan", "labels", "inspect", "session-captures"}
	objectFlags     = []string{"convert out", "merge out", "map dir", "reduce dir", "merge dir", "verify against"}
)

// url is what begins a place that is no path. Without the check it would be made as one: a
// directory that is called "s3:".
var url = regexp.MustCompile(`^[a-z][a-z0-9+.-]+://`)

// checkPlaces refuses places that are no paths, and that the command does not take as objects.
func checkPlaces(cmd *cobra.Command, args []string) error {
	if err := checkPlace(slices.Contains(objectArguments, cmd.Name()), args...); err != nil {
		return err
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		places := []string{f.Value.String()}
		switch a, ok := f.Value.(*against); {
		case ok:
			places = a.captures
		case !slices.Contains([]string{"out", "into", "dir", "watch", "plan", "output", "table", "tmp"}, f.Name):
			return
		}
		if err == nil {
			err = checkPlace(slices.Contains(objectFlags, cmd.Name()+" "+f.Name), places...)
		}
	})
	return err
}

// checkPlace refuses places that are no paths. objects: unless they are objects.
func checkPlace(takesObjects bool, places ...string) error {
	for _, p := range places {
		switch {
		case !url.MatchString(p):
		case !objects.Is(p):
			return usage("%s: pcapmill reads and writes files, and objects of stores that speak S3 (s3://BUCKET/KEY): copy it, and name the path", p)
		case !objects.Built:
			return usage("%s: %w", p, objects.ErrNotBuilt)
		case !takesObjects:
			return usage("%s: here a file or directory is needed: captures (convert, plan, labels, inspect, session-captures, verify --against), what tasks leave (-d), and a finished dataset (convert -o, merge -o) can stand in a store; copy it, and name the path", p)
		}
		if _, err := objects.Parse(p); objects.Is(p) && err != nil {
			return &status{exitUsage, err}
		}
	}
	return nil
}
