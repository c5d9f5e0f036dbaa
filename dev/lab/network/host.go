package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Host is a machine with a TCP/IP stack of its own. Its first port is card 1, its second card 2.
type Host struct {
	stack *stack.Stack
	cards tcpip.NICID
}

// NewHost returns a host without ports.
func NewHost(c *Clock) (*Host, error) {
	s := stack.New(stack.Options{
		Clock: c,
		NetworkProtocols: []stack.NetworkProtocolFactory{
			arp.NewProtocol,
			ipv4.NewProtocolWithOptions(ipv4.Options{IGMP: ipv4.IGMPOptions{Enabled: true}}),
			ipv6.NewProtocolWithOptions(ipv6.Options{AutoGenLinkLocal: true, MLD: ipv6.MLDOptions{Enabled: true}}),
		},
		TransportProtocols: []stack.TransportProtocolFactory{
			tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6,
		},
	})
	sack := tcpip.TCPSACKEnabled(true)
	if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack); err != nil {
		return nil, fmt.Errorf("network: selective acknowledgements: %v", err)
	}
	// The range that IANA gives to short-lived ports (RFC 6335).
	if err := s.SetPortRange(49152, 65535); err != nil {
		return nil, fmt.Errorf("network: port range: %v", err)
	}
	return &Host{stack: s}, nil
}

// Attach gives the host a card with the given addresses; each prefix is an address and the network it is on.
func (h *Host) Attach(p *Port, addrs ...netip.Prefix) error {
	h.cards++
	if err := h.stack.CreateNIC(h.cards, p); err != nil {
		return fmt.Errorf("network: card %d: %v", h.cards, err)
	}
	for _, a := range addrs {
		if err := h.AddAddress(int(h.cards), a); err != nil {
			return err
		}
		h.route(a.Masked(), netip.Addr{}, h.cards)
	}
	return nil
}

// AddAddress gives a card one more address.
func (h *Host) AddAddress(card int, a netip.Prefix) error {
	err := h.stack.AddProtocolAddress(tcpip.NICID(card), tcpip.ProtocolAddress{
		Protocol: protocolOf(a.Addr()),
		AddressWithPrefix: tcpip.AddressWithPrefix{
			Address: tcpip.AddrFromSlice(a.Addr().AsSlice()), PrefixLen: a.Bits(),
		},
	}, stack.AddressProperties{})
	if err != nil {
		return fmt.Errorf("network: address %v: %v", a, err)
	}
	return nil
}

// Route sends packets for dst through card, by way of gateway if that is valid. Earlier and longer routes come first.
func (h *Host) Route(dst netip.Prefix, gateway netip.Addr, card int) {
	h.route(dst, gateway, tcpip.NICID(card))
}

func (h *Host) route(dst netip.Prefix, gateway netip.Addr, nic tcpip.NICID) {
	r := tcpip.Route{NIC: nic, Destination: tcpip.AddressWithPrefix{
		Address: tcpip.AddrFromSlice(dst.Addr().AsSlice()), PrefixLen: dst.Bits(),
	}.Subnet()}
	if gateway.IsValid() {
		r.Gateway = tcpip.AddrFromSlice(gateway.AsSlice())
	}
	h.stack.AddRoute(r)
}

// Forward makes the host a router between its cards.
func (h *Host) Forward() error {
	for _, p := range []tcpip.NetworkProtocolNumber{header.IPv4ProtocolNumber, header.IPv6ProtocolNumber} {
		if err := h.stack.SetForwardingDefaultAndAllNICs(p, true); err != nil {
			return fmt.Errorf("network: forwarding: %v", err)
		}
	}
	return nil
}

// Join makes the host's first card a member of a multicast group, which the host announces by IGMP or MLD.
func (h *Host) Join(group netip.Addr) error {
	if err := h.stack.JoinGroup(protocolOf(group), 1, tcpip.AddrFromSlice(group.AsSlice())); err != nil {
		return fmt.Errorf("network: join %v: %v", group, err)
	}
	return nil
}

// DialTCP opens a TCP connection.
func (h *Host) DialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return gonet.DialContextTCP(ctx, h.stack, fullAddress(to), protocolOf(to.Addr()))
}

// ListenTCP accepts TCP connections at one address and port.
func (h *Host) ListenTCP(at netip.AddrPort) (net.Listener, error) {
	return gonet.ListenTCP(h.stack, fullAddress(at), protocolOf(at.Addr()))
}

// ListenUDP opens an unconnected UDP socket. Port 0 takes any free one; an unspecified address takes any of the host's. With card
// not 0 the socket belongs to that card, which sending to multicast and broadcast addresses needs.
func (h *Host) ListenUDP(at netip.AddrPort, card int) (*gonet.UDPConn, error) {
	var wq waiter.Queue
	ep, err := h.stack.NewEndpoint(udp.ProtocolNumber, protocolOf(at.Addr()), &wq)
	if err != nil {
		return nil, fmt.Errorf("network: udp socket: %v", err)
	}
	ep.SocketOptions().SetBroadcast(true)
	full := fullAddress(at)
	full.NIC = tcpip.NICID(card)
	if at.Addr().IsUnspecified() {
		full.Addr = tcpip.Address{}
	}
	if err := ep.Bind(full); err != nil {
		ep.Close()
		return nil, fmt.Errorf("network: udp %v: %v", at, err)
	}
	return gonet.NewUDPConn(&wq, ep), nil
}

// DialUDP opens a UDP socket connected to one peer.
func (h *Host) DialUDP(to netip.AddrPort) (net.Conn, error) {
	full := fullAddress(to)
	return gonet.DialUDP(h.stack, nil, &full, protocolOf(to.Addr()))
}

// Close ends all connections and the stack's goroutines.
func (h *Host) Close() {
	h.stack.Close()
}

func fullAddress(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{Addr: tcpip.AddrFromSlice(a.Addr().AsSlice()), Port: a.Port()}
}

func protocolOf(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return header.IPv4ProtocolNumber
	}
	return header.IPv6ProtocolNumber
}
