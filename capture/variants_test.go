package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// skippable is a frame that zstd and lz4 decoders pass over.
func skippable(digit byte, content string) []byte {
	b := []byte{0x50 | digit, 0x2a, 0x4d, 0x18}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	return append(b, content...)
}

func legacyLZ4(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := lz4.NewWriter(&out)
	if err := z.Apply(lz4.LegacyOption(true)); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestCompressionVariants: streams that the formats allow and that the usual
// writers do not make.
func TestCompressionVariants(t *testing.T) {
	zeros := make([]byte, 5000)
	for name, raw := range map[string][]byte{
		"zstd behind a skippable frame":        append(skippable(0, "pz"), testcap.Zstd(pcapFile())...),
		"zstd behind two, one of them long":    append(append(skippable(15, strings.Repeat("x", 9000)), skippable(3, "")...), testcap.Zstd(pcapFile())...),
		"lz4 behind a skippable frame":         append(skippable(7, "twelve bytes"), testcap.LZ4(pcapFile())...),
		"lz4 legacy frame":                     legacyLZ4(t, pcapFile()),
		"gzip padded with zeros":               append(testcap.Gzip(pcapFile()), zeros...),
		"gzip in two members":                  append(testcap.Gzip(pcapFile()[:100]), testcap.Gzip(pcapFile()[100:])...),
		"gzip in two members, zeros between":   append(append(testcap.Gzip(pcapFile()[:100]), zeros...), testcap.Gzip(pcapFile()[100:])...),
		"gzip with an empty member in front":   append(testcap.Gzip(nil), testcap.Gzip(pcapFile())...),
		"plain, to see that the test compares": pcapFile(),
	} {
		if d := differ(readAll(t, bytes.NewReader(raw)), twin.Packets(pcapFile())); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestBrokenArchiveIsNoSkip: a compressed file that is damaged before the first
// byte of its content comes out is told from one with something else in it.
func TestBrokenArchiveIsNoSkip(t *testing.T) {
	bz, _ := testcap.Bzip2()
	for name, c := range map[string]struct {
		raw    []byte
		broken bool
	}{
		"bzip2 cut":              {bz[:len(bz)*6/10], true},
		"lz4 cut":                {testcap.LZ4(pcapFile())[:60], true},
		"gzip cut":               {testcap.Gzip(pcapFile())[:12], true},
		"gzip of a text":         {testcap.Gzip([]byte("a text")), false},
		"a text about BZh9":      {[]byte("BZh is how bzip2 begins"), false},
		"skippable frames only":  {skippable(1, "nothing"), false},
		"a skippable frame, cut": {skippable(1, "nothing")[:9], false},
	} {
		_, err := capture.NewReader(bytes.NewReader(c.raw), name)
		var not *capture.NotCaptureError
		if !errors.As(err, &not) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (not.Err != nil) != c.broken {
			t.Errorf("%s: %v, want broken %v", name, err, c.broken)
		}
	}
}

// TestCorruptBzip2: its decoder hands out a wrong block before it notices.
func TestCorruptBzip2(t *testing.T) {
	bz, _ := testcap.Bzip2()
	refused := 0
	for i := 10; i < len(bz); i++ {
		raw := bytes.Clone(bz)
		raw[i] ^= 4
		_, err := capture.NewReader(bytes.NewReader(raw), "x")
		var not *capture.NotCaptureError
		if !errors.As(err, &not) {
			continue // the beginning came out right; the damage is found later
		}
		refused++
		if not.Err == nil {
			t.Errorf("wrong bit in byte %d: %v, which does not say that the archive is damaged", i, err)
		}
	}
	if refused == 0 {
		t.Error("no wrong bit showed at the beginning")
	}
}
