// Command timer measures whole processes and makes a table of the measurements.
//
//	timer -log runs.tsv -name NAME -- COMMAND ARG...
//	timer -table runs.tsv -bytes N -packets N -base cat -rival pcapmill -asked 'pcapmill <= 2.5 x cat'
//
// The first form runs a command with its standard output thrown away and adds a
// line to the log: name, wall-clock, user and system seconds, and two figures of
// memory in KiB. It ends with the command's status.
//
//	peak  the largest resident set by getrusage; it includes pages of mapped
//	      files, and is never below what timer itself has, some 8 MiB
//	own   the most anonymous memory, RssAnon of /proc/PID/status, which has no
//	      mapped files: what the process needs for itself. It is looked at
//	      every 5 ms, so less than that is missed, and of the command only, not
//	      of what it starts. 0 where it is not known: not on Linux, or too short.
//
// The second form prints the log as a Markdown table, names in order of
// appearance: medians, smallest and largest, and the ratio to the base and to
// the rival pair by pair, the n-th run of one to the n-th run of the other.
// Absolute times on a shared machine drift by a factor of two; ratios of
// neighbours less. A second table tells whether the bounds hold that -asked
// gives, which may be given many times.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"
)

func main() {
	var (
		log     = flag.String("log", "", "file to add the measurement to")
		name    = flag.String("name", "", "what the command is called in the table")
		table   = flag.String("table", "", "log to print as a table")
		bytes   = flag.Int64("bytes", 0, "size of the input, for MB/s")
		packets = flag.Int64("packets", 0, "packets of the input, for ns/packet")
		base    = flag.String("base", "cat", "name that ratios are taken to")
		rival   = flag.String("rival", "pcapmill", "second name that ratios are taken to")
	)
	var bounds []asked
	flag.Func("asked", "a bound, as 'pcapmill <= 2.5 x cat', '... + 250 ns', '... >= ...', 'pcapmill <= 250 MiB'", func(text string) error {
		a, err := parseAsked(text)
		bounds = append(bounds, a)
		return err
	})
	flag.Parse()
	var err error
	switch {
	case *table != "" && flag.NArg() == 0:
		err = printTable(os.Stdout, *table, input{bytes: *bytes, packets: *packets, base: *base, rival: *rival}, bounds)
	case *log != "" && *name != "" && flag.NArg() > 0:
		err = measure(*log, *name, flag.Args())
	default:
		flag.Usage()
		os.Exit(2)
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		fmt.Fprintf(os.Stderr, "timer: %s: %v\n", *name, err)
		os.Exit(max(1, exit.ExitCode()))
	case err != nil:
		fmt.Fprintln(os.Stderr, "timer:", err)
		os.Exit(1)
	}
}

// measure runs the command once and logs it.
func measure(log, name string, args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := watch(cmd.Process.Pid)
	err := cmd.Wait()
	wall := time.Since(start)
	own := stop()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\t%.6f\t%.6f\t%.6f\t%d\t%d\n", name, wall.Seconds(),
		cmd.ProcessState.UserTime().Seconds(), cmd.ProcessState.SystemTime().Seconds(), peak(cmd.ProcessState), own)
	return errors.Join(err, f.Close())
}
