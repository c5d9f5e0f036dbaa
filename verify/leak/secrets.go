package leak

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/pcapmill/pcapmill/capture"
	"github.com/pcapmill/pcapmill/header"
)

// secrets are the addresses and names that occur in captures.
type secrets struct {
	names bool // collect them
	ip4   map[[4]byte]struct{}
	ip6   map[[16]byte]struct{}
	mac   map[[6]byte]struct{}
	name  map[string]struct{}
	plain map[string]struct{} // well-known ones, as text
	short map[string]struct{} // names too short or strange to search for

	inner   map[string]struct{} // addresses of the inner headers of tunnels, as bytes
	inside  bool                // of such a header is what is added now
	tunnels int64               // packets of tunnels
	unread  map[string]int64    // packets of link types that are not decoded, by name
}

func newSecrets(names bool) *secrets {
	return &secrets{
		names: names, ip4: map[[4]byte]struct{}{}, ip6: map[[16]byte]struct{}{}, mac: map[[6]byte]struct{}{},
		name: map[string]struct{}{}, plain: map[string]struct{}{}, short: map[string]struct{}{},
		inner: map[string]struct{}{}, unread: map[string]int64{},
	}
}

func (s *secrets) len() int { return len(s.ip4) + len(s.ip6) + len(s.mac) + len(s.name) }

// deepest is how many tunnels inside each other are looked into.
const deepest = 4

// packet collects what a packet holds.
func (s *secrets) packet(p *capture.Packet, h *header.Stack) {
	if h.Reason == header.UnsupportedLink {
		s.unread[p.LinkType.String()]++
	}
	s.headers(p.Data, h)
	link, at, ok := h.Tunnel(p.Data)
	if ok {
		s.tunnels++
		s.inside = true
		data, of := p.Data[:h.End], *h
		for depth := 0; ok && depth < deepest; depth++ {
			data = data[at:of.End]
			header.Decode(link, data, uint32(len(data)), &of)
			s.headers(data, &of)
			link, at, ok = of.Tunnel(data)
		}
		s.inside = false
	}
	if s.names && h.Reason == header.OK {
		namesIn(p.Data[h.Payload:h.End], h, s.addName)
	}
}

// headers collects the addresses of a packet's headers.
func (s *secrets) headers(data []byte, h *header.Stack) {
	h.Link.Addresses(data, func(at, length int) {
		switch length {
		case 6:
			s.addMAC([6]byte(data[at:]))
		case 4:
			s.addIPv4([4]byte(data[at:]))
		case 16:
			s.addIPv6([16]byte(data[at:]))
		}
	})
	switch at := h.Network; {
	case h.Version == 4 && len(data) >= at+20:
		s.addIPv4([4]byte(data[at+12:]))
		s.addIPv4([4]byte(data[at+16:]))
	case h.Version == 6 && len(data) >= at+40:
		s.addIPv6([16]byte(data[at+8:]))
		s.addIPv6([16]byte(data[at+24:]))
	}
	s.options(data, h)
}

// mark notes an address of the inner headers of a tunnel.
func (s *secrets) mark(address []byte) {
	if s.inside {
		s.inner[string(address)] = struct{}{}
	}
}

// options collects what stands in IPv4 options and IPv6 extension headers, of
// packets that are left out too.
func (s *secrets) options(data []byte, h *header.Stack) {
	at := h.Network
	switch {
	case h.Version == 4 && len(data) >= at+20:
		end := at + 4*int(data[at]&15)
		for _, i := range optionAddresses(data, 4, int32(at), int32(end)) {
			s.addIPv4([4]byte(data[i:]))
		}
	case h.Version == 6 && len(data) >= at+40:
		for _, i := range optionAddresses(data, 6, int32(at), int32(len(data))) {
			s.addIPv6([16]byte(data[i:]))
		}
	}
}

func (s *secrets) addIPv4(a [4]byte) {
	s.mark(a[:])
	if _, ok := s.ip4[a]; ok {
		return
	}
	if ip := netip.AddrFrom4(a); WellKnown(ip) {
		s.leave(ip.String())
	} else {
		s.ip4[a] = struct{}{}
	}
}

func (s *secrets) addIPv6(a [16]byte) {
	s.mark(a[:])
	if _, ok := s.ip6[a]; ok {
		return
	}
	if ip := netip.AddrFrom16(a); WellKnown(ip) {
		s.leave(ip.String())
	} else {
		s.ip6[a] = struct{}{}
	}
}

func (s *secrets) addMAC(a [6]byte) {
	s.mark(a[:])
	if _, ok := s.mac[a]; ok {
		return
	}
	if WellKnownMAC(a) {
		s.leave(net.HardwareAddr(a[:]).String())
	} else {
		s.mac[a] = struct{}{}
	}
}

// leave counts what is not searched for, as far as memory is bounded.
func (s *secrets) leave(text string) {
	if len(s.plain) < MaxSecrets {
		s.plain[text] = struct{}{}
	}
}

func (s *secrets) addName(name string) {
	name = strings.ToLower(strings.TrimRight(name, "."))
	if name == "" || len(name) > 253 {
		return
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return // no name; if it is of the captures' addresses, it is searched for
	}
	least := MinText
	if !strings.Contains(name, ".") {
		least = 8
	}
	switch {
	case WellKnownName(name):
		s.leave(name)
	case len(name) < least || plainBytes([]byte(name)) || strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0:
		if len(s.short) < MaxSecrets {
			s.short[name] = struct{}{}
		}
	default:
		s.name[name] = struct{}{}
	}
}

// WellKnown reports the addresses that are not searched for, because they say
// nothing about who they are: of IPv4 this network (0.0.0.0/8), loopback
// (127.0.0.0/8), multicast (224.0.0.0/4) and broadcast (255.255.255.255); of IPv6
// the unspecified (::), loopback (::1) and multicast (ff00::/8) addresses.
func WellKnown(a netip.Addr) bool {
	if a.Is4() && (a.As4()[0] == 0 || a.As4() == [4]byte{255, 255, 255, 255}) {
		return true
	}
	return a.IsUnspecified() || a.IsLoopback() || a.IsMulticast()
}

// WellKnownMAC reports the MAC addresses that are not searched for: all zeros,
// and groups (multicast and broadcast: the lowest bit of the first byte set).
func WellKnownMAC(a [6]byte) bool { return a == [6]byte{} || a[0]&1 != 0 }

// WellKnownName reports the names that are not searched for: localhost, and those
// that name a service and no host ("_http._tcp.local", "_services._dns-sd._udp.local").
func WellKnownName(name string) bool {
	if name == "localhost" || name == "localhost.localdomain" {
		return true
	}
	service, ok := strings.CutSuffix(name, ".local")
	for label := range strings.SplitSeq(service, ".") {
		ok = ok && strings.HasPrefix(label, "_")
	}
	return ok
}

// secret is one address or name, in a fixed order.
type secret struct {
	kind  Kind
	bytes [16]byte // an address
	name  string
	inner bool // an address of the inner headers of a tunnel
}

func (s *secret) address() []byte {
	return s.bytes[:map[Kind]int{IPv4: 4, IPv6: 16, MAC: 6}[s.kind]]
}

// String is the address or name, for those who ask for it.
func (s *secret) String() string {
	switch s.kind {
	case IPv4:
		return netip.AddrFrom4([4]byte(s.bytes[:4])).String()
	case IPv6:
		return netip.AddrFrom16(s.bytes).String()
	case MAC:
		return net.HardwareAddr(s.bytes[:6]).String()
	}
	return s.name
}

// list is all of them, sorted, so that reports do not depend on map order.
func (s *secrets) list() (all []secret) {
	for a := range s.ip4 {
		x := secret{kind: IPv4}
		copy(x.bytes[:], a[:])
		all = append(all, x)
	}
	for a := range s.ip6 {
		all = append(all, secret{kind: IPv6, bytes: a})
	}
	for a := range s.mac {
		x := secret{kind: MAC}
		copy(x.bytes[:], a[:])
		all = append(all, x)
	}
	for n := range s.name {
		all = append(all, secret{kind: Name, name: n})
	}
	for i := range all {
		if x := &all[i]; x.kind != Name {
			_, x.inner = s.inner[string(x.address())]
		}
	}
	slices.SortFunc(all, func(a, b secret) int {
		if a.kind != b.kind {
			return int(a.kind) - int(b.kind)
		}
		if c := slices.Compare(a.bytes[:], b.bytes[:]); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	return all
}

// TooManyError says that there are more addresses and names than are searched for.
type TooManyError struct {
	Path string // of the capture in which they became too many
	Most int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("up to %s the captures have more than %d addresses and names: that is more than is searched for at once; name fewer captures at a time", e.Path, e.Most)
}
