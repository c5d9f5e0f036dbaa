package capture_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// compressed is one capture in every compression, by name.
func compressed() map[string]struct{ raw, plain []byte } {
	files := map[string]struct{ raw, plain []byte }{}
	for _, c := range testcap.Compressions() {
		files[c.Name] = struct{ raw, plain []byte }{c.Wrap(pcapFile()), pcapFile()}
	}
	raw, plain := testcap.Bzip2()
	files["bzip2"] = struct{ raw, plain []byte }{raw, plain}
	return files
}

func TestCompressions(t *testing.T) {
	for name, f := range compressed() {
		t.Run(name, func(t *testing.T) {
			r, err := capture.NewReader(bytes.NewReader(f.raw), name)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got := r.Format().Compression; got != name {
				t.Errorf("compression %q", got)
			}
			if d := differ(drain(t, r), twin.Packets(f.plain)); d != "" {
				t.Error(d)
			}
			if r.BytesRead() != int64(len(f.raw)) {
				t.Errorf("%d bytes read of %d", r.BytesRead(), len(f.raw))
			}
		})
	}
}

// TestCompressedAndCut cuts the compressed file at every length: what comes out
// is a beginning of the packets, and the cut is told, unless it is so early
// that nobody can see a capture.
func TestCompressedAndCut(t *testing.T) {
	for name, f := range compressed() {
		t.Run(name, func(t *testing.T) {
			want := twin.Packets(f.plain).Records
			for n := range f.raw {
				got := readSmall(t, bytes.NewReader(f.raw[:n]))
				if got.NotCapture {
					continue
				}
				if got.Damage != "truncated" || !errors.Is(got.Err, capture.ErrTruncated) {
					t.Errorf("cut at %d of %d: %q after %d packets: %v", n, len(f.raw), got.Damage, len(got.Records), got.Err)
				}
				if len(got.Records) > len(want) {
					t.Fatalf("cut at %d: %d packets of %d", n, len(got.Records), len(want))
				}
				for i, r := range got.Records {
					if !bytes.Equal(r.Data, want[i].Data) {
						t.Fatalf("cut at %d: packet %d is another", n, i+1)
					}
				}
			}
		})
	}
}

// TestCutGzip cuts gzip at every length. What is left are the packets that the twin finds: which of the last symbols counts is
// no matter of taste, a whole packet may hang on it.
func TestCutGzip(t *testing.T) {
	for seed := range uint64(3) {
		traffic := testcap.Random(rand.New(rand.NewPCG(seed, 0)), testcap.Options{Sessions: 2, Payload: 60, LinkTypes: []uint16{1}})
		raw := testcap.Gzip(testcap.Pcap{LinkType: 1}.File(traffic.Packets...))
		for n := range raw {
			if d := differ(readSmall(t, bytes.NewReader(raw[:n])), twin.Packets(raw[:n])); d != "" {
				t.Errorf("seed %d, cut at %d of %d: %s", seed, n, len(raw), d)
			}
		}
	}
}

// TestCompressedAndCorrupt flips a bit in every third byte of the compressed file.
// Whatever the reader delivers before it finds out stands in the original; in
// formats with a checksum it always finds out.
func TestCompressedAndCorrupt(t *testing.T) {
	for name, f := range compressed() {
		t.Run(name, func(t *testing.T) {
			unseen := 0
			for n := 0; n < len(f.raw); n += 3 {
				bad := bytes.Clone(f.raw)
				bad[n] ^= 0x10
				got := readSmall(t, bytes.NewReader(bad))
				if !got.NotCapture && got.Damage == "" {
					unseen++
					if d := differ(got, twin.Packets(f.plain)); d != "" {
						t.Errorf("bit in byte %d: not seen, and %s", n, d)
					}
				}
			}
			if unseen > 5 { // header fields that mean nothing: time, file system, flags, ...
				t.Errorf("%d flipped bits were not seen", unseen)
			}
		})
	}
}

// TestBehindTheEnd puts something behind a compressed stream that is whole: a
// second one is more of the capture, what is none is damage at its end.
func TestBehindTheEnd(t *testing.T) {
	plain := pcapFile()
	twice := append(bytes.Clone(plain), plain[24:]...)
	for _, c := range testcap.Compressions() {
		joined := append(c.Wrap(plain[:60]), c.Wrap(plain[60:])...)
		joined = append(joined, c.Wrap(plain[24:])...)
		if d := differ(readAll(t, bytes.NewReader(joined)), twin.Packets(twice)); d != "" {
			t.Errorf("%s, three streams joined: %s", c.Name, d)
		}
		got := readAll(t, bytes.NewReader(append(c.Wrap(plain), "this is no further stream"...)))
		if len(got.Records) != 5 || got.Damage != "malformed" || got.Offset != int64(len(plain)) || got.Packet != 6 {
			t.Errorf("%s, garbage behind: %d packets, then %v", c.Name, len(got.Records), got.Err)
		}
	}
	raw, plain := testcap.Bzip2()
	got := readAll(t, bytes.NewReader(append(raw, "garbage"...)))
	if len(got.Records) != 4 || got.Damage != "malformed" || got.Offset != int64(len(plain)) {
		t.Errorf("bzip2, garbage behind: %d packets, then %v", len(got.Records), got.Err)
	}
}

func TestCompressedNoCapture(t *testing.T) {
	for _, c := range testcap.Compressions() {
		for name, text := range map[string]string{"text": "this is no capture", "three bytes": "\xa1\xb2\xc3", "empty": "", "twice": string(testcap.Gzip(pcapFile()))} {
			got := readAll(t, bytes.NewReader(c.Wrap([]byte(text))))
			var not *capture.NotCaptureError
			if !errors.As(got.Err, &not) || not.Compression != c.Name || !bytes.HasPrefix([]byte(text), not.Begin) {
				t.Errorf("%s in %s: %v, %+v", name, c.Name, got.Err, not)
			}
		}
	}
}
