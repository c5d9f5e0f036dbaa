package activity

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
	"github.com/pcapmill/pcapmill/dev/lab/network"
)

const timeHost = "time.example.com"

// Noise makes the traffic that nobody asked for, until ctx is done: the client looks names up, asks for the time, renews its
// address, looks for printers; its neighbours on an Ethernet segment do the same and look for machines that are switched off, which
// fills the segment with ARP. It returns when all of that has stopped. A question that nobody answers is part of the picture and no error.
func (e *Env) Noise(ctx context.Context) error {
	serve := []func() error{e.serveTime}
	if e.Ethernet {
		serve = append(serve, e.serveLeases, e.joinGroups)
	}
	for _, f := range serve {
		if err := f(); err != nil {
			return err
		}
	}
	r := rand.New(rand.NewPCG(e.Seed, 0x6e6f697365))
	habits := []habit{
		{e.lookUp, 7 * time.Second},
		{e.askTime, 40 * time.Second},
		{func(r *rand.Rand) { e.lookForServices(e.Client, r) }, 25 * time.Second},
	}
	if e.Ethernet {
		habits = append(habits, habit{e.renewLease, 50 * time.Second})
		for i, n := range e.Neighbours {
			habits = append(habits,
				habit{func(r *rand.Rand) { e.lookForServices(n, r) }, 20 * time.Second},
				habit{func(r *rand.Rand) { e.announce(n, i) }, 30 * time.Second},
				habit{func(r *rand.Rand) { e.searchDevices(n) }, 35 * time.Second},
				habit{func(r *rand.Rand) { e.knock(n, r) }, 12 * time.Second},
				habit{func(r *rand.Rand) { e.askLease(n, i) }, 45 * time.Second})
		}
	}
	var wait sync.WaitGroup
	for _, h := range habits {
		own := rand.New(rand.NewPCG(r.Uint64(), 1))
		wait.Go(func() {
			wait := between(own, 0, h.every*2/3) // everything happens at least once in a capture of a minute
			for e.Clock.Sleep(ctx, wait) == nil {
				h.do(own)
				wait = time.Duration((0.1 + own.ExpFloat64()) * float64(h.every))
			}
		})
	}
	wait.Wait()
	return nil
}

// habit is something done again and again, on average once every so often.
type habit struct {
	do    func(*rand.Rand)
	every time.Duration
}

// lookUp asks for a name that the activity has nothing to do with; some exist.
func (e *Env) lookUp(r *rand.Rand) {
	name := fmt.Sprintf("%s.%s.test", words[r.IntN(len(words))], words[r.IntN(len(words))])
	if r.IntN(3) == 0 {
		name = timeHost
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		e.query(ctx, e.Client, name, kind)
	}
}

// serveTime answers NTP requests (RFC 5905) on a server.
func (e *Env) serveTime() error {
	at, err := e.Server(timeHost, false)
	if err != nil {
		return err
	}
	pc, err := e.Servers.ListenUDP(netip.AddrPortFrom(at[0], 123), 0)
	if err != nil {
		return err
	}
	e.AtClose(func() { pc.Close() })
	go func() {
		b := make([]byte, 128)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			if n == 48 {
				pc.WriteTo(e.timeMessage(4, b[40:48]), from)
			}
		}
	}()
	return nil
}

// timeMessage is an NTP version 4 message; origin is the other side's transmit time.
func (e *Env) timeMessage(mode byte, origin []byte) []byte {
	m := make([]byte, 48)
	m[0], m[1], m[2], m[3] = 4<<3|mode, 2, 6, 0xec
	now := e.Clock.Now()
	stamp := uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/1e9
	if mode == 4 {
		copy(m[24:32], origin)
		binary.BigEndian.PutUint64(m[32:], stamp)
	}
	binary.BigEndian.PutUint64(m[40:], stamp)
	return m
}

func (e *Env) askTime(*rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	a, err := e.User(-2).resolve(ctx, timeHost)
	if err != nil {
		return
	}
	c, err := e.Client.DialUDP(netip.AddrPortFrom(a, 123))
	if err != nil {
		return
	}
	defer c.Close()
	c.Write(e.timeMessage(3, nil))
	c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	c.Read(make([]byte, 128))
}

// The groups and ports of multicast DNS (RFC 6762) and service discovery (SSDP).
var (
	mdns4 = netip.MustParseAddrPort("224.0.0.251:5353")
	mdns6 = netip.MustParseAddrPort("[ff02::fb]:5353")
	ssdp4 = netip.MustParseAddrPort("239.255.255.250:1900")
)

func (e *Env) joinGroups() error {
	for _, h := range append([]*network.Host{e.Client}, e.Neighbours...) {
		for _, group := range []netip.Addr{mdns4.Addr(), mdns6.Addr()} {
			if err := h.Join(group); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookForServices sends a multicast DNS question.
func (e *Env) lookForServices(h *network.Host, r *rand.Rand) {
	kinds := []string{"_ipp._tcp.local.", "_http._tcp.local.", "_smb._tcp.local.", "_sftp-ssh._tcp.local.", "_workstation._tcp.local."}
	m := new(dns.Msg).SetQuestion(kinds[r.IntN(len(kinds))], dns.TypePTR)
	m.Id, m.RecursionDesired = 0, false
	if b, err := m.Pack(); err == nil {
		multicast(h, mdns4, b)
		if e.Ethernet {
			multicast(h, mdns6, b)
		}
	}
}

// announce is a neighbour telling everybody its name.
func (e *Env) announce(h *network.Host, n int) {
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}}
	head := dns.RR_Header{Name: fmt.Sprintf("desk-%d.local.", n), Rrtype: dns.TypeA, Class: dns.ClassINET | 1<<15, Ttl: 120}
	m.Answer = []dns.RR{&dns.A{Hdr: head, A: e.neighbourAt(n).AsSlice()}}
	if b, err := m.Pack(); err == nil {
		multicast(h, mdns4, b)
	}
}

func (e *Env) searchDevices(h *network.Host) {
	multicast(h, ssdp4, []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: upnp:rootdevice\r\n\r\n"))
}

// knock sends a datagram to a machine that does not exist: three ARP broadcasts without an answer.
func (e *Env) knock(h *network.Host, r *rand.Rand) {
	a := e.GatewayAt.As4()
	a[3] = byte(100 + r.IntN(100))
	if c, err := h.DialUDP(netip.AddrPortFrom(netip.AddrFrom4(a), 9100)); err == nil {
		c.Write([]byte(strings.Repeat("\x00", 16)))
		c.Close()
	}
}

func multicast(h *network.Host, to netip.AddrPort, b []byte) {
	any, port := netip.IPv4Unspecified(), to.Port()
	if to.Addr().Is6() {
		any = netip.IPv6Unspecified()
	}
	if to == ssdp4 {
		port = 0 // questions come from a port of their own
	}
	if c, err := h.ListenUDP(netip.AddrPortFrom(any, port), 1); err == nil {
		c.WriteTo(b, net.UDPAddrFromAddrPort(to))
		c.Close()
	}
}

func (e *Env) neighbourAt(n int) netip.Addr {
	a := e.GatewayAt.As4()
	a[3] = byte(40 + n)
	return netip.AddrFrom4(a)
}
