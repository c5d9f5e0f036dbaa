package header_test

import (
	"testing"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestIsDNS: by port and protocol, and a Layout keeps it when the ports are gone.
func TestIsDNS(t *testing.T) {
	for _, c := range []struct {
		udp      bool
		src, dst uint16
		want     bool
	}{
		{true, 53, 1, true},
		{true, 1, 5353, true},
		{true, 1, 5355, true},
		{false, 53, 1, true},
		{false, 5353, 1, false},
		{false, 1, 5355, true},
		{true, 80, 1, false},
		{true, 1, 54, false},
	} {
		var transport testcap.Layer = testcap.TCP{SrcPort: c.src, DstPort: c.dst}
		if c.udp {
			transport = testcap.UDP{SrcPort: c.src, DstPort: c.dst}
		}
		data := testcap.Build(testcap.Eth{}, testcap.IPv4{}, transport)
		var s header.Stack
		header.Decode(header.LinkTypeEthernet, data, uint32(len(data)), &s)
		l := s.Layout(0, true)
		if s.IsDNS() != c.want || l.IsDNS() != c.want {
			t.Errorf("%+v: %v, layout %v", c, s.IsDNS(), l.IsDNS())
		}
	}
}
