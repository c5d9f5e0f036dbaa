package capture

import (
	"fmt"
	"io"

	"github.com/pcapmill/pcapmill/capture/internal/pcap"
	"github.com/pcapmill/pcapmill/capture/internal/pcapng"
	"github.com/pcapmill/pcapmill/header"
)

// start sniffs the format. A header that begins right and is cut off is a
// capture without packets, and damaged.
func (r *Reader) start() error {
	if !r.need(4) {
		return r.notCapture(r.rerr)
	}
	switch b := r.buf[r.at:r.end]; {
	case pcapng.Sniff(b):
		r.format.Name = "pcapng"
	case pcap.Sniff(b):
		r.format.Name = "pcap"
		if !r.need(pcap.HeaderLen) {
			r.stopped = r.cut(int64(r.end-r.at), pcap.HeaderLen, "file header")
			return nil
		}
		h, err := pcap.ParseHeader(r.buf[r.at:r.end])
		if err != nil {
			return r.notCapture(err)
		}
		r.classic, r.isClassic = h, true
		r.sawLink(header.LinkType(h.LinkType()))
		r.at += pcap.HeaderLen
	default:
		return r.notCapture(r.lookForDamage())
	}
	return nil
}

// lookForDamage reads on where compressed content does not begin like a
// capture: a decoder may hand out wrong bytes before it notices that they are
// (bzip2 checks a block of up to 900 kB at its end). A broken archive is not
// the same as a whole one with something else in it.
func (r *Reader) lookForDamage() error {
	r.need(beginLen)
	begin := r.begin()
	for read := 0; (r.format.Compression != "" || r.source.what != "") && r.rerr == nil && read < 1<<20; read += r.end {
		r.at, r.end = 0, 0
		r.fill()
	}
	r.at, r.end = 0, copy(r.buf, begin)
	return r.rerr
}

// beginLen is how many bytes of what is not a capture tell other formats apart.
const beginLen = 512

func (r *Reader) begin() []byte {
	return append([]byte(nil), r.buf[r.at:min(r.end, r.at+beginLen)]...)
}

func (r *Reader) notCapture(err error) error {
	if refused := r.memory.refused(); refused != nil {
		return fmt.Errorf("%s: %w", r.path, refused)
	}
	if r.source.err != nil {
		return fmt.Errorf("%s: %w", r.path, r.source.err)
	}
	if err == io.EOF || r.format.Compression == "" && r.source.what == "" {
		err = nil
	}
	return &NotCaptureError{Path: r.path, Compression: r.format.Compression, Begin: r.begin(), Err: err}
}
