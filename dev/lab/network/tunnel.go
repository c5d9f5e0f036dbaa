package network

import (
	"crypto/ecdh"
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"

	"golang.zx2c4.com/wireguard/conn"
	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

// tunnelMTU is WireGuard's usual inner packet size over a 1500-byte path.
const tunnelMTU = 1420

// tunnelEnd is one end of a WireGuard tunnel: the host that its encrypted packets leave from, and the port that its plain ones
// come out of.
type tunnelEnd struct {
	outer *Host
	at    netip.AddrPort // where the encrypted packets go to
	inner *Port
}

// connectTunnel runs WireGuard between two ends, a the client (it knows where b is; b learns of a from the first handshake). Keys
// come from the seed. The returned function takes the tunnel down.
func connectTunnel(a, b tunnelEnd, seed uint64) (down func(), err error) {
	keyA, keyB := tunnelKey(seed, "a"), tunnelKey(seed, "b")
	devA := device.NewDevice(newTun(a.inner), &udpBind{host: a.outer}, device.NewLogger(device.LogLevelSilent, ""))
	devB := device.NewDevice(newTun(b.inner), &udpBind{host: b.outer}, device.NewLogger(device.LogLevelSilent, ""))
	down = func() { devA.Close(); devB.Close() }
	const all = "allowed_ip=0.0.0.0/0\nallowed_ip=::/0\n"
	confA := fmt.Sprintf("private_key=%x\nlisten_port=%d\npublic_key=%x\nendpoint=%v\npersistent_keepalive_interval=25\n",
		keyA.Bytes(), a.at.Port(), keyB.PublicKey().Bytes(), b.at) + all
	confB := fmt.Sprintf("private_key=%x\nlisten_port=%d\npublic_key=%x\n",
		keyB.Bytes(), b.at.Port(), keyA.PublicKey().Bytes()) + all
	for _, end := range []struct {
		dev  *device.Device
		conf string
	}{{devB, confB}, {devA, confA}} {
		if err := end.dev.IpcSet(end.conf); err != nil {
			down()
			return nil, fmt.Errorf("network: tunnel: %w", err)
		}
		if err := end.dev.Up(); err != nil {
			down()
			return nil, fmt.Errorf("network: tunnel: %w", err)
		}
	}
	return down, nil
}

func tunnelKey(seed uint64, end string) *ecdh.PrivateKey {
	sum := sha256.Sum256(fmt.Appendf(nil, "pcapmill lab tunnel %d %s", seed, end))
	key, err := ecdh.X25519().NewPrivateKey(sum[:])
	if err != nil {
		panic("network: 32 bytes are always an X25519 key: " + err.Error())
	}
	return key
}

// tunDevice is the tun device that wireguard-go reads plain packets from and writes plain packets to; behind it is a Port.
type tunDevice struct {
	port   *Port
	out    chan []byte
	events chan tun.Event
	once   sync.Once
	done   chan struct{}
}

func newTun(p *Port) *tunDevice {
	t := &tunDevice{port: p, out: make(chan []byte, 1024), events: make(chan tun.Event, 1), done: make(chan struct{})}
	p.plug(func(frame []byte) {
		select {
		case t.out <- frame:
		default: // a full queue drops, as a real device does
		}
	})
	t.events <- tun.EventUp
	return t
}

func (t *tunDevice) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	select {
	case frame := <-t.out:
		sizes[0] = copy(bufs[0][offset:], frame)
		return 1, nil
	case <-t.done:
		return 0, os.ErrClosed
	}
}

func (t *tunDevice) Write(bufs [][]byte, offset int) (int, error) {
	for _, b := range bufs {
		if len(b) > offset {
			t.port.receive(append([]byte(nil), b[offset:]...))
		}
	}
	return len(bufs), nil
}

func (t *tunDevice) Close() error {
	t.once.Do(func() {
		close(t.done)
		close(t.events)
	})
	return nil
}

func (t *tunDevice) File() *os.File           { return nil }
func (t *tunDevice) MTU() (int, error)        { return int(t.port.MTU()), nil }
func (t *tunDevice) Name() (string, error)    { return "tun0", nil }
func (t *tunDevice) Events() <-chan tun.Event { return t.events }
func (t *tunDevice) BatchSize() int           { return 1 }

// udpBind is the socket that wireguard-go sends its encrypted packets through: a UDP socket of a Host.
type udpBind struct {
	host *Host
	mu   sync.Mutex
	conn *gonet.UDPConn
}

// Open implements conn.Bind.
func (b *udpBind) Open(port uint16) ([]conn.ReceiveFunc, uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn != nil {
		return nil, 0, conn.ErrBindAlreadyOpen
	}
	c, err := b.host.ListenUDP(netip.AddrPortFrom(netip.IPv4Unspecified(), port), 0)
	if err != nil {
		return nil, 0, err
	}
	b.conn = c
	receive := func(packets [][]byte, sizes []int, eps []conn.Endpoint) (int, error) {
		n, from, err := c.ReadFrom(packets[0])
		if err != nil {
			return 0, net.ErrClosed
		}
		sizes[0], eps[0] = n, udpEndpoint(from.(*net.UDPAddr).AddrPort())
		return 1, nil
	}
	return []conn.ReceiveFunc{receive}, port, nil
}

// Close implements conn.Bind.
func (b *udpBind) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == nil {
		return nil
	}
	err := b.conn.Close()
	b.conn = nil
	return err
}

// Send implements conn.Bind.
func (b *udpBind) Send(bufs [][]byte, ep conn.Endpoint) error {
	b.mu.Lock()
	c := b.conn
	b.mu.Unlock()
	if c == nil {
		return net.ErrClosed
	}
	to, ok := ep.(udpEndpoint)
	if !ok {
		return conn.ErrWrongEndpointType
	}
	for _, buf := range bufs {
		if _, err := c.WriteTo(buf, net.UDPAddrFromAddrPort(netip.AddrPort(to))); err != nil {
			return err
		}
	}
	return nil
}

// ParseEndpoint implements conn.Bind.
func (*udpBind) ParseEndpoint(s string) (conn.Endpoint, error) {
	a, err := netip.ParseAddrPort(s)
	return udpEndpoint(a), err
}

func (*udpBind) SetMark(uint32) error { return nil }
func (*udpBind) BatchSize() int       { return 1 }

// udpEndpoint is a peer's outer address.
type udpEndpoint netip.AddrPort

func (udpEndpoint) ClearSrc()             {}
func (udpEndpoint) SrcToString() string   { return "" }
func (udpEndpoint) SrcIP() netip.Addr     { return netip.Addr{} }
func (e udpEndpoint) DstToString() string { return netip.AddrPort(e).String() }
func (e udpEndpoint) DstIP() netip.Addr   { return netip.AddrPort(e).Addr() }
func (e udpEndpoint) DstToBytes() []byte {
	return []byte(netip.AddrPort(e).String())
}
