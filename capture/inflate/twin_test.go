package inflate

import (
	"bufio"
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

func appendTrailer(b, content []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(content))
	return binary.LittleEndian.AppendUint32(b, uint32(len(content)))
}

// outcome is what a decoder gives: bytes, and how it ended, in words that are
// the same for all of them.
type outcome struct {
	data []byte
	end  string
}

func (o outcome) String() string { return fmt.Sprintf("%d bytes, then %q", len(o.data), o.end) }

func endOf(err error, stream int64) string {
	var ours *CorruptError
	var std stdflate.CorruptInputError
	var other flate.CorruptInputError
	switch {
	case err == nil:
		return "whole"
	case errors.As(err, &ours):
		return fmt.Sprint("corrupt before ", ours.Offset-ours.Stream)
	case errors.As(err, &std):
		return fmt.Sprint("corrupt before ", int64(std))
	case errors.As(err, &other):
		return fmt.Sprint("corrupt before ", int64(other))
	case err == io.ErrUnexpectedEOF:
		return "cut off"
	case err == ErrHeader, err == stdgzip.ErrHeader, err == gzip.ErrHeader:
		return "header"
	case err == ErrChecksum, err == stdgzip.ErrChecksum, err == gzip.ErrChecksum:
		return "checksum"
	case err == ErrTrailing:
		return "trailing"
	default:
		return err.Error()
	}
}

func collect(r io.Reader) outcome {
	data, err := io.ReadAll(r)
	return outcome{data, endOf(err, 0)}
}

func same(t testing.TB, what string, got, want outcome) {
	t.Helper()
	if got.end != want.end || !bytes.Equal(got.data, want.data) {
		i := 0
		for i < min(len(got.data), len(want.data)) && got.data[i] == want.data[i] {
			i++
		}
		t.Fatalf("%s: got %v, want %v; the first %d bytes agree", what, got, want, i)
	}
}

// twins is what both libraries make of an input.
type twins struct{ std, klauspost outcome }

func twinsOfRaw(in []byte) twins {
	return twins{collect(stdflate.NewReader(bytes.NewReader(in))), collect(flate.NewReader(bytes.NewReader(in)))}
}

// twinsOf differ in flags that are reserved, too: the standard library takes them.
func twinsOf(in []byte) twins {
	return twins{twinGzip(in, new(stdgzip.Reader)), twinGzip(in, new(gzip.Reader))}
}

// judge compares with both. Corrupt streams end as in the standard library:
// klauspost's offsets drift behind stored blocks, and after a code without symbols
// it goes on with the one before. Cut streams and the rest end as in klauspost's,
// which looks further ahead; see nextBlock.
func judge(t testing.TB, what string, got outcome, w twins) {
	t.Helper()
	if strings.HasPrefix(w.std.end, "corrupt") && w.klauspost.end != "header" && (w.klauspost.end != "cut off" || got.end != "cut off") {
		same(t, what+", compared with the standard library", got, w.std)
		return
	}
	same(t, what+", compared with klauspost", got, w.klauspost)
	if w.klauspost.end != "header" {
		if !bytes.HasPrefix(w.std.data, got.data) || len(got.data) < len(w.std.data)-40*maxMatch || w.std.end != got.end && !strings.HasPrefix(w.std.end, "corrupt") {
			t.Fatalf("%s: got %v, but the standard library %v", what, got, w.std)
		}
	}
}

// twinGzip decodes gzip members as capture did with a library, one member after
// the other.
type gzipReader interface {
	io.Reader
	Reset(io.Reader) error
	Multistream(bool)
}

func twinGzip(in []byte, z gzipReader) outcome {
	r := bufio.NewReader(bytes.NewReader(in))
	var all []byte
	for first := true; ; first = false {
		if !first {
			begin, _ := r.Peek(2)
			switch {
			case len(begin) == 0:
				return outcome{all, "whole"}
			case begin[0] == 0:
				if _, err := r.Discard(1); err != nil {
					panic(err)
				}
				continue
			case len(begin) < 2 || begin[0] != 0x1f || begin[1] != 0x8b:
				return outcome{all, "trailing"}
			}
		}
		if err := z.Reset(r); err != nil {
			if err == io.EOF && len(in) > 0 { // klauspost says so in the middle of a header, too
				err = io.ErrUnexpectedEOF
			} else if err == io.EOF {
				err = nil
			}
			return outcome{all, endOf(err, 0)}
		}
		z.Multistream(false)
		data, err := io.ReadAll(z)
		all = append(all, data...)
		if err != nil {
			return outcome{all, endOf(err, 0)}
		}
	}
}

func ours(in []byte) outcome { return collect(NewGzipReader(bytes.NewReader(in), Options{})) }
