// Package activity is what people do on a network: they chat, write mail, copy files, watch films, telephone. Each [Activity] brings
// its servers and its users, on top of real protocol implementations; the users are synthetic, and seeded: what they say, when, and
// to whom follows from one number.
//
// An [Env] is a network.World with the services every activity needs: names (a DNS server on the gateway, asked over the wire before
// every connection) and certificates (a small certification authority). [Env.Noise] adds what is on every network besides: stray
// look-ups, time, DHCP, mDNS, address resolution.
//
//	Chat      IRC lines over TCP; JSON messages in WebSockets over TLS
//	Mail      submission with STARTTLS, then reading with IMAP over TLS
//	Files     SFTP over SSH
//	Stream    a play list and media pieces over HTTP/2 and HTTP/3
//	Voice     SIP calls with G.711 in RTP, and RTCP reports
package activity

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/netip"

	"github.com/pcapmill/pcapmill/dev/lab/network"
)

// Activity is one kind of traffic.
type Activity interface {
	// Serve starts the servers; they end with the world.
	Serve(e *Env) error
	// Session does once what a user does in one sitting: usually one or two connections. It ends early with ctx.
	Session(ctx context.Context, u *User) error
}

// Env is a world with names and certificates.
type Env struct {
	*network.World
	ca *authority
}

// User is somebody at the client. N counts the users of a capture from 0; users with IPv6 prefer it where a server offers both.
type User struct {
	*Env
	Rand *rand.Rand
	N    int
	IPv6 bool
}

// quiet is for libraries that insist on logging.
var quiet = log.New(io.Discard, "", 0)

// NewEnv equips a world: it starts the name server and makes the authority.
func NewEnv(w *network.World) (*Env, error) {
	ca, err := newAuthority(w.Clock)
	if err != nil {
		return nil, err
	}
	e := &Env{World: w, ca: ca}
	return e, e.serveNames()
}

// User returns the n-th user, who behaves the same in every run with the same seed.
func (e *Env) User(n int) *User {
	r := rand.New(rand.NewPCG(e.Seed, uint64(n)+1))
	return &User{Env: e, N: n, IPv6: r.IntN(3) == 0, Rand: r}
}

// serveTCP calls handle for every connection to a named server, each in its own goroutine; handle need not close it. With dual the
// server has an IPv6 address too.
func (e *Env) serveTCP(name string, dual bool, port uint16, handle func(net.Conn)) error {
	return e.listenTCP(name, dual, port, func(l net.Listener) {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	})
}

// listenTCP calls serve in a goroutine with a listener for each address of a named server.
func (e *Env) listenTCP(name string, dual bool, port uint16, serve func(net.Listener)) error {
	addrs, err := e.Server(name, dual)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		l, err := e.Servers.ListenTCP(netip.AddrPortFrom(a, port))
		if err != nil {
			return fmt.Errorf("activity: %s: %w", name, err)
		}
		e.AtClose(func() { l.Close() })
		go serve(l)
	}
	return nil
}

// dial looks a name up and connects to it.
func (u *User) dial(ctx context.Context, name string, port uint16) (net.Conn, error) {
	a, err := u.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	c, err := u.Client.DialTCP(ctx, netip.AddrPortFrom(a, port))
	if err != nil {
		return nil, fmt.Errorf("activity: %s port %d: %w", name, port, err)
	}
	return c, nil
}

// dialTLS is dial with TLS on top; protos are offered by ALPN.
func (u *User) dialTLS(ctx context.Context, name string, port uint16, protos ...string) (net.Conn, error) {
	c, err := u.dial(ctx, name, port)
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, u.clientTLS(name, protos...))
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("activity: %s port %d: %w", name, port, err)
	}
	return t, nil
}
