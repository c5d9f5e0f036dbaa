package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// zeros is a capture of n MiB, in records of 64 KiB that hold nothing but zeros.
func zeros(n int) []byte {
	record := testcap.Pcap{LinkType: 1}.Record(testcap.Packet{Data: make([]byte, 65520)})
	return append(testcap.Pcap{LinkType: 1}.Header(), bytes.Repeat(record, 16*n)...)
}

// bzip2Bomb is zeros(72), compressed by bzip2 -9.
const bzip2Bomb = "QlpoOTFBWSZTWe1mjLIFemnAHvSAIAAQAAgABABBCKAAkCAaABNVFPKaabT5nyqqlCXJCWFNCQQlmQlgpBCWt5qlIEusdYv3f/vUhLfFCWSkEJcpCXpigrJMprIg7cbSAZqQgAOAAAACghFAAOBgAUpDTwRJRcxSQpqhXVSQisUKxRUSK1QrCkhFaUK+LuSKcKEhlXf0GA=="

// bombs are captures of 72 MiB in little, by compression.
func bombs(t testing.TB) map[string][]byte {
	t.Helper()
	plain := zeros(72)
	all := map[string][]byte{"gzip": testcap.Gzip(plain), "zstd": testcap.Zstd(plain), "lz4": testcap.LZ4(plain)}
	part := testcap.XZ(zeros(2)[24:]) // its writer is slow; streams may follow each other
	all["xz"] = append(testcap.XZ(zeros(0)), bytes.Repeat(part, 36)...)
	b, err := base64.StdEncoding.DecodeString(bzip2Bomb)
	if err != nil {
		t.Fatal(err)
	}
	all["bzip2"] = b
	return all
}

// peak is the most heap in bytes that is in use while f runs, looked at whenever
// look is called, above what was in use before.
func peak(f func(look func())) (most int64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := int64(m.HeapAlloc)
	f(func() {
		runtime.ReadMemStats(&m)
		most = max(most, int64(m.HeapAlloc)-before)
	})
	return most
}

// TestExpansion: a bomb of every compression ends where its limit is, and the
// same capture passes with a limit that is high enough or none, in the memory of
// any capture.
func TestExpansion(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	for name, raw := range bombs(t) {
		for _, limit := range []int{0, 20, 1 << 22} {
			r, err := capture.NewReader(bytes.NewReader(raw), "bomb")
			if err != nil {
				t.Fatal(err)
			}
			r.MaxExpansion(limit)
			var n int
			most := peak(func(look func()) {
				var p capture.Packet
				for err == nil {
					if err = r.Next(&p); err == nil {
						n += 16 + len(p.Data)
						if n%(4<<20) == 0 {
							look()
						}
					}
				}
			})
			var bomb *capture.ExpansionError
			var d *capture.Damage
			switch {
			case limit != 20:
				if err != io.EOF || n != 72<<20 {
					t.Errorf("%s, limit %d: %d bytes, %v", name, limit, n, err)
				}
			case !errors.As(err, &bomb) || !errors.As(err, &d) || !errors.Is(err, capture.ErrMalformed):
				t.Errorf("%s: %v", name, err)
			default:
				// The grace is 64 MiB; then it ends at the next check.
				// Dictionaries count too: with those of xz it is earlier.
				if bomb.Compression != name || bomb.Limit != 20 || bomb.To <= 64<<20 || bomb.To > 66<<20 || bomb.From > bomb.To/20 || n > 66<<20 {
					t.Errorf("%s: %+v after %d bytes", name, bomb, n)
				}
				for _, part := range []string{"bomb: packet ", "the " + name + " stream expands ", "above the limit of 20 times (--max-expansion 20; 0 = no limit)"} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s: %v, want %q in it", name, err, part)
					}
				}
				if !strings.Contains(d.Hint(), "--max-expansion") {
					t.Errorf("hint %s", d.Hint())
				}
			}
			if most > 24<<20 {
				t.Errorf("%s, limit %d: %d bytes of heap", name, limit, most)
			}
			_ = r.Close()
		}
	}
}

// TestExpansionPlace: the place where a bomb ends does not depend on how the
// stream is read.
func TestExpansionPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	raw := bombs(t)["gzip"]
	var want string
	for name, how := range map[string]func(io.Reader) io.Reader{
		"at once":      func(r io.Reader) io.Reader { return r },
		"in thousands": func(r io.Reader) io.Reader { return &pieces{r, 1000} },
		"in sevens":    func(r io.Reader) io.Reader { return &pieces{r, 7} },
	} {
		for _, bufferLen := range []int{40, 256 << 10} {
			r, err := capture.NewReaderLen(how(bytes.NewReader(raw)), "bomb", bufferLen)
			if err != nil {
				t.Fatal(err)
			}
			r.MaxExpansion(20)
			var p capture.Packet
			for err == nil {
				err = r.Next(&p)
			}
			if want == "" {
				want = err.Error()
			}
			if err.Error() != want {
				t.Errorf("%s, buffer %d: %v, want %s", name, bufferLen, err, want)
			}
			_ = r.Close()
		}
	}
}

type pieces struct {
	r io.Reader
	n int
}

func (p *pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.n)]) }

// TestExpansionDictionaries: many small xz streams that each ask for a large
// dictionary make a decoder clear gigabytes; that counts too.
func TestExpansionDictionaries(t *testing.T) {
	first := testcap.XZ(pcapFile())
	raw := bytes.Clone(first)
	record := testcap.Pcap{}.Record(testcap.Packet{Time: 1e9, OrigLen: 1}) // no bytes captured
	more := withDictionary(testcap.XZ(record), 24)                         // 16 MiB
	for range 100 {
		raw = append(raw, more...)
	}
	used := allocated(func() {
		r, err := capture.NewReader(bytes.NewReader(raw), "bomb")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got := drain(t, r); !errors.As(got.Err, new(*capture.ExpansionError)) || len(got.Records) != 5+31 {
			t.Errorf("%d packets, %v", len(got.Records), got.Err)
		}
	})
	if used > 640<<20 {
		t.Errorf("%d bytes of memory", used)
	}
}

// withDictionary asks for another dictionary: DecodeDictCap's number.
func withDictionary(b []byte, size byte) []byte {
	header := b[12 : 12+(int(b[12])+1)*4]
	at := bytes.Index(header, []byte{0x21, 1})
	header[at+2] = size
	end := len(header) - 4
	binary.LittleEndian.PutUint32(header[end:], crc32.ChecksumIEEE(header[:end]))
	return b
}

// TestExpansionGrace: 60 MiB may come from anything.
func TestExpansionGrace(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of megabytes")
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(zeros(60)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := capture.NewReader(&b, "small")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.MaxExpansion(1)
	if got := drainCount(t, r); got != 60*16 {
		t.Errorf("%d packets", got)
	}
}

func drainCount(t *testing.T, r *capture.Reader) (n int) {
	t.Helper()
	var p capture.Packet
	for {
		err := r.Next(&p)
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}
