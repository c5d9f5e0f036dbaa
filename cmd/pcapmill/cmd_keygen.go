package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pcapmill/pcapmill/internal/fsys"
	"github.com/pcapmill/pcapmill/mask"
)

func newKeygen() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "make a key for pseudonyms",
		Long: `Writes 32 random bytes of the system's generator to FILE, which only its owner can
read (mode 0600) and which must not exist yet. It is what --key-file reads, for
--ip anonymize, --ip prefix and --mac anonymize. Keep it as long as samples are to be
added: the same key gives the same pseudonyms everywhere. Whoever has it can tell
which pseudonym is whose; without it nobody can.

FILE may be - for standard output, if that is no terminal.`,
		Example: `  pcapmill keygen project.key
  pcapmill convert captures/ -o dataset --ip prefix --key-file project.key`,
		Args: count(1, "name one file to write the key to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			key := make([]byte, mask.PrefixKeyLen)
			if _, err := rand.Read(key); err != nil {
				return failed(err)
			}
			if args[0] == "-" {
				if asksJSON(cmd) {
					return usage("keygen: standard output cannot have both a key and --json: name a file")
				}
				if isTerminal(cmd.OutOrStdout()) {
					return usage("keygen: a key is not shown on a terminal: name a file, or send standard output elsewhere")
				}
				_, err := cmd.OutOrStdout().Write(key)
				return failed(err)
			}
			if err := writeKey(args[0], key); err != nil {
				return failed(err)
			}
			c := newConsole(cmd)
			if c.json != nil {
				c.event(map[string]any{"event": "key", "path": args[0], "bytes": len(key), "id": mask.KeyID(key)})
				return nil
			}
			c.say("%s: a key of %d bytes, id %s", shown(args[0]), len(key), mask.KeyID(key))
			return nil
		},
	}
	exits(cmd, "0  done: the key is written and synced to disk", "1  failed; there is no such file, or the one that was there is as it was", "2  wrong usage")
	addJSON(cmd)
	addVolume(cmd, "")
	return cmd
}

// writeKey writes a new file that only its owner can read, and syncs it and its
// directory. Nothing is left of it after an error.
func writeKey(path string, key []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &hinted{
			&named{fmt.Errorf("%s is there already, and a key is never written over: pseudonyms made with it could not be made again", path), []string{path}},
			"choose another name, or remove the file first if you are sure",
		}
	}
	if err != nil {
		return err
	}
	_, err = f.Write(key)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.OS{}.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		_ = os.Remove(path) // the first error says more
	}
	return err
}
