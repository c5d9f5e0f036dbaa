package activity

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
	"github.com/pcapmill/pcapmill/dev/lab/network"
)

// serveNames runs the gateway's name server. It knows the world's servers and says NXDOMAIN to everything else.
func (e *Env) serveNames() error {
	pc, err := e.Gateway.ListenUDP(netip.AddrPortFrom(e.GatewayAt, 53), 0)
	if err != nil {
		return err
	}
	s := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(e.answer)}
	e.AtClose(func() { pc.Close() })
	go s.ActivateAndServe()
	return nil
}

func (e *Env) answer(w dns.ResponseWriter, q *dns.Msg) {
	r := new(dns.Msg).SetReply(q)
	r.RecursionAvailable = true
	if len(q.Question) == 1 {
		r.Answer = e.records(q.Question[0])
		if e.Lookup(strings.TrimSuffix(q.Question[0].Name, ".")) == nil {
			r.Rcode = dns.RcodeNameError
		}
	}
	w.WriteMsg(r) // a lost answer is the client's to notice
}

func (e *Env) records(q dns.Question) (rr []dns.RR) {
	head := dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 300}
	for _, a := range e.Lookup(strings.TrimSuffix(q.Name, ".")) {
		switch {
		case q.Qtype == dns.TypeA && a.Is4():
			rr = append(rr, &dns.A{Hdr: head, A: a.AsSlice()})
		case q.Qtype == dns.TypeAAAA && a.Is6():
			rr = append(rr, &dns.AAAA{Hdr: head, AAAA: a.AsSlice()})
		}
	}
	return rr
}

// resolve asks the gateway for both kinds of address, as systems do, and takes the one that the user prefers.
func (u *User) resolve(ctx context.Context, name string) (netip.Addr, error) {
	var found netip.Addr
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		r, err := u.query(ctx, u.Client, name, kind)
		if err != nil {
			return netip.Addr{}, err
		}
		for _, rr := range r.Answer {
			switch rr := rr.(type) {
			case *dns.A:
				found, _ = netip.AddrFromSlice(rr.A.To4())
			case *dns.AAAA:
				if u.IPv6 {
					found, _ = netip.AddrFromSlice(rr.AAAA.To16())
				}
			}
		}
	}
	if !found.IsValid() {
		return found, fmt.Errorf("activity: no address for %s", name)
	}
	return found, nil
}

// query asks the gateway from a host one question, three times if it must.
func (e *Env) query(ctx context.Context, from *network.Host, name string, kind uint16) (*dns.Msg, error) {
	var last error
	for range 3 {
		r, err := e.queryOnce(ctx, from, new(dns.Msg).SetQuestion(dns.Fqdn(name), kind))
		if err == nil {
			return r, nil
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("activity: looking up %s: %w", name, last)
}

func (e *Env) queryOnce(ctx context.Context, from *network.Host, q *dns.Msg) (*dns.Msg, error) {
	var c net.Conn
	c, err := from.DialUDP(netip.AddrPortFrom(e.GatewayAt, 53))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r, _, err := new(dns.Client).ExchangeWithConnContext(ctx, q, &dns.Conn{Conn: c})
	return r, err
}
