// Command pass reads captures with one thread and computes the XXH3 digest of each:
// the work that a run must do at least, on the machine as it is now, to be compared
// with. Files are mapped where the system can do that, as pcapmill maps them.
//
//	go run ./dev/bench/pass mixed.pcap
//
// It prints a digest a file. Exit status: 0 done, 1 failed, 2 wrong usage.
package main

import (
	"fmt"
	"os"

	"github.com/zeebo/xxh3"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: pass FILE...")
		os.Exit(2)
	}
	for _, path := range os.Args[1:] {
		sum, err := pass(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, "pass:", err)
			os.Exit(1)
		}
		fmt.Printf("%016x%016x\n", sum.Hi, sum.Lo)
	}
}

// chunk is how many bytes are digested at a time. It is a multiple of the page length.
const chunk = 1 << 20

// pass digests a file.
func pass(path string) (sum xxh3.Uint128, err error) {
	h := xxh3.New()
	if err := each(path, func(b []byte) { _, _ = h.Write(b) }); err != nil {
		return sum, err
	}
	return h.Sum128(), nil
}
