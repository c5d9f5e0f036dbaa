package activity

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Files is copying files by SFTP over SSH.
type Files struct {
	Up, Down bool // which way; both is allowed
}

const (
	filesHost     = "files.example.com"
	filesUser     = "user"
	filesPassword = "not-a-secret"
	fileCount     = 6 // files that wait to be fetched
)

// Serve implements [Activity].
func (Files) Serve(e *Env) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("activity: host key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return fmt.Errorf("activity: host key: %w", err)
	}
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() != filesUser || string(password) != filesPassword {
				return nil, errors.New("wrong password")
			}
			return nil, nil
		},
	}
	config.AddHostKey(signer)
	disk := sftp.InMemHandler()
	if err := fill(e, disk); err != nil {
		return err
	}
	return e.serveTCP(filesHost, true, 22, func(c net.Conn) { serveFiles(c, config, disk) })
}

// fill puts files on the server's disk, as a client of itself.
func fill(e *Env, disk sftp.Handlers) error {
	near, far := net.Pipe()
	server := sftp.NewRequestServer(far, disk)
	go server.Serve()
	defer server.Close()
	c, err := sftp.NewClientPipe(near, near)
	if err != nil {
		return fmt.Errorf("activity: filling the disk: %w", err)
	}
	defer c.Close()
	r := e.User(-1).Rand
	for i := range fileCount {
		if err := put(c, fmt.Sprintf("/file%d.bin", i), noiseBytes(r, 1500+r.IntN(11000))); err != nil {
			return err
		}
	}
	return nil
}

// serveFiles is one SSH connection as the server sees it.
func serveFiles(c net.Conn, config *ssh.ServerConfig, disk sftp.Handlers) {
	_, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for nc := range channels {
		if nc.ChannelType() != "session" {
			nc.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		ch, reqs, err := nc.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range reqs {
				isSFTP := r.Type == "subsystem" && len(r.Payload) > 4 && string(r.Payload[4:]) == "sftp"
				r.Reply(isSFTP, nil)
				if isSFTP {
					go func() {
						sftp.NewRequestServer(ch, disk).Serve()
						ch.Close()
					}()
				}
			}
		}()
	}
}

// Session implements [Activity]: log in, look around, copy a few files.
func (f Files) Session(ctx context.Context, u *User) error {
	conn, err := u.dial(ctx, filesHost, 22)
	if err != nil {
		return err
	}
	defer conn.Close()
	sc, channels, requests, err := ssh.NewClientConn(conn, filesHost+":22", &ssh.ClientConfig{
		User: filesUser, Auth: []ssh.AuthMethod{ssh.Password(filesPassword)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // the server's key is as new as the client
	})
	if err != nil {
		return fmt.Errorf("activity: ssh: %w", err)
	}
	client := ssh.NewClient(sc, channels, requests)
	defer client.Close()
	c, err := sftp.NewClient(client)
	if err != nil {
		return fmt.Errorf("activity: sftp: %w", err)
	}
	defer c.Close()
	if _, err := c.ReadDir("/"); err != nil {
		return fmt.Errorf("activity: sftp: %w", err)
	}
	for i := range 1 + u.Rand.IntN(2) {
		if err := u.pause(ctx, 500*time.Millisecond, 4*time.Second); err != nil {
			return err
		}
		up := f.Up && (!f.Down || u.Rand.IntN(2) == 0)
		if up {
			err = put(c, fmt.Sprintf("/up%d-%d.bin", u.N, i), noiseBytes(u.Rand, 1500+u.Rand.IntN(11000)))
		} else {
			err = get(c, fmt.Sprintf("/file%d.bin", u.Rand.IntN(fileCount)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func put(c *sftp.Client, name string, content []byte) error {
	f, err := c.Create(name)
	if err != nil {
		return fmt.Errorf("activity: sftp: %s: %w", name, err)
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(fmt.Errorf("activity: sftp: %s: %w", name, err), f.Close())
	}
	return f.Close()
}

func get(c *sftp.Client, name string) error {
	f, err := c.Open(name)
	if err != nil {
		return fmt.Errorf("activity: sftp: %s: %w", name, err)
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		return errors.Join(fmt.Errorf("activity: sftp: %s: %w", name, err), f.Close())
	}
	return f.Close()
}
