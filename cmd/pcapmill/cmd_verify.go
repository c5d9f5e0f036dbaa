package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/store"
	"github.com/pcapmill/pcapmill/verify"
)

func newVerify() *cobra.Command {
	var a against
	cmd := &cobra.Command{
		Use:   "verify DIR [--against CAPTURE...]",
		Short: "check every promise that a finished dataset makes",
		Long: `Checks the dataset in DIR against its manifest: counts, file sizes, IDX headers,
the laws (packets = used + left out, sessions = samples + duplicates + empty + left out), the
label of every image, the digest of every capture's samples, duplicates and
conflicts; and the files of exports in DIR against the digests that they record.
Stops at the first broken promise. An export that was made from another state of the
dataset is named as stale; that breaks none.

With --against it also reads the captures that the dataset was made from (files or
directories, as for convert) and searches every file of DIR for every IP and MAC
address of their headers, as bytes in both orders and as text, and with --names for
every host name of DNS, TLS and HTTP. It knows of each byte of a sample which header
field it is, so it tells a mask that did not hold, which is an error, from an address
in payload, which masks leave alone and which is counted. See docs/privacy.md.
Addresses are not shown, only where they stand, unless --addresses is given.`,
		Example: `  pcapmill verify dataset
  pcapmill verify dataset --against captures/
  pcapmill verify dataset --against captures/ --names --list 100`,
		Args: func(_ *cobra.Command, args []string) error { return a.arguments(args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			c := newConsole(cmd)
			var read atomic.Int64
			stop := c.counting(func() string { return fmt.Sprintf("verify: %s read", plural(read.Load(), "sample")) })
			v, err := verify.Watched(cmd.Context(), args[0], &read)
			stop()
			if v != nil {
				for _, p := range v.Promises {
					c.promise(p)
				}
			}
			if cmd.Context().Err() != nil {
				return &status{exitInterrupted, errors.New("interrupted: not all was verified")}
			}
			if err != nil {
				return failed(noDataset(args[0], &named{fmt.Errorf("%s: %w", args[0], err), args}))
			}
			if err := c.verifyExports(cmd.Context(), args[0]); err != nil {
				return failed(&named{fmt.Errorf("%s: %w", args[0], err), args})
			}
			if c.json == nil {
				c.say("%s: whole: %s of %s, %s", shown(args[0]), plural(v.Manifest.Samples, "sample"),
					plural(int64(len(v.Manifest.Captures)), "capture"), strings.TrimSuffix(shapeText(v.Manifest), " bytes"))
			}
			if a.captures == nil {
				return nil
			}
			return a.run(cmd.Context(), c, args[0])
		},
	}
	exits(cmd, "0  every promise holds", "1  one is broken, or there is no dataset, or none of the captures can be read", "2  wrong usage",
		"3  every promise holds, but some capture or file was damaged or unreadable: each is named", "130  interrupted")
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(&a, "against", "captures to search the dataset for; more may follow")
	f.BoolVar(&a.names, "names", false, "search for host names, too: DNS, TLS server_name, HTTP Host")
	f.BoolVar(&a.addresses, "addresses", false, "show the addresses and names that were found")
	f.IntVar(&a.places, "list", 5, "places to list for each kind of find; 0: only count")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

// promise says that a promise holds.
func (c *console) promise(text string) {
	if c.json != nil {
		c.event(map[string]any{"event": "promise", "text": text})
		return
	}
	c.say("ok: %s", text)
}

// arguments are DIR and, with --against, captures.
func (a *against) arguments(args []string) error {
	switch {
	case len(args) == 0:
		return usage("verify: name one directory")
	case a.captures == nil && len(args) > 1:
		return usage("verify: name one directory; captures are named behind --against")
	case a.captures == nil && (a.names || a.addresses):
		return usage("verify: --names and --addresses say what --against looks for and shows: name captures with it")
	case a.places < 0:
		return usage("verify: --list %d: need 0 or more", a.places)
	}
	a.captures = append(a.captures, args[1:]...)
	for _, path := range a.captures {
		info, err := os.Stat(path)
		if path == "-" || err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return &status{exitUsage, &named{fmt.Errorf("verify: --against %s: captures are read twice, so they must be files, and this is none", path), []string{path}}}
		}
	}
	return nil
}

// noDataset says in plain words that a directory has no manifest, if that is
// what is wrong.
func noDataset(dir string, err error) error {
	if !errors.Is(err, store.ErrNone) {
		return err
	}
	return &hinted{
		&named{fmt.Errorf("%s holds no dataset: there is no %s", dir, manifest.Name), []string{dir}},
		"a dataset is what 'pcapmill convert' writes; to look at captures, name one to 'pcapmill inspect', or use 'pcapmill labels'",
	}
}
