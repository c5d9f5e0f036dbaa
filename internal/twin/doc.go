// Package twin is a second, slow and obvious implementation of SPEC parts 1 to 6, the field masks of part 11, the forms of part 12, and of the order and counts of part 8: from
// the bytes of captures to samples. Tests compare the product with it.
//
// It shares no code with the product: it imports none of its packages, holds whole files in memory, uses maps with string keys
// and copies freely. Where a line here could be shorter, faster or cleverer, that is on purpose. Headers whose reading gopacket
// does exactly as the SPEC says (Ethernet, VLAN tags, the fixed part of IPv6) are read by gopacket's layer structs; the others
// are read here, because gopacket judges more than the SPEC does: it refuses bad TCP and IPv4 options, IPv6 packets of length
// zero without a jumbo option, and short UDP lengths, and its parser guesses what is inside from port numbers.
//
// What it leaves to the caller: names, directories, standard input, labels (part 7; a label is a number here) and writing files.
package twin

import (
	"fmt"
	"slices"
)

// Settings are the options of a conversion; strings are the values of the command line.
type Settings struct {
	MAC       string   // remove, zero, anonymize, keep
	IP        string   // remove, zero, anonymize, prefix (an extension of SPEC), keep
	Ports     string   // zero, keep
	Checksums string   // zero, keep
	UDPPad    bool     //
	Content   string   // packet, payload
	Drop      []string // of tcp-control, dns, background; nil or "none" alone keeps them all
	With      []string // of the same: kinds of packets that take their session away; nil or "none": none
	Dedup     string   // sample, session, none
	Length    int      // bytes of a sample, at least 1
	Key       []byte   // of pseudonyms; nil means plain SHA-256; 32 bytes for prefix

	Form string // "" is the first Length bytes; else as --form takes it

	Group bool // all captures are one group (SPEC 14): packets in the order of time, capture, number

	Unit                                 string // session (or ""), flow, packet
	Idle, Active, Slice, Window, MinSpan int64  // nanoseconds; 0: none
	Restart                              bool
	MaxPackets, MinPackets, MinBytes     int               // 0: no limit
	Mask                                 map[string]string // part 11: action by field; a field that is missing is kept
}

// Default returns the settings of SPEC when no option is given.
func Default() Settings {
	return Settings{
		MAC: "remove", IP: "zero", Ports: "zero", Checksums: "zero", Content: "packet",
		Drop: []string{"tcp-control", "dns", "background"}, Dedup: "sample", Length: 784,
	}
}

func (s Settings) check() error {
	for _, c := range []struct {
		name, value string
		allowed     []string
	}{
		{"mac", s.MAC, []string{"remove", "zero", "anonymize", "keep"}},
		{"ip", s.IP, []string{"remove", "zero", "anonymize", "prefix", "keep"}},
		{"ports", s.Ports, []string{"zero", "keep"}},
		{"checksums", s.Checksums, []string{"zero", "keep"}},
		{"content", s.Content, []string{"packet", "payload"}},
		{"dedup", s.Dedup, []string{"sample", "session", "none"}},
	} {
		if !slices.Contains(c.allowed, c.value) {
			return fmt.Errorf("%s is %q, want one of %q", c.name, c.value, c.allowed)
		}
	}
	for field, action := range s.Mask {
		allowed := []string{"keep", "zero"}
		switch field {
		case "tcp.seq", "tcp.ack", "tcp.timestamps":
			allowed = append(allowed, "relative")
		case "payload":
			allowed = append(allowed, "ones", "remove")
		}
		if !slices.Contains(maskable, field) || !slices.Contains(allowed, action) {
			return fmt.Errorf("mask of %s is %q, want one of %q", field, action, allowed)
		}
	}
	for _, d := range append(slices.Clone(s.Drop), s.With...) {
		if !slices.Contains([]string{"tcp-control", "dns", "background", "stun", "snmp", "nat-pmp", "lsd", "ssdp", "multicast", "broadcast", "none"}, d) {
			return fmt.Errorf("drop has %q, want the kinds of docs/spec.md or none", d)
		}
	}
	if s.IP == "prefix" && len(s.Key) != 32 {
		return fmt.Errorf("a key of %d bytes, want 32", len(s.Key))
	}
	if s.Length < 1 {
		return fmt.Errorf("length is %d, want 1 or more", s.Length)
	}
	return nil
}

// Result is a dataset.
type Result struct {
	Samples   [][]byte // each Settings.Length bytes
	Labels    []uint16 // of the same index
	Layouts   []byte   // sample_layout.bin, as if it were asked for
	Units     []Unit   // that became the samples
	Captures  []CaptureResult
	Conflicts int
}

// CaptureResult is what one capture gave. Two laws hold unless Skipped or NotCapture: Packets = Used + all of Left, and
// Units = samples + Duplicates + Empty + all of LeftUnits.
type CaptureResult struct {
	Packets                  int
	Left                     map[string]int // by reason; no zero entries
	Used                     int
	Snapped                  int            // used packets of which not all was captured
	NamesCut                 int            // names that are masked and run on behind the end of their used packet
	Sessions                 int            // sessions with at least one kept packet
	Units                    int            // what they are cut into; each gives at most one sample
	LeftUnits                map[string]int // units with bytes that are not wanted, by reason
	Duplicates               int
	Empty                    int // sessions without a byte
	Conflicts                int // kept samples whose bytes already stood in the dataset under another label
	Truncated, Padded, Exact int // of all sessions that are not empty, later duplicates too
	OriginalBytes            int64
	Samples                  int    // kept ones
	Background               int    // kept ones whose session begins with what every host sends (SPEC 13)
	Damage                   string // as File.Damage
	DamageOffset             int64  // in the uncompressed stream
	NotCapture               bool
	Skipped                  bool   // an earlier capture with the same label had the same uncompressed bytes
	Format                   string // as File.Format
}
