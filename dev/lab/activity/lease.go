package activity

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/pcapmill/pcapmill/dev/lab/network"
)

// serveLeases answers DHCP requests (RFC 2131) at the gateway.
func (e *Env) serveLeases() error {
	pc, err := e.Gateway.ListenUDP(netip.AddrPortFrom(netip.IPv4Unspecified(), 67), 1)
	if err != nil {
		return err
	}
	e.AtClose(func() { pc.Close() })
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			var q layers.DHCPv4
			if q.DecodeFromBytes(b[:n], gopacket.NilDecodeFeedback) != nil {
				continue
			}
			if m, err := e.lease(layers.DHCPOpReply, layers.DHCPMsgTypeAck, q.Xid, q.ClientIP, q.ClientHWAddr); err == nil {
				pc.WriteTo(m, from)
			}
		}
	}()
	return nil
}

// lease composes a DHCP message.
func (e *Env) lease(op layers.DHCPOp, kind layers.DHCPMsgType, id uint32, client net.IP, mac net.HardwareAddr) ([]byte, error) {
	m := &layers.DHCPv4{
		Operation: op, HardwareType: layers.LinkTypeEthernet, HardwareLen: 6, Xid: id, ClientIP: client, ClientHWAddr: mac,
		Options: layers.DHCPOptions{layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{byte(kind)})},
	}
	if op == layers.DHCPOpReply {
		m.YourClientIP = client
		m.Options = append(m.Options,
			layers.NewDHCPOption(layers.DHCPOptServerID, e.GatewayAt.AsSlice()),
			layers.NewDHCPOption(layers.DHCPOptLeaseTime, []byte{0, 0, 0x0e, 0x10}),
			layers.NewDHCPOption(layers.DHCPOptSubnetMask, []byte{255, 255, 255, 0}),
			layers.NewDHCPOption(layers.DHCPOptRouter, e.GatewayAt.AsSlice()),
			layers.NewDHCPOption(layers.DHCPOptDNS, e.GatewayAt.AsSlice()))
	}
	m.Options = append(m.Options, layers.NewDHCPOption(layers.DHCPOptEnd, nil))
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, m); err != nil {
		return nil, err
	}
	out := make([]byte, max(300, len(b.Bytes()))) // BOOTP's least size
	copy(out, b.Bytes())
	return out, nil
}

// renewLease has the client ask the gateway to let it keep its address.
func (e *Env) renewLease(r *rand.Rand) {
	c, err := e.Client.ListenUDP(netip.AddrPortFrom(e.ClientAt, 68), 1)
	if err != nil {
		return
	}
	defer c.Close()
	m, err := e.lease(layers.DHCPOpRequest, layers.DHCPMsgTypeRequest, r.Uint32(), e.ClientAt.AsSlice(), e.Tapped.HardwareAddr())
	if err != nil {
		return
	}
	c.WriteTo(m, net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.GatewayAt, 67)))
	c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
	c.ReadFrom(make([]byte, 2048))
}

// askLease has a neighbour broadcast a request for parameters.
func (e *Env) askLease(h *network.Host, n int) {
	at := e.neighbourAt(n)
	c, err := h.ListenUDP(netip.AddrPortFrom(at, 68), 1)
	if err != nil {
		return
	}
	defer c.Close()
	mac := e.Tapped.HardwareAddr()
	mac[5] = at.As4()[3]
	if m, err := e.lease(layers.DHCPOpRequest, layers.DHCPMsgTypeInform, uint32(n)+1, at.AsSlice(), mac); err == nil {
		c.WriteTo(m, &net.UDPAddr{IP: net.IPv4bcast.To4(), Port: 67})
		c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		c.ReadFrom(make([]byte, 2048))
	}
}
