package capture_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/zeebo/xxh3"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// digest reads n packets (all of them if n is -1) and then the digest.
func digest(t *testing.T, stream io.Reader, n int) capture.Digest {
	t.Helper()
	r, err := capture.NewReader(stream, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.TrackDigest()
	var p capture.Packet
	for ; n != 0 && err == nil; n-- {
		err = r.Next(&p)
	}
	return r.Digest()
}

// long is a capture of more than two pieces of the digest.
func long() []byte {
	list := packets()
	for i := range 40 {
		list = append(list, testcap.Packet{LinkType: 1, Data: bytes.Repeat([]byte{byte(i)}, 60000+i)})
	}
	return testcap.Pcap{LinkType: 1}.File(list...)
}

// TestDigest: it depends on the content and on nothing else.
func TestDigest(t *testing.T) {
	for name, raw := range map[string][]byte{"short": pcapFile(), "pcapng": ngFile(), "long": long()} {
		want := digest(t, bytes.NewReader(raw), -1)
		check := func(how string, got capture.Digest) {
			t.Helper()
			if got != want {
				t.Errorf("%s, %s: digest %v, want %v", name, how, got, want)
			}
		}
		check("unread", digest(t, bytes.NewReader(raw), 0))
		check("half read", digest(t, bytes.NewReader(raw), 3))
		check("half", digest(t, iotest.HalfReader(bytes.NewReader(raw)), -1))
		check("stutter", digest(t, &stutter{r: bytes.NewReader(raw)}, -1))
		for _, c := range testcap.Compressions() {
			check(c.Name, digest(t, bytes.NewReader(c.Wrap(raw)), -1))
		}
		for i := 24; i < len(raw); i += 1 + len(raw)/50 {
			other := bytes.Clone(raw)
			other[i]++
			if digest(t, bytes.NewReader(other), -1) == want {
				t.Errorf("%s: byte %d does not count", name, i)
			}
		}
		if digest(t, bytes.NewReader(append(bytes.Clone(raw), 0)), -1) == want {
			t.Errorf("%s: a byte more does not count", name)
		}
	}
}

// TestDigestOfDamage: what stands behind damage counts too, so two captures
// that are damaged alike and end differently differ.
func TestDigestOfDamage(t *testing.T) {
	raw := long()
	raw[24+11] = 0x7f // the first record cannot be true
	tail := bytes.Clone(raw)
	tail[len(tail)-1]++
	one, two := digest(t, bytes.NewReader(raw), -1), digest(t, bytes.NewReader(tail), -1)
	if one == two {
		t.Error("the bytes behind damage do not count")
	}
	if packed := digest(t, iotest.HalfReader(bytes.NewReader(testcap.Zstd(raw))), -1); packed != one {
		t.Error("compression counts")
	}
	if digest(t, bytes.NewReader(raw[:100]), -1) == digest(t, bytes.NewReader(raw[:101]), -1) {
		t.Error("the place of a cut does not count")
	}
	ng := ngFile()
	ng[4] = 0xfd
	if digest(t, bytes.NewReader(ng), -1) == digest(t, bytes.NewReader(ng[:len(ng)-1]), -1) {
		t.Error("pcapng: the place of a cut does not count")
	}
}

// TestDigestVector calculates the digest as its comment says, all at once, and
// pins it: datasets remember it across versions.
func TestDigestVector(t *testing.T) {
	for want, raw := range map[string][]byte{"2080c394faa307c01558a8b87297f92c": pcapFile(), "6dbad0b4dcdcd34a935af6f70509328f": long()} {
		var leaves []byte
		for piece := range slices.Chunk(raw, 1<<20) {
			sum := xxh3.Hash128(piece).Bytes()
			leaves = append(leaves, sum[:]...)
		}
		root := xxh3.Hash128(binary.BigEndian.AppendUint64(leaves, uint64(len(raw)))).Bytes()
		if got := digest(t, bytes.NewReader(raw), -1); got.String() != want || got != root {
			t.Errorf("digest %s, by its definition %x, so far %s", got, root, want)
		}
	}
}

// TestBytesRead may be asked from elsewhere while the capture is read.
func TestBytesRead(t *testing.T) {
	raw := long()
	r, err := capture.NewReader(&stutter{r: bytes.NewReader(raw)}, "x")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var wait sync.WaitGroup
	done := make(chan struct{})
	wait.Go(func() {
		last := int64(0)
		for {
			n := r.BytesRead()
			if n < last || n > int64(len(raw)) {
				t.Errorf("%d bytes read after %d, of %d", n, last, len(raw))
			}
			last = n
			select {
			case <-done:
				return
			default:
			}
		}
	})
	drain(t, r)
	close(done)
	wait.Wait()
	if n := r.BytesRead(); n != int64(len(raw)) {
		t.Errorf("%d bytes read of %d", n, len(raw))
	}
}
