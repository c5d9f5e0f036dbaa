package activity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/pcapmill/pcapmill/dev/lab/network"
)

// Voice is telephoning: a call is set up by SIP over UDP port 5060, then both sides send G.711 mu-law in RTP every 20 ms, and RTCP
// reports on the port above, until the caller hangs up. All calls of a capture share one signalling socket, as a telephone's do.
type Voice struct {
	// Pauses turns on silence suppression: a side sends nothing while it listens (RFC 3389), so that the directions alternate.
	// Without it both sides send all the time.
	Pauses      bool
	Short, Long time.Duration // how long people talk

	caller, callee *telephone
	to             net.Addr // the callee's signalling address
}

// Serve implements [Activity]. It starts the telephones of both sides.
func (v *Voice) Serve(e *Env) error {
	at, err := e.Server(phoneHost, false)
	if err != nil {
		return err
	}
	if _, err := e.Server(mediaHost, false); err != nil {
		return err
	}
	for _, side := range []struct {
		phone **telephone
		host  *network.Host
		at    netip.Addr
	}{{&v.caller, e.Client, e.ClientAt}, {&v.callee, e.Servers, at[0]}} {
		conn, err := side.host.ListenUDP(netip.AddrPortFrom(side.at, sipPort), 0)
		if err != nil {
			return err
		}
		e.AtClose(func() { conn.Close() })
		*side.phone = &telephone{conn: conn, call: map[string]chan string{}}
	}
	v.to = net.UDPAddrFromAddrPort(netip.AddrPortFrom(at[0], sipPort))
	go v.caller.listen(func(net.Addr, string) {})
	go v.callee.listen(func(from net.Addr, m string) {
		if strings.HasPrefix(m, "INVITE ") {
			id := field(m, "Call-ID")
			inbox, end := v.callee.begin(id)
			go func() {
				defer end()
				v.pickUp(e, from, m, inbox, rand.New(rand.NewPCG(e.Seed, hashText(id))))
			}()
		}
	})
	return nil
}

// pickUp is the callee's side of one call. It ends when the caller hangs up; what it could not send the caller will miss.
func (v *Voice) pickUp(e *Env, from net.Addr, invite string, inbox <-chan string, r *rand.Rand) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	there, err := mediaAt(invite)
	if err != nil {
		return
	}
	line, err := newLine(e.Servers, e.Lookup(mediaHost)[0], r)
	if err != nil {
		return
	}
	defer line.close()
	v.callee.say(from, answer(invite, "100 Trying", ""))
	e.Clock.Sleep(ctx, between(r, 50*time.Millisecond, 300*time.Millisecond))
	v.callee.say(from, answer(invite, "180 Ringing", ""))
	e.Clock.Sleep(ctx, between(r, 500*time.Millisecond, 2*time.Second))
	ok := answer(invite, "200 OK", describe(line.at, r.Uint64()>>32))
	v.callee.say(from, ok)
	talking := false
	for m := range inbox {
		switch {
		case strings.HasPrefix(m, "INVITE "): // the caller did not hear us
			v.callee.say(from, ok)
		case strings.HasPrefix(m, "ACK ") && !talking:
			talking = true
			go line.talk(ctx, e.Clock, there, v.Pauses, false)
		case strings.HasPrefix(m, "BYE "):
			v.callee.say(from, answer(m, "200 OK", ""))
			return
		}
	}
}

// Session implements [Activity]: one call.
func (v *Voice) Session(ctx context.Context, u *User) error {
	if _, err := u.resolve(ctx, phoneHost); err != nil {
		return err
	}
	line, err := newLine(u.Client, u.ClientAt, u.Rand)
	if err != nil {
		return err
	}
	defer line.close()
	d := dialog{
		id:   fmt.Sprintf("%016x@client.example.com", u.Rand.Uint64()),
		from: "user@" + phoneHost, to: fmt.Sprintf("friend%d@%s", u.N, phoneHost),
		me: netip.AddrPortFrom(u.ClientAt, sipPort),
	}
	answers, end := v.caller.begin(d.id)
	defer end()
	ok, err := v.caller.ask(ctx, u.Env, v.to, d.request("INVITE", 1, describe(line.at, u.Rand.Uint64()>>32)), answers)
	if err != nil {
		return err
	}
	there, err := mediaAt(ok)
	if err != nil {
		return err
	}
	if err := v.caller.say(v.to, d.request("ACK", 1, "")); err != nil {
		return err
	}
	talk, hangUp := context.WithCancel(ctx)
	defer hangUp()
	timer := u.Clock.AfterFunc(between(u.Rand, v.Short, v.Long), hangUp)
	defer timer.Stop()
	if err := line.talk(talk, u.Clock, there, v.Pauses, true); err != nil {
		return err
	}
	_, err = v.caller.ask(ctx, u.Env, v.to, d.request("BYE", 2, ""), answers)
	return err
}
