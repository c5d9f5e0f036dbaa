package activity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// The messages of a telephone call (SIP, RFC 3261; SDP, RFC 8866), as much of them as one call between friends needs. They are
// composed here: what matters for a capture is their look and their order on the wire.

const (
	phoneHost = "sip.voice.example.com"
	mediaHost = "media.voice.example.com"
	sipPort   = 5060
)

// telephone is one side's signalling socket. Calls are told apart by their Call-ID.
type telephone struct {
	conn net.PacketConn
	mu   sync.Mutex
	call map[string]chan string
}

// listen reads messages until the socket is closed; those of unknown calls go to strange.
func (t *telephone) listen(strange func(from net.Addr, m string)) {
	buf := make([]byte, 4096)
	for {
		n, from, err := t.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		m := string(buf[:n])
		t.mu.Lock()
		c := t.call[field(m, "Call-ID")]
		t.mu.Unlock()
		if c == nil {
			strange(from, m)
			continue
		}
		select {
		case c <- m:
		default: // a talkative peer loses words
		}
	}
}

// begin registers a call; end forgets it.
func (t *telephone) begin(id string) (c chan string, end func()) {
	c = make(chan string, 16)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.call[id] = c
	return c, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.call, id)
	}
}

// say sends a message and forgets it.
func (t *telephone) say(to net.Addr, m string) error {
	if _, err := t.conn.WriteTo([]byte(m), to); err != nil {
		return fmt.Errorf("activity: sip: %w", err)
	}
	return nil
}

// ask sends a request until a final answer comes, as RFC 3261 wants it over UDP: again after half a second, then twice as long.
func (t *telephone) ask(ctx context.Context, e *Env, to net.Addr, request string, answers <-chan string) (string, error) {
	for wait := 500 * time.Millisecond; wait < 20*time.Second; wait *= 2 {
		if err := t.say(to, request); err != nil {
			return "", err
		}
		timeout, cancel := context.WithCancel(ctx)
		timer := e.Clock.AfterFunc(max(wait, 5*time.Second), cancel)
		for done := false; !done; {
			select {
			case m := <-answers:
				if status := strings.TrimPrefix(m, "SIP/2.0 "); status != m && status[0] != '1' {
					timer.Stop()
					cancel()
					return m, nil
				}
			case <-timeout.Done():
				done = true
			}
		}
		cancel()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	return "", errors.New("activity: sip: nobody answers")
}

// field returns a header field of a message.
func field(m, name string) string {
	for line := range strings.SplitSeq(m, "\r\n") {
		if key, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// mediaAt reads the address and port from a message's SDP.
func mediaAt(m string) (netip.AddrPort, error) {
	var a netip.Addr
	for line := range strings.SplitSeq(m, "\r\n") {
		if rest, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			a, _ = netip.ParseAddr(rest)
		}
		var port uint16
		if _, err := fmt.Sscanf(line, "m=audio %d", &port); err == nil && a.IsValid() {
			return netip.AddrPortFrom(a, port), nil
		}
	}
	return netip.AddrPort{}, errors.New("activity: sip: message without media")
}

// dialog is what the messages of one call have in common.
type dialog struct {
	id, from, to string
	me           netip.AddrPort
}

func (d dialog) request(method string, seq int, body string) string {
	return fmt.Sprintf("%s sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bK%s%d\r\nMax-Forwards: 70\r\n", method, d.to, d.me, d.id[:8], seq) +
		d.rest(method, seq, body)
}

// rest is what a request and its answers share.
func (d dialog) rest(method string, seq int, body string) string {
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("From: <sip:%s>;tag=%s\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:user@%v>\r\n"+
		"User-Agent: pcapmill-lab/1.0\r\n%sContent-Length: %d\r\n\r\n%s", d.from, d.id[:6], d.to, d.id, seq, method, d.me, kind, len(body), body)
}

// answer composes the reply to a request.
func answer(request, status, body string) string {
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=lab\r\nCall-ID: %s\r\nCSeq: %s\r\nServer: pcapmill-lab/1.0\r\n%sContent-Length: %d\r\n\r\n%s",
		status, field(request, "Via"), field(request, "From"), field(request, "To"), field(request, "Call-ID"), field(request, "CSeq"),
		kind, len(body), body)
}

// describe is an SDP body: where to send the voice, and in which codecs (0 is PCMU, 13 comfort noise).
func describe(at netip.AddrPort, serial uint64) string {
	return fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 %v\r\ns=call\r\nc=IN IP4 %v\r\nt=0 0\r\nm=audio %d RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\na=ptime:20\r\na=sendrecv\r\n",
		serial, at.Addr(), at.Addr(), at.Port())
}
