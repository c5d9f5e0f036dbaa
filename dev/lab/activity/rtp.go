package activity

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/pcapmill/pcapmill/dev/lab/network"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	packetTime   = 20 * time.Millisecond
	packetSize   = 160 // samples of 1/8000 s, a byte each
	typePCMU     = 0
	typeNoise    = 13 // comfort noise, RFC 3389
	reportEvery  = 75 // packets: 1.5 s
	talkSpurt    = 50 // packets: how long a side talks before the other does, with silence suppression
	ntpEpoch     = 2208988800
	firstRTPPort = 16384
)

// line is one side's pair of media sockets: RTP on an even port, RTCP on the next (RFC 3550).
type line struct {
	media, control net.PacketConn
	at             netip.AddrPort
	r              *rand.Rand
}

// newLine opens a free pair of ports.
func newLine(h *network.Host, a netip.Addr, r *rand.Rand) (*line, error) {
	var last error
	for range 20 {
		port := uint16(firstRTPPort + 2*r.IntN(8000))
		media, err := h.ListenUDP(netip.AddrPortFrom(a, port), 0)
		if err != nil {
			last = err
			continue
		}
		control, err := h.ListenUDP(netip.AddrPortFrom(a, port+1), 0)
		if err != nil {
			media.Close()
			last = err
			continue
		}
		return &line{media: media, control: control, at: netip.AddrPortFrom(a, port), r: r}, nil
	}
	return nil, fmt.Errorf("activity: no free media ports: %w", last)
}

func (l *line) close() {
	l.media.Close()
	l.control.Close()
}

// talk sends voice and reports to the other side until ctx is done. What arrives waits in the sockets' buffers and is not listened
// to. With pauses a side talks every other second; first says which side begins.
func (l *line) talk(ctx context.Context, c *network.Clock, there netip.AddrPort, pauses, first bool) error {
	to := net.UDPAddrFromAddrPort(there)
	reports := net.UDPAddrFromAddrPort(netip.AddrPortFrom(there.Addr(), there.Port()+1))
	p := rtp.Packet{Header: rtp.Header{
		Version: 2, PayloadType: typePCMU, SSRC: l.r.Uint32(), SequenceNumber: uint16(l.r.Uint32()), Timestamp: l.r.Uint32(),
	}}
	voice := newVoice(l.r)
	sent, silent := uint32(0), true
	start := c.Elapsed()
	for n := 0; ; n++ {
		// The schedule is absolute, so that a late packet does not delay all that follow.
		if c.Sleep(ctx, start+time.Duration(n)*packetTime-c.Elapsed()) != nil {
			bye := rtcp.Goodbye{Sources: []uint32{p.SSRC}}
			return sendReport(l.control, reports, l.report(c, p.Header, sent), &bye)
		}
		talking := !pauses || (n/talkSpurt%2 == 0) == first
		p.Timestamp += packetSize
		switch {
		case talking:
			p.PayloadType, p.Marker, p.Payload = typePCMU, silent, voice.next()
		case !silent:
			p.PayloadType, p.Marker, p.Payload = typeNoise, false, []byte{70}
		}
		if talking || !silent {
			p.SequenceNumber++
			sent++
			b, err := p.Marshal()
			if err != nil {
				return fmt.Errorf("activity: rtp: %w", err)
			}
			if _, err := l.media.WriteTo(b, to); err != nil {
				return fmt.Errorf("activity: rtp: %w", err)
			}
		}
		silent = !talking
		if n%reportEvery == reportEvery/3 {
			if err := sendReport(l.control, reports, l.report(c, p.Header, sent)); err != nil {
				return err
			}
		}
	}
}

func (l *line) report(c *network.Clock, h rtp.Header, sent uint32) *rtcp.SenderReport {
	now := c.Now()
	return &rtcp.SenderReport{
		SSRC: h.SSRC, NTPTime: uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/1e9,
		RTPTime: h.Timestamp, PacketCount: sent, OctetCount: sent * packetSize,
	}
}

// sendReport sends a compound RTCP packet: the report, the source's name, and what else there is.
func sendReport(conn net.PacketConn, to net.Addr, sr *rtcp.SenderReport, more ...rtcp.Packet) error {
	name := &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: sr.SSRC,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "user@client.example.com"}},
	}}}
	b, err := rtcp.Marshal(append([]rtcp.Packet{sr, name}, more...))
	if err != nil {
		return fmt.Errorf("activity: rtcp: %w", err)
	}
	if _, err := conn.WriteTo(b, to); err != nil {
		return fmt.Errorf("activity: rtcp: %w", err)
	}
	return nil
}

// voice makes sound that is to a codec what speech is: a gliding tone with overtones that swells and fades, and noise.
type voice struct {
	r            *rand.Rand
	phase, pitch float64
	n            int
}

func newVoice(r *rand.Rand) *voice { return &voice{r: r, pitch: 90 + 140*r.Float64()} }

// next returns the next 20 ms in G.711 mu-law.
func (v *voice) next() []byte {
	b := make([]byte, packetSize)
	loud := 6000 * math.Abs(math.Sin(float64(v.n)/9))
	v.pitch = min(max(v.pitch+4*v.r.NormFloat64(), 80), 260)
	v.n++
	for i := range b {
		v.phase += 2 * math.Pi * v.pitch / 8000
		s := math.Sin(v.phase) + 0.5*math.Sin(2*v.phase) + 0.3*math.Sin(5*v.phase) + 0.05*v.r.NormFloat64()
		b[i] = muLaw(int(loud*s) + int(20*v.r.NormFloat64()))
	}
	return b
}

// muLaw encodes a 16-bit sample: sign, exponent and mantissa of the biased magnitude, all bits inverted (ITU-T G.711).
func muLaw(sample int) byte {
	const bias, clip = 0x84, 32635
	sign := byte(0)
	if sample < 0 {
		sample, sign = -sample, 0x80
	}
	sample = min(sample, clip) + bias
	exponent := 7
	for mask := 0x4000; exponent > 0 && sample&mask == 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | byte(exponent)<<4 | byte(sample>>(exponent+3))&0x0f)
}
