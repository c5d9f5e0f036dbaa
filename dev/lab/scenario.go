package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pcapmill/pcapmill/dev/lab/activity"
	"github.com/pcapmill/pcapmill/dev/lab/network"
	"github.com/pcapmill/pcapmill/dev/lab/record"
)

// Scenario is one capture to be made.
type Scenario struct {
	File   string // name; its ending and the class mapping `iscx-vpn` agree with what is in it
	Class  string // what `iscx-vpn` makes of the name
	Ran    string // what happens, for the README
	Tunnel bool   // through WireGuard, recorded inside; else on Ethernet
	Format record.Format
	Users  int                      // sittings; each is usually one connection
	Spread time.Duration            // users come within this simulated time
	New    func() activity.Activity // a fresh one, since some have state
}

// epoch is the date of the first capture; the others follow 37 minutes apart.
var epoch = time.Date(2026, time.January, 12, 9, 4, 11, 0, time.UTC)

// limit bounds the real time of one recording, should something hang.
const limit = 3 * time.Minute

// Scenarios returns all captures, the direct ones first. The names are in the style of ISCX-VPN2016, because that is the data set
// whose mapping newcomers try first; no service whose name occurs in one has anything to do with it.
func Scenarios() []Scenario {
	lines := func() activity.Activity { return activity.LineChat{} }
	web := func() activity.Activity { return activity.WebChat{} }
	mail := func() activity.Activity { return activity.Mail{} }
	both := func() activity.Activity { return activity.Files{Up: true, Down: true} }
	down := func() activity.Activity { return activity.Files{Down: true} }
	half := func() activity.Activity { return activity.Stream{QUIC: 2} }
	most := func() activity.Activity { return activity.Stream{QUIC: 1} }
	open := func() activity.Activity {
		return &activity.Voice{Short: 1000 * time.Millisecond, Long: 1900 * time.Millisecond}
	}
	paused := func() activity.Activity {
		return &activity.Voice{Pauses: true, Short: 2200 * time.Millisecond, Long: 3200 * time.Millisecond}
	}
	const (
		irc    = "IRC over TCP, in the clear"
		ws     = "WebSocket messages over TLS 1.3"
		post   = "SMTP submission with STARTTLS, IMAP over TLS 1.3"
		copies = "SFTP over SSH, uploads and downloads"
		gets   = "SFTP over SSH, downloads"
		mixed  = "media pieces over HTTP/3 (QUIC) and HTTP/2"
		tcp    = "media pieces, mostly over HTTP/2, some HTTP/3"
		calls  = "SIP calls, RTP (G.711) both ways all the time, RTCP"
		hushed = "SIP calls, RTP (G.711) with silence suppression, RTCP"
	)
	return []Scenario{
		{"aim_chat1.pcap", "Chat", irc, false, record.Pcap, 12, 45 * time.Second, lines},
		{"facebook_chat1.pcapng", "Chat", ws, false, record.PcapNG, 12, 45 * time.Second, web},
		{"email1a.pcap", "Email", post, false, record.Pcap, 12, 45 * time.Second, mail},
		{"email1b.pcap", "Email", post, false, record.PcapNano, 12, 45 * time.Second, mail},
		{"sftp1.pcap", "File_Transfer", copies, false, record.Pcap, 13, 45 * time.Second, both},
		{"sftpDown2.pcap", "File_Transfer", gets, false, record.Pcap, 13, 45 * time.Second, down},
		{"youtube1.pcapng", "Streaming", mixed, false, record.PcapNG, 13, 45 * time.Second, half},
		{"vimeo1.pcap", "Streaming", tcp, false, record.Pcap, 13, 45 * time.Second, most},
		{"voipbuster1a.pcap", "VoIP", calls, false, record.Pcap, 7, 45 * time.Second, open},
		{"voipbuster2b.pcap", "VoIP", hushed, false, record.Pcap, 7, 45 * time.Second, paused},
		{"vpn_aim_chat1a.pcap", "VPN_Chat", irc, true, record.Pcap, 12, 45 * time.Second, lines},
		{"vpn_facebook_chat1a.pcap", "VPN_Chat", ws, true, record.Pcap, 12, 45 * time.Second, web},
		{"vpn_email1a.pcap", "VPN_Email", post, true, record.Pcap, 12, 45 * time.Second, mail},
		{"vpn_email1b.pcapng", "VPN_Email", post, true, record.PcapNG, 12, 45 * time.Second, mail},
		{"vpn_sftp_A.pcap", "VPN_File_Transfer", copies, true, record.Pcap, 13, 45 * time.Second, both},
		{"vpn_sftp_B.pcap", "VPN_File_Transfer", gets, true, record.Pcap, 13, 45 * time.Second, down},
		{"vpn_youtube_A.pcap.gz", "VPN_Streaming", mixed, true, record.Pcap, 13, 45 * time.Second, half},
		{"vpn_vimeo_A.pcap", "VPN_Streaming", tcp, true, record.Pcap, 13, 45 * time.Second, most},
		{"vpn_voipbuster1a.pcap", "VPN_VoIP", calls, true, record.Pcap, 7, 45 * time.Second, open},
		{"vpn_voipbuster1b.pcap.gz", "VPN_VoIP", hushed, true, record.Pcap, 7, 45 * time.Second, paused},
	}
}

// Record makes one capture in dir. A capture that fails leaves no file.
func Record(ctx context.Context, dir string, s Scenario, seed uint64, speed float64) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	w, err := build(s, seed, speed)
	if err != nil {
		return err
	}
	link := record.RawIP
	if w.Ethernet {
		link = record.Ethernet
	}
	part := filepath.Join(dir, ".part-"+s.File)
	out, err := record.Create(part, s.Format, link)
	if err != nil {
		w.Close()
		return err
	}
	w.Tapped.SetTap(out.Packet)
	err = play(ctx, w, s)
	w.Tapped.SetTap(nil)
	w.Close()
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, filepath.Join(dir, s.File))
}

// build makes the world of a scenario. Its place in the list, and so the order of the others, has no influence on it.
func build(s Scenario, seed uint64, speed float64) (*network.World, error) {
	number := 0
	for i, other := range Scenarios() {
		if other.File == s.File {
			number = i
		}
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", seed, s.File)
	c := network.Config{
		Epoch: epoch.Add(time.Duration(number) * 37 * time.Minute), Speed: speed,
		Number: uint8(number + 1), Seed: h.Sum64(), Loss: 0.001,
	}
	if s.Tunnel {
		return network.NewTunnel(c)
	}
	return network.NewLAN(c)
}

// play lets the users come, do what they do, and leave, amid noise. The first user that fails fails the capture.
func play(ctx context.Context, w *network.World, s Scenario) error {
	env, err := activity.NewEnv(w)
	if err != nil {
		return err
	}
	a := s.New()
	if err := a.Serve(env); err != nil {
		return err
	}
	quiet, hush := context.WithCancel(ctx)
	defer hush()
	noise := make(chan error, 1)
	go func() { noise <- env.Noise(quiet) }()

	r := rand.New(rand.NewPCG(w.Seed, 0x7573657273))
	errs := make([]error, s.Users)
	var wait sync.WaitGroup
	for n := range s.Users {
		// Evenly spread with some play, as people are.
		at := time.Duration((float64(n) + r.Float64()) / float64(s.Users) * float64(s.Spread))
		wait.Go(func() {
			if errs[n] = w.Clock.Sleep(ctx, at); errs[n] == nil {
				errs[n] = a.Session(ctx, env.User(n))
			}
		})
	}
	wait.Wait()
	err = errors.Join(errs...)
	if err == nil {
		err = w.Clock.Sleep(ctx, 2*time.Second) // the last farewells
	}
	hush()
	return errors.Join(err, <-noise)
}
