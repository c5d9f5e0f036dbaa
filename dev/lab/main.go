// Command lab records the example captures of pcapmill: real protocol stacks in user space talk to each other inside this process,
// and what passes the client's network card is written down. It needs no privileges and opens no sockets.
//
//	go run . -o ../../examples/captures
//
// How it works, from the outside in: a [Scenario] names a capture and says who does what in it; [Record] builds a world for it
// (package network), puts servers and users into it (package activity), taps the client's card into a file (package record), and
// waits until the last user has left. All scenarios run at the same time, on clocks that run faster than the machine's. Then
// every file is read back with a foreign reader, and a README.md with what is in them is written next to them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/pcapmill/pcapmill/dev/lab/record"
)

func main() {
	// quic-go regrets once a run that a socket in memory has no receive buffer to enlarge.
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	dir := flags.String("o", "captures", "`directory` to write to; files of the same names are replaced")
	seed := flags.Uint64("seed", 1, "what users say and when follows from this `number`")
	speed := flags.Float64("speed", 2, "simulated seconds per second")
	only := flags.String("only", "", "record only captures whose name matches this `regexp`, and leave README.md alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var scenarios []Scenario
	for _, s := range Scenarios() {
		if chosen.MatchString(s.File) {
			scenarios = append(scenarios, s)
		}
	}
	if err := recordAll(ctx, *dir, scenarios, *seed, *speed); err != nil {
		return err
	}
	summaries := map[string]*record.Summary{}
	for _, s := range scenarios {
		sum, err := record.Inspect(filepath.Join(*dir, s.File))
		if err != nil {
			return err
		}
		summaries[s.File] = sum
		fmt.Printf("%-26s %-14s %5d packets %3d sessions %4d KiB\n", s.File, sum.Link, sum.Packets, sum.Payload, sum.Size>>10)
	}
	if *only != "" {
		return nil
	}
	return os.WriteFile(filepath.Join(*dir, "README.md"), readme(scenarios, summaries, *seed, *speed), 0o644)
}

// recordAll runs all scenarios at once: their users mostly wait.
func recordAll(ctx context.Context, dir string, scenarios []Scenario, seed uint64, speed float64) error {
	errs := make([]error, len(scenarios))
	var wait sync.WaitGroup
	for i, s := range scenarios {
		wait.Go(func() {
			if err := Record(ctx, dir, s, seed, speed); err != nil {
				errs[i] = fmt.Errorf("%s: %w", s.File, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
