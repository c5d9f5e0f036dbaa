// Command baseline does the work of "pcapmill convert IN -o OUTDIR" on gopacket;
// see package loops for what it leaves out.
//
//	go run ./dev/bench/baseline -mode parser mixed.pcap out
//	go run ./dev/bench/baseline -mode source mixed.pcap out
//
// IN is a capture or a directory of them. Exit status: 0 done, 1 failed, 2 wrong
// usage.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/pcapmill/pcapmill/dev/bench/loops"
)

func main() {
	mode := flag.String("mode", "parser", "parser, source or lazy")
	flag.Parse()
	loop, err := loops.Named(*mode)
	if err != nil || flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: baseline -mode parser|source|lazy IN OUTDIR")
		os.Exit(2)
	}
	n, err := loops.Convert(loop, flag.Arg(0), flag.Arg(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
	fmt.Println(n, "samples")
}
