package mill

import (
	"net/netip"

	"github.com/pcapmill/pcapmill/header"
	"github.com/pcapmill/pcapmill/session"
)

// isBackground reports whether a unit's first packet is traffic that every host sends,
// whatever it is used for (docs/audit.md): a port of DNS, UDP with a port of
// header.DropBackground, or a destination that is a multicast or the broadcast address.
// Masked ports do not show it, so the manifest counts such samples for the audit.
func isBackground(s *session.Session) bool {
	low, high := s.Key.Endpoints()
	for _, port := range []uint16{low.Port(), high.Port()} {
		if port == 53 || s.Key.Proto() == header.UDP && header.BackgroundPort(port) {
			return true
		}
	}
	to := low.Addr()
	if s.Up {
		to = high.Addr()
	}
	if to.Is4() {
		return to.IsMulticast() || to == netip.AddrFrom4([4]byte{255, 255, 255, 255})
	}
	return to.As16()[0] == 0xff
}
