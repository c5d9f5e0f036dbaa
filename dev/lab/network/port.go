package network

import (
	"net"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Tap sees every frame that passes a port, sent or received, at the moment it does. It must not keep frame.
type Tap func(at time.Time, frame []byte)

// Port is a network card: the place where a host's stack meets a link, and where captures are taken. With a hardware address it
// speaks Ethernet (14-byte headers, address resolution by ARP and neighbour discovery); without one it carries bare IP packets.
// Port implements gVisor's stack.LinkEndpoint.
type Port struct {
	clock *Clock
	mac   tcpip.LinkAddress

	mu         sync.RWMutex
	mtu        uint32
	dispatcher stack.NetworkDispatcher
	send       func(frame []byte) // set by the link that the port is plugged into; owns frame
	tap        Tap
}

// NewPort returns an unplugged port. mac is nil for bare IP; mtu is in bytes of IP packet.
func NewPort(c *Clock, mac net.HardwareAddr, mtu uint32) *Port {
	return &Port{clock: c, mac: tcpip.LinkAddress(mac), mtu: mtu}
}

// SetTap makes t see all further frames; nil ends it.
func (p *Port) SetTap(t Tap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tap = t
}

// plug connects the port's outgoing side.
func (p *Port) plug(send func(frame []byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.send = send
}

// WritePackets implements stack.LinkWriter.
func (p *Port) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	p.mu.RLock()
	send, tap := p.send, p.tap
	p.mu.RUnlock()
	for _, pkt := range pkts.AsSlice() {
		view := pkt.ToView()
		frame := append([]byte(nil), view.AsSlice()...)
		view.Release()
		if tap != nil {
			tap(p.clock.Now(), frame)
		}
		if send != nil {
			send(frame)
		}
	}
	return pkts.Len(), nil
}

// receive hands a frame that came over the link to the stack.
func (p *Port) receive(frame []byte) {
	p.mu.RLock()
	dispatcher, tap := p.dispatcher, p.tap
	p.mu.RUnlock()
	if tap != nil {
		tap(p.clock.Now(), frame)
	}
	if dispatcher == nil {
		return
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
	defer pkt.DecRef()
	if p.mac == "" {
		switch header.IPVersion(frame) {
		case header.IPv4Version:
			dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, pkt)
		case header.IPv6Version:
			dispatcher.DeliverNetworkPacket(header.IPv6ProtocolNumber, pkt)
		}
		return
	}
	if !p.ParseHeader(pkt) {
		return
	}
	eth := header.Ethernet(pkt.LinkHeader().Slice())
	pkt.PktType = tcpip.PacketHost
	switch dst := eth.DestinationAddress(); {
	case dst == header.EthernetBroadcastAddress:
		pkt.PktType = tcpip.PacketBroadcast
	case header.IsMulticastEthernetAddress(dst):
		pkt.PktType = tcpip.PacketMulticast
	case dst != p.mac:
		return
	}
	dispatcher.DeliverNetworkPacket(eth.Type(), pkt)
}

// AddHeader implements stack.NetworkLinkEndpoint.
func (p *Port) AddHeader(pkt *stack.PacketBuffer) {
	if p.mac == "" {
		return
	}
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.NetworkLinkEndpoint.
func (p *Port) ParseHeader(pkt *stack.PacketBuffer) bool {
	if p.mac == "" {
		return true
	}
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}

// Capabilities implements stack.NetworkLinkEndpoint.
func (p *Port) Capabilities() stack.LinkEndpointCapabilities {
	if p.mac == "" {
		return stack.CapabilityNone
	}
	return stack.CapabilityResolutionRequired
}

// MaxHeaderLength implements stack.NetworkLinkEndpoint.
func (p *Port) MaxHeaderLength() uint16 {
	if p.mac == "" {
		return 0
	}
	return header.EthernetMinimumSize
}

// ARPHardwareType implements stack.NetworkLinkEndpoint.
func (p *Port) ARPHardwareType() header.ARPHardwareType {
	if p.mac == "" {
		return header.ARPHardwareNone
	}
	return header.ARPHardwareEther
}

// Attach implements stack.NetworkLinkEndpoint.
func (p *Port) Attach(d stack.NetworkDispatcher) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dispatcher = d
}

// IsAttached implements stack.NetworkLinkEndpoint.
func (p *Port) IsAttached() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.dispatcher != nil
}

// MTU implements stack.NetworkLinkEndpoint.
func (p *Port) MTU() uint32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.mtu
}

// SetMTU implements stack.NetworkLinkEndpoint.
func (p *Port) SetMTU(mtu uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mtu = mtu
}

// LinkAddress implements stack.NetworkLinkEndpoint.
func (p *Port) LinkAddress() tcpip.LinkAddress { return p.mac }

// SetLinkAddress implements stack.NetworkLinkEndpoint. A port keeps the address it was made with.
func (*Port) SetLinkAddress(tcpip.LinkAddress) {}

// SetOnCloseAction implements stack.NetworkLinkEndpoint; there is nothing to undo.
func (*Port) SetOnCloseAction(func()) {}

// Wait implements stack.NetworkLinkEndpoint; a port has no goroutines of its own.
func (*Port) Wait() {}

// Close implements stack.NetworkLinkEndpoint.
func (p *Port) Close() { p.plug(nil) }

// HardwareAddr returns a copy of the port's hardware address, nil for bare IP.
func (p *Port) HardwareAddr() net.HardwareAddr { return net.HardwareAddr([]byte(p.mac)) }
