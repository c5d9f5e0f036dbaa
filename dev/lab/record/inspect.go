package record

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Summary is what a capture holds.
type Summary struct {
	Format   string // "pcap" or "pcapng"
	Gzip     bool
	Link     LinkType
	Size     int64 // bytes on disk
	Packets  int
	Bytes    int64 // captured
	Sessions int   // TCP and UDP five-tuples, both directions together, port 53 and the service ports of a LAN left out
	Payload  int   // those of them in which somebody said something
	Noise    int   // five-tuples that were left out
	IPv6     int   // those of Sessions that are IPv6
	Kinds    map[string]int
	First    time.Time
	Last     time.Time
	Nanos    bool // some time is finer than a microsecond
	Orderly  bool // times never go back
	Addrs    map[netip.Addr]bool
	MACs     map[string]bool
}

// reader is what pcapgo's two readers have in common.
type reader interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

// Inspect reads a whole capture, which must fit into memory.
func Inspect(path string) (*Summary, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	s := &Summary{Size: int64(len(raw)), Kinds: map[string]int{}, Addrs: map[netip.Addr]bool{}, MACs: map[string]bool{}, Orderly: true}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		s.Gzip = true
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err == nil {
			raw, err = io.ReadAll(z)
		}
		if err != nil {
			return nil, fmt.Errorf("record: %s: %w", path, err)
		}
	}
	r, err := open(raw, s)
	if err != nil {
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	s.Link = LinkType(r.LinkType())
	talk := map[fiveTuple]bool{} // whether there was payload
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("record: %s: packet %d: %w", path, s.Packets+1, err)
		}
		if info.Length != info.CaptureLength {
			return nil, fmt.Errorf("record: %s: packet %d: cut", path, s.Packets+1)
		}
		s.add(info, gopacket.NewPacket(data, r.LinkType(), gopacket.NoCopy), talk)
	}
	for key, said := range talk {
		if key.noise() {
			s.Noise++
			continue
		}
		s.Sessions++
		if said {
			s.Payload++
		}
		if key.low.Addr().Is6() {
			s.IPv6++
		}
	}
	return s, nil
}

func open(raw []byte, s *Summary) (reader, error) {
	if bytes.HasPrefix(raw, []byte{0x0a, 0x0d, 0x0d, 0x0a}) {
		s.Format = "pcapng"
		return pcapgo.NewNgReader(bytes.NewReader(raw), pcapgo.DefaultNgReaderOptions)
	}
	s.Format = "pcap"
	return pcapgo.NewReader(bytes.NewReader(raw))
}

// add counts one packet.
func (s *Summary) add(info gopacket.CaptureInfo, p gopacket.Packet, talk map[fiveTuple]bool) {
	if s.Packets == 0 {
		s.First = info.Timestamp
	}
	s.Packets++
	s.Bytes += int64(info.CaptureLength)
	s.Orderly = s.Orderly && !info.Timestamp.Before(s.Last)
	s.Last = info.Timestamp
	s.Nanos = s.Nanos || info.Timestamp.Nanosecond()%1000 != 0
	var src, dst netip.Addr
	for _, layer := range p.Layers() {
		switch l := layer.(type) {
		case *layers.Ethernet:
			s.MACs[l.SrcMAC.String()], s.MACs[l.DstMAC.String()] = true, true
		case *layers.ARP:
			s.Kinds["ARP"]++
			src, _ = netip.AddrFromSlice(l.SourceProtAddress)
			dst, _ = netip.AddrFromSlice(l.DstProtAddress)
		case *layers.IPv4:
			src, _ = netip.AddrFromSlice(l.SrcIP.To4())
			dst, _ = netip.AddrFromSlice(l.DstIP.To4())
		case *layers.IPv6:
			src, _ = netip.AddrFromSlice(l.SrcIP)
			dst, _ = netip.AddrFromSlice(l.DstIP)
		case *layers.ICMPv4:
			s.Kinds["ICMP"]++
		case *layers.ICMPv6:
			s.Kinds["ICMPv6"]++
		case *layers.IGMP, *layers.IGMPv1or2:
			s.Kinds["IGMP"]++
		case *layers.TCP:
			s.Kinds["TCP"]++
			key := tupleOf(6, src, uint16(l.SrcPort), dst, uint16(l.DstPort))
			talk[key] = talk[key] || len(l.Payload) > 0
			if len(l.Payload) == 0 && l.ACK && !l.SYN && !l.FIN && !l.RST {
				s.Kinds["bare ACK"]++
			}
			s.service(uint16(l.SrcPort), uint16(l.DstPort), "")
		case *layers.UDP:
			s.Kinds["UDP"]++
			key := tupleOf(17, src, uint16(l.SrcPort), dst, uint16(l.DstPort))
			talk[key] = talk[key] || len(l.Payload) > 0
			s.service(uint16(l.SrcPort), uint16(l.DstPort), "/udp")
		case gopacket.ErrorLayer:
			s.Kinds["undecoded"]++
		}
	}
	for _, a := range []netip.Addr{src, dst} {
		if a.IsValid() {
			s.Addrs[a] = true
		}
	}
}

// service counts a packet under the well-known port it uses.
func (s *Summary) service(a, b uint16, transport string) {
	for _, port := range []uint16{a, b} {
		if name := services[fmt.Sprint(port, transport)]; name != "" {
			s.Kinds[name]++
			return
		}
	}
}

var services = map[string]string{
	"22": "SSH", "143": "IMAP", "443": "HTTPS", "443/udp": "QUIC", "587": "SMTP", "993": "IMAPS", "5060/udp": "SIP", "6667": "IRC",
	"53/udp": "DNS", "67/udp": "DHCP", "123/udp": "NTP", "1900/udp": "SSDP", "5353/udp": "mDNS",
}

// fiveTuple is a session's key, the smaller endpoint first.
type fiveTuple struct {
	proto     uint8
	low, high netip.AddrPort
}

func tupleOf(proto uint8, a netip.Addr, ap uint16, b netip.Addr, bp uint16) fiveTuple {
	low, high := netip.AddrPortFrom(a, ap), netip.AddrPortFrom(b, bp)
	if high.Compare(low) < 0 {
		low, high = high, low
	}
	return fiveTuple{proto, low, high}
}

// noise tells name lookups and the chatter of a LAN from what the capture is about.
func (f fiveTuple) noise() bool {
	for _, port := range []uint16{f.low.Port(), f.high.Port()} {
		switch port {
		case 53:
			return true
		case 67, 68, 123, 137, 138, 546, 547, 1900, 3702, 5353, 5355:
			if f.proto == 17 {
				return true
			}
		}
	}
	return false
}
