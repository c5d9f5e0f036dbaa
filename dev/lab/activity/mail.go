package activity

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is sending by SMTP submission (port 587, STARTTLS, password) and reading by IMAP over TLS (port 993). What is sent arrives
// in the mailbox that is read.
type Mail struct{}

const (
	sendHost     = "smtp.mail.example.com"
	readHost     = "imap.mail.example.com"
	mailUser     = "user@mail.example.com"
	mailPassword = "not-a-secret"
)

// Serve implements [Activity].
func (Mail) Serve(e *Env) error {
	box := imapmemserver.NewUser(mailUser, mailPassword)
	if err := box.Create("INBOX", nil); err != nil {
		return fmt.Errorf("activity: mailbox: %w", err)
	}
	r := e.User(-1).Rand
	for i := range 4 {
		if err := deliver(box, compose(e, i, say(r, 5), noiseBytes(r, 200+r.IntN(1500)))); err != nil {
			return err
		}
	}
	store := imapmemserver.New()
	store.AddUser(box)
	reading := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}, InsecureAuth: true, Logger: quiet,
	})
	e.AtClose(func() { reading.Close() })
	err := e.listenTCP(readHost, false, 993, func(l net.Listener) { reading.Serve(tls.NewListener(l, e.serverTLS("imap"))) })
	if err != nil {
		return err
	}
	sending := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &submission{box}, nil }))
	sending.Domain, sending.TLSConfig, sending.ErrorLog = sendHost, e.serverTLS(), quiet
	e.AtClose(func() { sending.Close() })
	return e.listenTCP(sendHost, true, 587, func(l net.Listener) { sending.Serve(l) })
}

// submission is one client's session with the sending server.
type submission struct{ box *imapmemserver.User }

func (*submission) AuthMechanisms() []string { return []string{sasl.Plain} }
func (*submission) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != mailUser || password != mailPassword {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (*submission) Reset()                               {}
func (*submission) Logout() error                        { return nil }
func (*submission) Mail(string, *smtp.MailOptions) error { return nil }
func (*submission) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *submission) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return deliver(s.box, text)
}

func deliver(box *imapmemserver.User, text []byte) error {
	if _, err := box.Append("INBOX", bytes.NewReader(text), &imap.AppendOptions{}); err != nil {
		return fmt.Errorf("activity: delivering: %w", err)
	}
	return nil
}

// compose writes a message with an attachment.
func compose(e *Env, n int, subject string, attachment []byte) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: <%s>\r\nTo: <friend%d@far.example.com>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%d.%x@mail.example.com>\r\n",
		mailUser, n, subject, e.Clock.Now().Format(time.RFC1123Z), n, e.Seed)
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=part\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\n")
	r := e.User(1000 + n).Rand
	for range 2 + r.IntN(10) {
		fmt.Fprintf(&b, "%s\r\n", say(r, 4+r.IntN(10)))
	}
	fmt.Fprintf(&b, "--part\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for text := base64.StdEncoding.EncodeToString(attachment); text != ""; {
		line := text[:min(76, len(text))]
		text = text[len(line):]
		fmt.Fprintf(&b, "%s\r\n", line)
	}
	b.WriteString("--part--\r\n")
	return []byte(b.String())
}

// Session implements [Activity]: every other user writes, the rest read; some do both.
func (Mail) Session(ctx context.Context, u *User) error {
	if u.N%2 == 0 {
		if err := sendMail(ctx, u); err != nil || u.Rand.IntN(3) > 0 {
			return err
		}
		if err := u.pause(ctx, time.Second, 5*time.Second); err != nil {
			return err
		}
	}
	return readMail(ctx, u)
}

func sendMail(ctx context.Context, u *User) error {
	conn, err := u.dial(ctx, sendHost, 587)
	if err != nil {
		return err
	}
	c, err := smtp.NewClientStartTLS(conn, u.clientTLS(sendHost))
	if err != nil {
		conn.Close()
		return fmt.Errorf("activity: sending mail: %w", err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", mailUser, mailPassword)); err != nil {
		return fmt.Errorf("activity: sending mail: %w", err)
	}
	for i := range 1 + u.Rand.IntN(2) {
		text := compose(u.Env, u.N*10+i, say(u.Rand, 3+u.Rand.IntN(5)), noiseBytes(u.Rand, 300+u.Rand.IntN(2500)))
		to := []string{fmt.Sprintf("friend%d@far.example.com", u.N)}
		if err := c.SendMail(mailUser, to, bytes.NewReader(text)); err != nil {
			return fmt.Errorf("activity: sending mail: %w", err)
		}
		if err := u.pause(ctx, 200*time.Millisecond, 2*time.Second); err != nil {
			return err
		}
	}
	return c.Quit()
}

func readMail(ctx context.Context, u *User) error {
	conn, err := u.dialTLS(ctx, readHost, 993, "imap")
	if err != nil {
		return err
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(mailUser, mailPassword).Wait(); err != nil {
		return fmt.Errorf("activity: reading mail: %w", err)
	}
	box, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		return fmt.Errorf("activity: reading mail: %w", err)
	}
	var list imap.SeqSet
	list.AddRange(1, min(box.NumMessages, 8))
	if _, err := c.Fetch(list, &imap.FetchOptions{Envelope: true, Flags: true}).Collect(); err != nil {
		return fmt.Errorf("activity: reading mail: %w", err)
	}
	for range 1 + u.Rand.IntN(3) {
		if err := u.pause(ctx, time.Second, 6*time.Second); err != nil {
			return err
		}
		one := imap.SeqSetNum(1 + uint32(u.Rand.IntN(int(min(box.NumMessages, 4)))))
		body := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}
		if _, err := c.Fetch(one, body).Collect(); err != nil {
			return fmt.Errorf("activity: reading mail: %w", err)
		}
	}
	return c.Logout().Wait()
}
