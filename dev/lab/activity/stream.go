package activity

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// Stream is watching films over the web: a play list, then one media piece after the other, each as chunks that are written while
// they "come from the encoder". Users with QUIC go over HTTP/3, the others over HTTP/2.
type Stream struct {
	QUIC int // out of 4 users, how many use HTTP/3
}

const streamHost = "media.video.example.com"

// Serve implements [Activity].
func (Stream) Serve(e *Env) error {
	films := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { serveFilm(e, w, req) })
	s := &http.Server{ErrorLog: quiet, TLSConfig: e.serverTLS("h2", "http/1.1"), Handler: films}
	e.AtClose(func() { s.Close() })
	if err := e.listenTCP(streamHost, true, 443, func(l net.Listener) { s.ServeTLS(l, "", "") }); err != nil {
		return err
	}
	for _, a := range e.Lookup(streamHost) {
		pc, err := e.Servers.ListenUDP(netip.AddrPortFrom(a, 443), 0)
		if err != nil {
			return err
		}
		h3 := &http3.Server{Handler: films, TLSConfig: http3.ConfigureTLSConfig(e.serverTLS())}
		e.AtClose(func() {
			h3.Close()
			pc.Close()
		})
		go h3.Serve(pc)
	}
	return nil
}

// serveFilm answers /<film>/list.m3u8 and /<film>/<piece>.ts.
func serveFilm(e *Env, w http.ResponseWriter, req *http.Request) {
	r := rand.New(rand.NewPCG(e.Seed, hashText(req.URL.Path)))
	film, piece, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	if piece == "list.m3u8" {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n")
		for i := range 8 {
			fmt.Fprintf(w, "#EXTINF:4.0,\n/%s/%d.ts\n", film, i)
		}
		return
	}
	w.Header().Set("Content-Type", "video/mp2t")
	for range 3 + r.IntN(4) {
		if _, err := w.Write(noiseBytes(r, 500+r.IntN(1500))); err != nil {
			return
		}
		http.NewResponseController(w).Flush()
		if e.Clock.Sleep(req.Context(), between(r, 5*time.Millisecond, 60*time.Millisecond)) != nil {
			return
		}
	}
}

// Session implements [Activity]: watch a few pieces of one film.
func (s Stream) Session(ctx context.Context, u *User) error {
	client := &http.Client{}
	if u.Rand.IntN(4) < s.QUIC {
		rt, closeAll, err := transport3(ctx, u)
		if err != nil {
			return err
		}
		defer closeAll()
		client.Transport = rt
	} else {
		rt := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return u.dialTLS(ctx, streamHost, 443, "h2")
		}}
		defer rt.CloseIdleConnections()
		client.Transport = rt
	}
	film := fmt.Sprintf("%s-%d", words[u.Rand.IntN(len(words))], u.N)
	if err := fetch(ctx, client, film+"/list.m3u8"); err != nil {
		return err
	}
	for i := range 2 + u.Rand.IntN(3) {
		if err := fetch(ctx, client, fmt.Sprintf("%s/%d.ts", film, i)); err != nil {
			return err
		}
		if err := u.pause(ctx, 1500*time.Millisecond, 4*time.Second); err != nil {
			return err
		}
	}
	return nil
}

func fetch(ctx context.Context, c *http.Client, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+streamHost+"/"+path, nil)
	if err != nil {
		return fmt.Errorf("activity: stream: %w", err)
	}
	req.Header.Set("User-Agent", "pcapmill-lab/1.0")
	resp, err := c.Do(req)
	if err != nil {
		return fmt.Errorf("activity: stream: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return fmt.Errorf("activity: stream: %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("activity: stream: %s: %s", path, resp.Status)
	}
	return nil
}

// transport3 returns an HTTP/3 client over a UDP socket of its own.
func transport3(ctx context.Context, u *User) (rt *http3.Transport, closeAll func(), err error) {
	a, err := u.resolve(ctx, streamHost)
	if err != nil {
		return nil, nil, err
	}
	any := netip.IPv4Unspecified()
	if a.Is6() {
		any = netip.IPv6Unspecified()
	}
	pc, err := u.Client.ListenUDP(netip.AddrPortFrom(any, 0), 0)
	if err != nil {
		return nil, nil, err
	}
	qt := &quic.Transport{Conn: pc}
	rt = &http3.Transport{
		TLSClientConfig: u.clientTLS(streamHost),
		Dial: func(ctx context.Context, _ string, t *tls.Config, q *quic.Config) (*quic.Conn, error) {
			return qt.Dial(ctx, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 443)), t, q)
		},
	}
	return rt, func() {
		rt.Close()
		qt.Close()
		pc.Close()
	}, nil
}
