package split

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/pcapmill/pcapmill/dataset"
)

// A Sample is what a split goes by.
type Sample struct {
	Label uint16
	Row   dataset.Row
	// Print stands for the sample's bytes: equal ones have equal prints, others do not.
	Print [16]byte
}

// Input is the dataset.
type Input struct {
	TableTimes string // what the rows tell of times: the dataset's --table-times; "" is keep
	Units      bool   // a session can give several samples: they are one group of By Session
	// Names are the names of the captures, by Row.Capture; needed for sides from a file.
	Names []string
	// Groups are places of captures, from 1, by Row.Capture: that of the first one of its group,
	// which Row.Capture names for all of them; 0: it is in none. nil: none is.
	Groups []int64
	// Captures are the content digests, by Row.Capture.
	Captures []string
	// Classes are all classes with samples, unknown included.
	Classes []ClassName
	// Each calls f for every sample, in order, as often as it is called itself. What f
	// returns ends it. The sample is lent for the call.
	Each func(f func(s *Sample) error) error
}

// ClassName is a label and its name.
type ClassName struct {
	Label uint16
	Name  string
}

// A hasher knows where groups belong. It is for one goroutine.
type hasher struct {
	mac      hash.Hash
	captures []string
	units    bool
	known    map[uint32]uint64 // hashes of captures
	buf      []byte
	sum      []byte
}

func newHasher(o *Options, in *Input) *hasher {
	return &hasher{units: in.Units, mac: hmac.New(sha256.New, []byte(o.Salt)), captures: in.Captures, known: map[uint32]uint64{}}
}

// hash is the number of a thing of a kind: the first eight bytes of the HMAC over the
// kind, a zero byte, and the identity.
func (h *hasher) hash(kind string, identity ...[]byte) uint64 {
	h.buf = append(append(h.buf[:0], kind...), 0)
	for _, part := range identity {
		h.buf = append(h.buf, part...)
	}
	h.mac.Reset()
	_, _ = h.mac.Write(h.buf) // never fails
	h.sum = h.mac.Sum(h.sum[:0])
	return binary.BigEndian.Uint64(h.sum)
}

// group is the number of the sample's group; by is not Time.
func (h *hasher) group(by By, s *Sample) uint64 {
	switch by {
	case Capture:
		u, ok := h.known[s.Row.Capture]
		if !ok {
			u = h.hash("capture", []byte(h.captures[s.Row.Capture]))
			h.known[s.Row.Capture] = u
		}
		return u
	case Host:
		return h.hash("host", s.Row.Host[:])
	case Session:
		if h.units {
			return h.hash("units of session", []byte(h.captures[s.Row.Capture]), binary.BigEndian.AppendUint64(nil, s.Row.Session))
		}
		return h.hash("session", s.Print[:])
	default:
		return h.own("none", s)
	}
}

// own is a number of the sample alone: capture, place of the session in it, and place of the
// unit in that unless it is the first.
func (h *hasher) own(kind string, s *Sample) uint64 {
	at := binary.BigEndian.AppendUint64(nil, s.Row.Session)
	if s.Row.Unit > 0 {
		at = binary.BigEndian.AppendUint64(at, s.Row.Unit)
	}
	return h.hash(kind, []byte(h.captures[s.Row.Capture]), at)
}
