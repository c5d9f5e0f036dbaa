package network

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// World is a client, the gateway it reaches the rest through, and all servers. Make one with [NewLAN] or [NewTunnel].
type World struct {
	Clock      *Clock
	Client     *Host
	Tapped     *Port // the client's card: the place to record
	Gateway    *Host // also the client's name server
	GatewayAt  netip.Addr
	ClientAt   netip.Addr
	Servers    *Host
	Neighbours []*Host // other machines on the client's Ethernet segment; none in a tunnel
	Ethernet   bool
	Seed       uint64

	mu      sync.Mutex
	rng     *rand.Rand
	names   map[string][]netip.Addr
	used    map[netip.Addr]bool
	hosts   []*Host
	done    chan struct{}
	closing []func()
}

// Config chooses a world.
type Config struct {
	Epoch  time.Time // date of the first moment
	Speed  float64   // how many times faster than real time, at least 1
	Number uint8     // tells the worlds' private networks apart
	Seed   uint64
	Loss   float64 // fraction of packets lost between gateway and servers
}

// The blocks that servers take addresses from.
var (
	serverBlocks = []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
	}
	serverBlock6 = netip.MustParsePrefix("2001:db8:100::/48")
	all4         = netip.MustParsePrefix("0.0.0.0/0")
	all6         = netip.MustParsePrefix("::/0")
)

// NewLAN returns a world whose client sits on an Ethernet segment with two neighbours.
func NewLAN(c Config) (*World, error) {
	w := newWorld(c)
	w.Ethernet = true
	w.GatewayAt, w.ClientAt = netip.AddrFrom4([4]byte{10, 20, c.Number, 1}), netip.AddrFrom4([4]byte{10, 20, c.Number, 23})
	segment := NewSwitch(w.Clock, Path{Delay: 150 * time.Microsecond, Jitter: 80 * time.Microsecond, Rate: 1e9}, c.Seed, w.done)
	for _, last := range []byte{1, 23, 40, 41} {
		mac := net.HardwareAddr{0x02, 0x00, 0x5e, 0x20, c.Number, last}
		port := NewPort(w.Clock, mac, 1500)
		segment.Plug(port)
		h, err := w.host(port,
			netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 20, c.Number, last}), 24),
			netip.PrefixFrom(lanAddr6(0x20, c.Number, last), 64))
		if err != nil {
			w.Close()
			return nil, err
		}
		switch last {
		case 1:
			w.Gateway = h
			continue
		case 23:
			w.Client, w.Tapped = h, port
		default:
			w.Neighbours = append(w.Neighbours, h)
		}
		h.Route(all4, w.GatewayAt, 1)
		h.Route(all6, lanAddr6(0x20, c.Number, 1), 1)
	}
	return w, w.addServers(c)
}

// NewTunnel returns a world whose client reaches everything through a WireGuard tunnel to the gateway.
func NewTunnel(c Config) (*World, error) {
	w := newWorld(c)
	w.GatewayAt, w.ClientAt = netip.AddrFrom4([4]byte{10, 8, c.Number, 1}), netip.AddrFrom4([4]byte{10, 8, c.Number, 2})
	var ends [2]tunnelEnd // client, gateway
	var ports [2]*Port
	for i := range ends {
		ports[i] = NewPort(w.Clock, nil, 1500)
		at := netip.AddrFrom4([4]byte{10, 254, c.Number, byte(2 - i)})
		outer, err := w.host(ports[i], netip.PrefixFrom(at, 24))
		if err != nil {
			w.Close()
			return nil, err
		}
		ends[i] = tunnelEnd{outer: outer, at: netip.AddrPortFrom(at, 51820), inner: NewPort(w.Clock, nil, tunnelMTU)}
		inner, err := w.host(ends[i].inner,
			netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 8, c.Number, byte(2 - i)}), 24),
			netip.PrefixFrom(lanAddr6(0x08, c.Number, byte(2-i)), 64))
		if err != nil {
			w.Close()
			return nil, err
		}
		if i == 0 {
			w.Client, w.Tapped = inner, ends[i].inner
			inner.Route(all4, netip.Addr{}, 1)
			inner.Route(all6, netip.Addr{}, 1)
		} else {
			w.Gateway = inner
		}
	}
	Connect(ports[0], ports[1], Path{Delay: 14 * time.Millisecond, Jitter: time.Millisecond, Rate: 50e6}, c.Seed^0x7767, w.done)
	down, err := connectTunnel(ends[0], ends[1], c.Seed)
	if err != nil {
		w.Close()
		return nil, err
	}
	w.closing = append(w.closing, down)
	return w, w.addServers(c)
}

func newWorld(c Config) *World {
	return &World{
		Clock: NewClock(c.Epoch, c.Speed), Seed: c.Seed,
		rng:   rand.New(rand.NewPCG(c.Seed, 0x776f726c64)),
		names: map[string][]netip.Addr{}, used: map[netip.Addr]bool{},
		done: make(chan struct{}),
	}
}

// addServers connects the gateway with the host that all servers run on. They share a stack, but not a distance: the line adds
// up to 35 ms for each pair of addresses.
func (w *World) addServers(c Config) error {
	near, far := NewPort(w.Clock, nil, 1500), NewPort(w.Clock, nil, 1500)
	Connect(near, far, Path{
		Delay: 4 * time.Millisecond, Jitter: 600 * time.Microsecond, Spread: 35 * time.Millisecond, Rate: 40e6, Loss: c.Loss,
	}, c.Seed^0x77616e, w.done)
	err := w.Gateway.Attach(near, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 255, c.Number, 1}), 30))
	if err == nil {
		for _, b := range serverBlocks {
			w.Gateway.Route(b, netip.Addr{}, 2)
		}
		w.Gateway.Route(serverBlock6, netip.Addr{}, 2)
		err = w.Gateway.Forward()
	}
	if err == nil {
		w.Servers, err = w.host(far, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 255, c.Number, 2}), 30))
	}
	if err != nil {
		w.Close()
		return err
	}
	w.Servers.Route(all4, netip.Addr{}, 1)
	w.Servers.Route(all6, netip.Addr{}, 1)
	return nil
}

// host makes a host with one card.
func (w *World) host(p *Port, addrs ...netip.Prefix) (*Host, error) {
	h, err := NewHost(w.Clock)
	if err != nil {
		return nil, err
	}
	w.hosts = append(w.hosts, h)
	return h, h.Attach(p, addrs...)
}

// Server returns the addresses of a named server, IPv4 first, and gives it some when it is new: with dual also an IPv6 one.
func (w *World) Server(name string, dual bool) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.names[name]; a != nil {
		return a, nil
	}
	block := serverBlocks[w.rng.IntN(len(serverBlocks))].Addr().As4()
	a := netip.AddrFrom4(block)
	for a == netip.AddrFrom4(block) || w.used[a] {
		a = netip.AddrFrom4([4]byte{block[0], block[1], block[2], byte(2 + w.rng.IntN(250))})
	}
	w.used[a] = true
	addrs := []netip.Addr{a}
	if dual {
		b := serverBlock6.Addr().As16()
		last := a.As4()
		b[7] = byte(w.rng.IntN(256))
		copy(b[12:], last[:])
		addrs = append(addrs, netip.AddrFrom16(b))
	}
	for _, a := range addrs {
		if err := w.Servers.AddAddress(1, netip.PrefixFrom(a, a.BitLen())); err != nil {
			return nil, err
		}
	}
	w.names[name] = addrs
	return addrs, nil
}

// Lookup returns the addresses of a named server, or none.
func (w *World) Lookup(name string) []netip.Addr {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.names[name]
}

// AtClose registers f to run when the world is closed, last registered first.
func (w *World) AtClose(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closing = append(w.closing, f)
}

// Close stops recording, servers, tunnels, stacks and links.
func (w *World) Close() {
	if w.Tapped != nil {
		w.Tapped.SetTap(nil)
	}
	w.mu.Lock()
	closing := w.closing
	w.closing = nil
	w.mu.Unlock()
	for i := len(closing) - 1; i >= 0; i-- {
		closing[i]()
	}
	for _, h := range w.hosts {
		h.Close()
	}
	close(w.done)
}

// lanAddr6 is the address ::last in one of the client networks, 2001:db8:<kind>:<number>::/64.
func lanAddr6(kind, number, last byte) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, kind, 0, number, 15: last})
}

// String says what the world is, for error messages.
func (w *World) String() string {
	return fmt.Sprintf("world %v", w.ClientAt)
}
