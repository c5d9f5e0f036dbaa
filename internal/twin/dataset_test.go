package twin_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestDataset covers order, dedup, conflicts, repeated captures and cut and padded samples.
func TestDataset(t *testing.T) {
	session := func(port uint16, text string) testcap.Packet {
		return ethernet(v4, testcap.UDP{SrcPort: port, DstPort: 9}, testcap.Payload(text))
	}
	back := ethernet(testcap.IPv4{Src: addrB, Dst: addrA}, testcap.UDP{SrcPort: 9, DstPort: 1000}, testcap.Payload("back"))
	// Sessions of a: 1000 "A back", 1001 "same", 1002 "same" again, 1003 empty. In b, under another label: "same", and its like but for the end.
	a := testcap.NGFile(false, session(1000, "A"), session(1001, "same"), back, session(1002, "same"), session(1003, ""))
	b := testcap.NGFile(false, session(1000, "same"), session(1001, "same but longer"))
	s := twin.Default()
	s.Content, s.Length = "payload", 4
	want := func(dedup string, samples []string, labels []uint16, dups, conflicts int) {
		t.Helper()
		s.Dedup = dedup
		res := convert(t, s, a, b, testcap.Gzip(a), b)
		var got []string
		for _, x := range res.Samples {
			got = append(got, strings.TrimRight(string(x), "\x00"))
		}
		d := 0
		for _, c := range res.Captures {
			d += c.Duplicates
		}
		if !slices.Equal(got, samples) || !slices.Equal(res.Labels, labels) || d != dups || res.Conflicts != conflicts {
			t.Errorf("dedup %s: %q %v, %d duplicates, %d conflicts; want %q %v, %d, %d", dedup, got, res.Labels, d, res.Conflicts, samples, labels, dups, conflicts)
		}
		if !res.Captures[2].Skipped || !res.Captures[3].Skipped || res.Captures[1].Skipped {
			t.Errorf("dedup %s: the third capture is the first again and the fourth the second, with their labels", dedup)
		}
		if c := res.Captures[0]; c.Truncated != 1 || c.Exact != 2 || c.Padded != 0 || c.Empty != 1 || c.OriginalBytes != 13 || c.Sessions != 4 {
			t.Errorf("dedup %s: first capture %+v", dedup, c)
		}
	}
	want("sample", []string{"Abac", "same", "same"}, []uint16{0, 0, 1}, 2, 1)
	want("session", []string{"Abac", "same", "same", "same"}, []uint16{0, 0, 1, 1}, 1, 1)
	want("none", []string{"Abac", "same", "same", "same", "same"}, []uint16{0, 0, 0, 1, 1}, 0, 2)
}

// TestRandomLaws checks what must hold for any traffic: the two laws of SPEC 8, and no address in the output unless kept.
func TestRandomLaws(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		tr := testcap.Random(r, testcap.Options{Mixed: seed%2 == 0, Flips: seed%5 == 4})
		raw, name := tr.Capture(r)
		s := twin.Default()
		s.MAC = []string{"remove", "zero", "anonymize"}[seed%3]
		s.IP = []string{"zero", "remove", "anonymize"}[seed/3%3]
		if seed%4 == 0 {
			s.Drop = nil
		}
		res := convert(t, s, raw)
		c := res.Captures[0]
		left := 0
		for _, n := range c.Left {
			left += n
		}
		if c.Packets != len(tr.Packets) || c.Packets != c.Used+left || c.Sessions != len(res.Samples)+c.Duplicates+c.Empty || c.Damage != "" {
			t.Errorf("seed %d (%s): %d packets made, %+v", seed, name, len(tr.Packets), c)
		}
		if seed%5 == 4 {
			continue // bytes were changed blindly: an address may have become content
		}
		out := bytes.Join(res.Samples, nil)
		for _, a := range tr.Addrs {
			if bytes.Contains(out, a.AsSlice()) {
				t.Errorf("seed %d (%s): address %v in the output", seed, name, a)
			}
		}
		for _, m := range tr.MACs {
			if bytes.Contains(out, m[:]) {
				t.Errorf("seed %d (%s): MAC %x in the output", seed, name, m)
			}
		}
	}
}
