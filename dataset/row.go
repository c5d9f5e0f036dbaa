package dataset

import "math"

// NoTime stands for a time and a duration that the table does not tell. numpy takes it for
// NaT.
const NoTime = math.MinInt64

// Row is what the table of samples says about one sample besides its bytes and
// its label. It holds no address, no port and no name: what it says about hosts
// is a pseudonym that only a key can make.
type Row struct {
	Capture  uint32    // place of its capture in the manifest
	Session  uint64    // place of its session in the capture, from 0, in the order of first kept packets; duplicates count
	Unit     uint64    // place of the unit in its session, from 0; duplicates count
	Start    int64     // time of its first kept packet, nanoseconds since 1970-01-01 UTC, or since the capture's earliest packet; or NoTime
	Duration int64     // nanoseconds from there to the latest kept packet; 0 where clocks ran backwards; or NoTime
	Packets  [2]uint64 // kept packets: [0] in the direction of the session's first one, [1] the other way
	Bytes    [2]uint64 // of these, bytes from the IP header to the packet's end, by direction
	Original uint64    // bytes of the unit before it was cut or padded
	Counted  uint64    // of a form: what it counts, bytes or packets, before a cut
	Fit      uint8     // of a form: 1 padded, 2 exact, 3 truncated; 0: Original tells
	Proto    uint8     // 6 TCP, 17 UDP
	Digest   [16]byte  // what dedup compared: of the sample or of the whole session
	Host     [8]byte   // keyed pseudonym of the sender of the session's first kept packet; zero without a key
}
