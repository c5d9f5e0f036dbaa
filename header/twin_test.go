package header_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/internal/groundtruth"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/internal/twin"
)

// TestSharedAgainstTwin decodes every packet of every real capture, as it is
// and as if it were of every other link type.
func TestSharedAgainstTwin(t *testing.T) {
	dir, rows := groundtruth.Require(t)
	links := testcap.LinkTypes()
	packets := 0
	for _, row := range rows {
		raw, err := os.ReadFile(filepath.Join(dir, "captures", filepath.FromSlash(row.Path)))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range twin.Packets(raw).Records {
			check(t, r.LinkType, r.Data)
			packets++
			if i < 20 {
				check(t, links[(packets+i)%len(links)], r.Data)
			}
		}
	}
	t.Logf("%d packets of %d captures", packets, len(rows))
	if packets < 175_000 {
		t.Errorf("only %d packets in %d captures", packets, len(rows))
	}
}

// TestRandomAgainstTwin decodes random traffic of each link type, damaged,
// snapped and changed blindly.
func TestRandomAgainstTwin(t *testing.T) {
	for _, link := range testcap.LinkTypes() {
		t.Run(fmt.Sprint(link), draw.MakeCheck(func(t *rapid.T) {
			seed := draw.Seed().Draw(t, "seed")
			o := testcap.Options{LinkTypes: []uint16{link}, Flips: rapid.Bool().Draw(t, "flips"), Sessions: 2, Payload: 40}
			for _, p := range testcap.Random(rand.New(rand.NewPCG(seed, 1)), o).Packets {
				checkRapid(t, p.LinkType, p.Data)
				at := draw.Int(0, len(p.Data)).Draw(t, "cut")
				checkRapid(t, p.LinkType, p.Data[:at])
			}
		}))
	}
}

func checkRapid(t *rapid.T, link uint16, data []byte) {
	s := decode(link, data)
	if d := lawless(link, len(data), &s) + differ(s, twin.Decode(link, data, len(data))); d != "" {
		t.Fatalf("link type %d: %s\n% x", link, d, data)
	}
}

// FuzzDecode reads any bytes as a packet of any link type: the offsets are in
// order and inside, and the twin says the same.
func FuzzDecode(f *testing.F) {
	all := carriers()
	for _, name := range names(all) {
		c := all[name]
		f.Add(c.link, build(append(append([]testcap.Layer{}, c.layers...), v4, tcp, hi)...))
	}
	f.Add(uint16(1), build(eth, v6, testcap.Ext{Kind: 0}, testcap.Ext{Kind: 43}, testcap.Ext{Kind: 51}, testcap.Frag6{}, testcap.Ext{Kind: 60}, udp, hi))
	f.Add(uint16(101), build(ip4(func(p *testcap.IPv4) { p.Options = make([]byte, 8) }), testcap.TCP{Options: make([]byte, 8)}, hi))
	f.Add(uint16(1), build(eth, testcap.ARP{Src: v4.Src, Dst: v4.Dst}, testcap.Trailer(18)))
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		check(t, link, data)
	})
}
