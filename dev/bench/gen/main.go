// Command gen writes captures to measure with; see package traffic.
//
//	go run ./dev/bench/gen -shape mixed -size 1GiB -seed 1 -o mixed.pcap
//	go run ./dev/bench/gen -shape storm -size 512MiB -pcapng -gzip -o storm.pcapng.gz
//	go run ./dev/bench/gen -shape storm -size 1280MiB -o three-million-sessions.pcap
//	go run ./dev/bench/gen -shape many -size 500MiB -files 2000 -o many/
//
// It prints what it wrote as one line of JSON: files, bytes (uncompressed),
// packets, and of those used by the default filter, sessions, and of those kept.
// Exit status: 0 done, 1 failed, 2 wrong usage.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/pcapmill/pcapmill/dev/bench/traffic"
)

func main() {
	var c traffic.Config
	flag.StringVar(&c.Shape, "shape", "mixed", strings.Join(traffic.Shapes(), ", "))
	flag.Uint64Var(&c.Seed, "seed", 1, "same seed, same bytes")
	flag.BoolVar(&c.Pcapng, "pcapng", false, "write pcapng instead of pcap")
	flag.BoolVar(&c.Gzip, "gzip", false, "compress")
	size := flag.String("size", "256MiB", "bytes of the uncompressed capture(s) in all, at most")
	flag.Int64Var(&c.Most, "packets", 0, "at most; 0 = as many as fit. The frames of pcap and pcapng are the same")
	files := flag.Int("files", 2000, "how many captures, for -shape many")
	out := flag.String("o", "", "file to write; for -shape many a directory")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "gen: name one output: -o FILE")
		os.Exit(2)
	}
	var err error
	if c.Size, err = traffic.ParseSize(*size); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(2)
	}
	var counts traffic.Counts
	if c.Shape == "many" {
		counts, err = traffic.WriteMany(*out, *files, c)
	} else {
		counts, err = traffic.WriteFile(*out, c)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(counts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
