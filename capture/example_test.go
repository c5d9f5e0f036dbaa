package capture_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pcapmill/pcapmill/capture"
)

// Open reads a capture packet by packet, and tells where a damaged one ends.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "capture")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "cut.pcap")
	file := pcapFile()
	if err := os.WriteFile(path, file[:len(file)-10], 0o600); err != nil {
		fmt.Println(err)
		return
	}

	r, err := capture.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	fmt.Println("format:", r.Format())
	var p capture.Packet
	for {
		err = r.Next(&p)
		if err != nil {
			break
		}
		fmt.Printf("packet %d: %v, %d of %d bytes, at byte %d\n", p.At.Packet, p.LinkType, len(p.Data), p.OrigLen, p.At.Offset)
	}
	var damage *capture.Damage
	switch {
	case err == io.EOF:
		fmt.Println("whole")
	case errors.As(err, &damage):
		fmt.Printf("%v at byte %d: %s\n", damage.Kind, damage.Offset, damage.Detail)
	}
	// Output:
	// format: pcap
	// packet 1: Ethernet, 54 of 54 bytes, at byte 24
	// packet 2: Ethernet, 59 of 59 bytes, at byte 94
	// packet 3: Ethernet, 81 of 81 bytes, at byte 169
	// packet 4: Ethernet, 56 of 56 bytes, at byte 266
	// truncated at byte 338: the record is cut off: have 50 bytes, need 60
}
