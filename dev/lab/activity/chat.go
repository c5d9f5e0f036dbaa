package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// LineChat is chat in the clear: IRC (RFC 1459), short lines over TCP port 6667. The other person of each talk is simulated in the
// server; the lines are composed here, over the standard library's textproto.
type LineChat struct{}

const lineChatHost = "irc.chat.example.com"

// Serve implements [Activity].
func (LineChat) Serve(e *Env) error {
	return e.serveTCP(lineChatHost, true, 6667, func(c net.Conn) { serveLines(e, textproto.NewConn(c)) })
}

// serveLines is one client's talk as the server sees it.
func serveLines(e *Env, c *textproto.Conn) {
	nick, r := "*", rand.New(rand.NewPCG(e.Seed, 0x697263))
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		target, text, _ := strings.Cut(rest, " :")
		switch verb {
		case "NICK":
			nick = rest
			r = rand.New(rand.NewPCG(e.Seed, hashText(nick)))
		case "USER":
			for _, l := range []string{
				"001 %s :Welcome to the lab network", "002 %s :Your host is " + lineChatHost,
				"375 %s :- Message of the day -", "372 %s :- " + say(r, 12), "376 %s :End of MOTD",
			} {
				c.PrintfLine(":"+lineChatHost+" "+l, nick)
			}
		case "JOIN":
			c.PrintfLine(":%s!u@client.example.com JOIN %s", nick, target)
			c.PrintfLine(":%s 353 %s = %s :%s alice bob carol", lineChatHost, nick, target, nick)
			c.PrintfLine(":%s 366 %s %s :End of NAMES list", lineChatHost, nick, target)
		case "PRIVMSG":
			for range 1 + r.IntN(2) {
				if e.Clock.Sleep(context.Background(), between(r, 400*time.Millisecond, 2500*time.Millisecond)) != nil {
					return
				}
				c.PrintfLine(":alice!u@far.example.com PRIVMSG %s :%s %s", target, say(r, 2+r.IntN(14)), text[:min(3, len(text))])
			}
		case "PING":
			c.PrintfLine("PONG %s", rest)
		case "QUIT":
			c.PrintfLine("ERROR :Closing link")
			return
		}
	}
}

// Session implements [Activity]: join a room, write some lines, leave.
func (LineChat) Session(ctx context.Context, u *User) error {
	conn, err := u.dial(ctx, lineChatHost, 6667)
	if err != nil {
		return err
	}
	c := textproto.NewConn(conn)
	defer c.Close()
	heard := make(chan error, 1)
	go func() {
		for {
			if _, err := c.ReadLine(); err != nil {
				heard <- err
				return
			}
		}
	}()
	room := fmt.Sprintf("#%s%d", words[u.Rand.IntN(len(words))], u.N)
	lines := []string{
		fmt.Sprintf("NICK user%s%d", words[u.Rand.IntN(len(words))], u.N),
		"USER u 0 * :Lab user", "JOIN " + room,
	}
	for range 4 + u.Rand.IntN(8) {
		lines = append(lines, fmt.Sprintf("PRIVMSG %s :%s", room, say(u.Rand, 2+u.Rand.IntN(12))))
	}
	for i, l := range append(lines, "PING :"+lineChatHost, "QUIT :bye") {
		if err := c.PrintfLine("%s", l); err != nil {
			return fmt.Errorf("activity: irc: %w", err)
		}
		if i > 0 {
			if err := u.pause(ctx, 500*time.Millisecond, 5*time.Second); err != nil {
				return err
			}
		}
	}
	select {
	case err := <-heard:
		if !errors.Is(err, io.EOF) {
			return fmt.Errorf("activity: irc: %w", err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WebChat is chat as browsers do it: JSON messages in a WebSocket over TLS.
type WebChat struct{}

const webChatHost = "chat.example.com"

// webMessage is what goes over the socket in both directions.
type webMessage struct {
	Type string    `json:"type"` // "typing", "message", "seen"
	Room string    `json:"room"`
	From string    `json:"from"`
	Time time.Time `json:"time"`
	Text string    `json:"text,omitempty"`
}

// Serve implements [Activity].
func (WebChat) Serve(e *Env) error {
	s := &http.Server{ErrorLog: quiet, TLSConfig: e.serverTLS("http/1.1"), Handler: http.HandlerFunc(
		func(w http.ResponseWriter, req *http.Request) {
			if c, err := websocket.Accept(w, req, nil); err == nil {
				answerMessages(req.Context(), e, c)
			}
		})}
	e.AtClose(func() { s.Close() })
	return e.listenTCP(webChatHost, true, 443, func(l net.Listener) { s.ServeTLS(l, "", "") })
}

// answerMessages plays the other person, who goes on reading while thinking of an answer.
func answerMessages(ctx context.Context, e *Env, c *websocket.Conn) {
	defer c.CloseNow()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		var m webMessage
		if readMessage(ctx, c, &m) != nil {
			return
		}
		go reply(ctx, e, c, m)
	}
}

// reply answers one message, or not: the user may be gone before.
func reply(ctx context.Context, e *Env, c *websocket.Conn, m webMessage) {
	r := rand.New(rand.NewPCG(e.Seed, hashText(m.Room+m.Text)))
	replies := []webMessage{{Type: "seen"}}
	if m.Type == "message" && r.IntN(4) > 0 {
		replies = append(replies, webMessage{Type: "typing"}, webMessage{Type: "message", Text: say(r, 2+r.IntN(20))})
	}
	for _, a := range replies {
		if e.Clock.Sleep(ctx, between(r, 60*time.Millisecond, 1500*time.Millisecond)) != nil {
			return
		}
		a.Room, a.From, a.Time = m.Room, "bob", e.Clock.Now()
		if writeMessage(ctx, c, a) != nil {
			return
		}
	}
}

// Session implements [Activity]: connect, write some messages, leave.
func (WebChat) Session(ctx context.Context, u *User) error {
	client := &http.Client{Transport: &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return u.dialTLS(ctx, webChatHost, 443, "http/1.1")
		},
	}}
	c, _, err := websocket.Dial(ctx, "wss://"+webChatHost+"/socket", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return fmt.Errorf("activity: web chat: %w", err)
	}
	defer c.CloseNow()
	go func() { // the user reads what comes; the loop ends with the connection
		var m webMessage
		for readMessage(ctx, c, &m) == nil {
		}
	}()
	room := fmt.Sprintf("%s-%d", words[u.Rand.IntN(len(words))], u.N)
	for range 4 + u.Rand.IntN(6) {
		for _, m := range []webMessage{{Type: "typing"}, {Type: "message", Text: say(u.Rand, 1+u.Rand.IntN(18))}} {
			m.Room, m.From, m.Time = room, fmt.Sprintf("user%d", u.N), u.Clock.Now()
			if err := writeMessage(ctx, c, m); err != nil {
				return fmt.Errorf("activity: web chat: %w", err)
			}
			if err := u.pause(ctx, 300*time.Millisecond, 4*time.Second); err != nil {
				return fmt.Errorf("activity: web chat: %w", err)
			}
		}
	}
	return c.Close(websocket.StatusNormalClosure, "bye")
}

func readMessage(ctx context.Context, c *websocket.Conn, m *webMessage) error {
	_, b, err := c.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, m)
}

func writeMessage(ctx context.Context, c *websocket.Conn, m webMessage) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.Write(ctx, websocket.MessageText, b)
}

// hashText turns a text into a seed (FNV-1a).
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}
