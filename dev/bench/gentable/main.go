// Command gentable writes a table of flows to measure with: the columns of
// CICFlowMeter 4, different endpoints in every row, ten classes, as many bytes a
// row as such files have in their first columns.
//
//	go run ./dev/bench/gentable -rows 10000000 -o flows.csv
//
// Exit status: 0 done, 1 failed, 2 wrong usage.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "how many rows")
	v6 := flag.Bool("6", false, "addresses are IPv6")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if *out == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "gentable: name one output: -o FILE")
		os.Exit(2)
	}
	if err := write(*out, *rows, *v6); err != nil {
		fmt.Fprintln(os.Stderr, "gentable:", err)
		os.Exit(1)
	}
}

func write(path string, rows int, v6 bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	table(w, rows, v6)
	return errors.Join(w.Flush(), f.Close())
}

// table writes to a bufio.Writer, which keeps the first error until Flush.
func table(w io.Writer, rows int, v6 bool) {
	fmt.Fprintln(w, "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Label")
	client, server := "10.%d.%d.%d", "192.168.%d.%d"
	if v6 {
		client, server = "2001:db8::%x:%x:%x", "2001:db8:1::%x:%x"
	}
	at := time.Date(2017, 7, 3, 8, 0, 0, 0, time.UTC)
	for i := range rows {
		a := fmt.Sprintf(client, i>>16&0xff, i>>8&0xff, i&0xff)
		b := fmt.Sprintf(server, i%7, i%250)
		fmt.Fprintf(w, "%s-%s-%d,%s,%d,%s,%d,%d,%s,%d,Class %d\n", a, b, i, a, 1024+i%60000, b, 443, 6+i%2*11,
			at.Add(time.Duration(i)*time.Millisecond).Format("02/01/2006 03:04:05 PM"), i%1000*997, i%10)
	}
}
