package network

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"testing"
	"time"
)

// TestPipeOrder checks that frames of one pair of addresses keep their order however much the path shakes them.
func TestPipeOrder(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	got := make(chan []byte, 1000)
	p := newPipe(NewClock(time.Now(), 50), Path{Delay: time.Millisecond, Jitter: 20 * time.Millisecond, Rate: 1e8}, 1, done,
		func(f []byte) { got <- f })
	for i := range 500 {
		p.send([]byte{byte(i % 2), byte(i >> 8), byte(i)}, uint64(i%2))
	}
	next := [2]int{0, 1}
	for range 500 {
		f := <-got
		if n := int(f[1])<<8 | int(f[2]); n != next[f[0]] {
			t.Fatalf("pair %d: frame %d, want %d", f[0], n, next[f[0]])
		}
		next[f[0]] += 2
	}
}

// TestWorlds sends bytes from the client to a server and back, over IPv4 and IPv6, in both kinds of world, and looks at the tap.
func TestWorlds(t *testing.T) {
	for name, build := range map[string]func(Config) (*World, error){"LAN": NewLAN, "tunnel": NewTunnel} {
		t.Run(name, func(t *testing.T) {
			w, err := build(Config{Epoch: time.Unix(1e9, 0), Speed: 10, Number: 9, Seed: 5})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			frames := make(chan []byte, 1000)
			w.Tapped.SetTap(func(_ time.Time, f []byte) { frames <- bytes.Clone(f) })
			addrs, err := w.Server("echo.example.com", true)
			if err != nil || len(addrs) != 2 {
				t.Fatalf("addresses %v, %v", addrs, err)
			}
			for _, a := range addrs {
				echo(t, w, netip.AddrPortFrom(a, 7))
			}
			// An Ethernet frame starts with a locally administered or a group address, a bare packet with its IP version.
			for len(frames) > 0 {
				f := <-frames
				if w.Ethernet && f[0]&3 == 0 || !w.Ethernet && f[0]>>4 != 4 && f[0]>>4 != 6 {
					t.Fatalf("frame starts with %#02x", f[0])
				}
			}
		})
	}
}

func echo(t *testing.T, w *World, at netip.AddrPort) {
	t.Helper()
	l, err := w.Servers.ListenTCP(at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := w.Client.DialTCP(ctx, at)
	if err != nil {
		t.Fatalf("%v: %v", at, err)
	}
	defer c.Close()
	sent := bytes.Repeat([]byte("there and back "), 1000)
	go c.Write(sent)
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%v: %v", at, err)
	}
}
