package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// rotateCommand is "rotate FILE DIR N": FILE, a pcap file of mkcap, cut into N captures DIR/t_1.pcap and so on, as a recorder cuts.
func rotateCommand(ts *testscript.TestScript, _ bool, args []string) {
	raw := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ends := []int{24}
	for at := 24; at < len(raw); {
		at += 16 + int(binary.LittleEndian.Uint32(raw[at+8:]))
		ends = append(ends, at)
	}
	ts.Check(os.MkdirAll(ts.MkAbs(args[1]), 0o777))
	for i := range n {
		part := slices.Concat(raw[:24], raw[ends[i*(len(ends)-1)/n]:ends[(i+1)*(len(ends)-1)/n]])
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[1]), fmt.Sprintf("t_%d.pcap", i+1)), part, 0o666))
	}
}
