package capture

import (
	"bufio"
	"fmt"
	"strings"
)

// DefaultMaxExpansion is how many times larger than its file a compressed
// capture may become by default. Packets of 64 KiB that hold only
// zeros, the most that a capture of a real network compresses, become 600 times
// smaller in gzip, 2700 times in zstd, 3900 times in bzip2; nothing but zeros 1030,
// 32000 and 1240000 times.
const DefaultMaxExpansion = 5000

const (
	// graceExpansion is how many bytes any compressed capture may expand to.
	graceExpansion = 64 << 20
	// checkExpansion is after how many bytes the expansion is judged: at places
	// that do not depend on how much is read at a time.
	checkExpansion = 1 << 20
)

// ExpansionError says that a compressed stream expands so much that it may be a
// decompression bomb. It names no file: the *Damage that wraps it does.
type ExpansionError struct {
	Compression string // "gzip", ...; or a phrase: "the member of the ZIP archive"
	From, To    int64  // bytes of the file that were used, bytes that they have become
	Limit       int    // how many times From may be To
}

func (e *ExpansionError) Error() string {
	what := "the " + e.Compression + " stream"
	if strings.HasPrefix(e.Compression, "the ") { // see Source
		what = e.Compression
	}
	return fmt.Sprintf("%s expands %d bytes of the file to %d, above the limit of %d times (--max-expansion %d; 0 = no limit)",
		what, e.From, e.To, e.Limit, e.Limit)
}

// MaxExpansion sets how many times larger than its file a compressed capture
// may become; 0 is no limit, without the call it is DefaultMaxExpansion. Beyond it the capture ends, with a
// *Damage that wraps an *ExpansionError. The first 64 MiB may come from anything.
// The memory of the Reader is bounded in any case; this bounds the time. Call it
// before the first Next.
func (r *Reader) MaxExpansion(times int) { r.expansion.limit = times }

// MaxExpansion is that of Reader. Call it before the first Read.
func (b *Blocks) MaxExpansion(times int) { b.r.MaxExpansion(times) }

// expansion weighs what a decoder gives against what it takes.
type expansion struct {
	compression string
	limit       int // 0: none
	source      *source
	memory      *memory       // of the capture
	sniffing    bool          // it is opened to tell its format only
	buffered    *bufio.Reader // between source and decoder
	workers     int           // see Options
	run         func(func())  // see Options
	spare       func(int64) bool
	taken       func() int64 // bytes of the file that the decoder has used; nil: what it took from buffered
	exact       bool         // what counts as read of a damaged file ends where taken says
	out         int64        // bytes given
	charged     int64        // what the memory counts for that the stream made the decoder clear
}

// room is how many of n bytes may be read before the next check.
func (e *expansion) room(n int) int {
	if e.limit == 0 {
		return n
	}
	return min(n, int(checkExpansion-e.out%checkExpansion))
}

// gave counts n bytes and judges where a check is due.
func (e *expansion) gave(n int) error {
	e.out += int64(n)
	if n == 0 || e.out%checkExpansion != 0 {
		return nil
	}
	return e.judge()
}

// charge counts memory of n bytes that a decoder has to make for a part of the
// stream: many small parts that ask for much are a bomb too. To clear memory is
// some eight times cheaper than to make content.
func (e *expansion) charge(n int64) error {
	e.charged += n / 8
	return e.judge()
}

func (e *expansion) judge() error {
	from, to := e.used(), e.out+e.charged
	if e.limit == 0 || to <= graceExpansion || to/int64(e.limit) < from {
		return nil
	}
	return &ExpansionError{Compression: e.compression, From: from, To: to, Limit: e.limit}
}

// used is how many bytes of the file stand for what was given so far.
func (e *expansion) used() int64 {
	if e.source.used != nil {
		return e.source.used()
	}
	if e.taken != nil {
		return e.taken()
	}
	return e.source.total - int64(e.buffered.Buffered())
}
