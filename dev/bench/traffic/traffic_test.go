package traffic_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/dev/bench/traffic"
	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// TestSameSeedSameBytes: whoever changes these digests changes what every figure
// was measured on, and says so in docs/performance.md.
func TestSameSeedSameBytes(t *testing.T) {
	for _, c := range []struct {
		config traffic.Config
		want   string
	}{
		{traffic.Config{Shape: "mixed", Seed: 1}, "b77892b68fa11772"},
		{traffic.Config{Shape: "real", Seed: 1}, "386011c25a7ab577"},
		{traffic.Config{Shape: "bulk", Seed: 1}, "72dfca7fc28fa419"},
		{traffic.Config{Shape: "storm", Seed: 1}, "4b169d6042cb966a"},
		{traffic.Config{Shape: "many", Seed: 1, Pcapng: true}, "359185c60e003509"},
	} {
		c.config.Size = 300_000
		var b, again bytes.Buffer
		if _, err := traffic.Write(&b, c.config); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b.Bytes())
		if have := hex.EncodeToString(sum[:8]); have != c.want {
			t.Errorf("%+v: digest %s, want %s", c.config, have, c.want)
		}
		c.config.Gzip = true
		if _, err := traffic.Write(&again, c.config); err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(&again)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(plain, b.Bytes()) {
			t.Errorf("%+v: not the same in gzip (%v)", c.config, err)
		}
		c.config.Gzip = false
		c.config.Seed++
		again.Reset()
		if _, err := traffic.Write(&again, c.config); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("%+v: another seed, the same bytes", c.config)
		}
	}
}

// TestCounts: what the generator says it wrote is what the product reads. It
// also proves that frames are sound: a malformed one would not be used.
func TestCounts(t *testing.T) {
	for _, shape := range []string{"mixed", "real", "bulk", "storm", "many"} {
		for _, ng := range []bool{false, true} {
			var b bytes.Buffer
			c, err := traffic.Write(&b, traffic.Config{Shape: shape, Seed: 7, Size: 2 << 20, Pcapng: ng})
			if err != nil {
				t.Fatal(err)
			}
			if c.Bytes != int64(b.Len()) || c.Bytes > 2<<20 || c.Bytes < 2<<20-2000 {
				t.Errorf("%s: wrote %d bytes, says %d, asked for %d", shape, b.Len(), c.Bytes, 2<<20)
			}
			have := read(t, &b)
			have.Files, have.Bytes, have.Sessions = 1, c.Bytes, c.Sessions
			if have != c {
				t.Errorf("%s: read %+v, says %+v", shape, have, c)
			}
			if c.Kept > c.Sessions || shape != "bulk" && c.Kept*100 < c.Sessions*70 {
				t.Errorf("%s: keeps %d of %d sessions", shape, c.Kept, c.Sessions)
			}
		}
	}
}

// TestRatio: what gzip -6 makes of mixed and real, as the package comment says.
func TestRatio(t *testing.T) {
	for shape, want := range map[string]float64{"mixed": 1.6, "real": 2.2} {
		var b bytes.Buffer
		z, err := stdgzip.NewWriterLevel(&b, 6)
		if err != nil {
			t.Fatal(err)
		}
		c, err := traffic.Write(z, traffic.Config{Shape: shape, Seed: 1, Size: 16 << 20})
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		if have := float64(c.Bytes) / float64(b.Len()); math.Abs(have-want) > 0.1 {
			t.Errorf("%s: %.2f:1, want %.1f:1", shape, have, want)
		}
	}
}

// read counts packets and kept sessions with the product's rooms.
func read(t *testing.T, b io.Reader) (c traffic.Counts) {
	t.Helper()
	r, err := capture.NewReader(b, "generated")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var (
		p       capture.Packet
		s       header.Stack
		seen    = map[session.FiveTuple]bool{}
		last    int64
		reasons [header.Reasons]int
	)
	for {
		err := r.Next(&p)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Data) < 60 || len(p.Data) > 1514 || p.Time < last {
			t.Fatalf("packet %d: %d bytes, time %d after %d", p.At.Packet, len(p.Data), p.Time, last)
		}
		last = p.Time
		c.Packets++
		header.Decode(p.LinkType, p.Data, uint32(len(p.Data)), &s)
		reason := header.DropDefault.Reason(&s)
		reasons[reason]++
		if reason == header.OK {
			c.Used++
			seen[session.KeyOf(p.Data, &s)] = true
		}
	}
	if n := reasons[header.Malformed] + reasons[header.Fragment] + reasons[header.UnsupportedLink]; n > 0 {
		t.Errorf("%d broken packets: %v", n, reasons)
	}
	c.Kept = int64(len(seen))
	return c
}

// TestWriteMany: files of different sizes that together have the size asked for.
func TestWriteMany(t *testing.T) {
	dir := t.TempDir()
	c, err := traffic.WriteMany(dir, 20, traffic.Config{Shape: "many", Seed: 3, Size: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "part_*.pcap"))
	if err != nil || len(files) != 20 || c.Files != 20 {
		t.Fatalf("%d files, says %d, want 20 (%v)", len(files), c.Files, err)
	}
	sizes := map[int64]bool{}
	var sum int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		sizes[info.Size()] = true
		sum += info.Size()
	}
	if sum != c.Bytes || sum > 1<<20+20*4<<10 || sum < 1<<20-20*2000 || len(sizes) < 15 {
		t.Errorf("%d bytes in %d sizes, says %d", sum, len(sizes), c.Bytes)
	}
}

// TestMost: the frames do not depend on the format, so captures of as many
// packets say the same, and Most is what makes them so.
func TestMost(t *testing.T) {
	var b [2]bytes.Buffer
	var counts [2]traffic.Counts
	for i := range b {
		var err error
		if counts[i], err = traffic.Write(&b[i], traffic.Config{Shape: "mixed", Seed: 1, Size: 1 << 20, Most: 500, Pcapng: i == 1}); err != nil {
			t.Fatal(err)
		}
		counts[i].Bytes = 0
	}
	if counts[0].Packets != 500 || counts[0] != counts[1] {
		t.Errorf("pcap %+v, pcapng %+v, want 500 packets and the same sessions", counts[0], counts[1])
	}
}

func TestRefusals(t *testing.T) {
	if _, err := traffic.Write(io.Discard, traffic.Config{Shape: "square", Size: 1 << 20}); err == nil {
		t.Error("an unknown shape is accepted")
	}
	if _, err := traffic.WriteMany(t.TempDir(), 0, traffic.Config{Shape: "many", Size: 1 << 20}); err == nil {
		t.Error("no files are accepted")
	}
	for _, s := range []string{"", "MiB", "-1", "0", "1TiB", "1kB", "9999999999GiB", "9999999999GB", "1.5MiB"} {
		if n, err := traffic.ParseSize(s); err == nil {
			t.Errorf("size %q is %d", s, n)
		}
	}
	for s, want := range map[string]int64{"3MiB": 3 << 20, "25MB": 25_000_000, "7": 7} {
		if n, err := traffic.ParseSize(s); n != want || err != nil {
			t.Errorf("%s is %d (%v)", s, n, err)
		}
	}
}
