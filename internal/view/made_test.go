package view

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/manifest"
	"github.com/pcapmill/pcapmill/split"
	"github.com/pcapmill/pcapmill/store"
)

// hostile are names that somebody may give a capture or a class.
var hostile = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "turned\u202etxt", `../../etc/passwd`, `a&b=c#d?e`, "plain"}

// made is a split dataset of 4x4 bytes, whose first byte is the class; some samples are equal,
// also across classes. It returns the samples in order.
func made(t *testing.T, names []string, each int) (dir string, samples [][]byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	form := store.Form{
		Settings: manifest.NewSettings(map[string]string{"length": "16", "shape": "4x4", "dedup": "none"}), Spec: dataset.Spec{Rows: 4, Cols: 4},
	}
	for i, name := range names {
		form.Classes = append(form.Classes, manifest.Class{Label: uint16(i), Name: name})
	}
	dir = filepath.Join(t.TempDir(), "traffic")
	w, err := store.Create(dir, form)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		b := store.Batch{}
		for k := range each {
			x := make([]byte, 16)
			for p := range x {
				x[p] = byte(random.IntN(3))
			}
			x[0] = byte(i)
			switch k % 5 {
			case 3: // equal to another of the class
				copy(x, "\x07of one class...")
				x[1] = byte(i)
			case 4: // equal to others of all classes
				copy(x, "\x08of all classes.")
			}
			samples = append(samples, x)
			b.Data = append(b.Data, x...)
			b.Labels = append(b.Labels, uint16(i))
			proto := uint8(6 + 11*(k%2))
			b.Rows = append(b.Rows, dataset.Row{Capture: uint32(w.Captures()), Session: uint64(k), Packets: [2]uint64{1, uint64(k)}, Bytes: [2]uint64{16, 0}, Original: uint64(10 + k), Proto: proto, Digest: [16]byte{byte(i), byte(k), byte(k >> 8)}})
		}
		if err := w.Append(&b); err != nil {
			t.Fatal(w.Fail(err))
		}
		n := int64(each)
		c := manifest.Capture{Name: name + ".pcap", Label: uint16(i), Class: name}
		c.Packets, c.Used, c.LeftOut, c.Sessions, c.Samples, c.Exact, c.OriginalBytes = n, n, map[string]int64{}, n, n, n, 16*n
		if err := w.EndCapture(&c); err != nil {
			t.Fatal(w.Fail(err))
		}
	}
	divide(t, w, dir)
	return dir, samples
}

// running is a server that answers until the test ends.
type running struct {
	*Server
	base  string // http://127.0.0.1:PORT
	enter string // the address with the token
	ended chan error
	stop  context.CancelFunc
}

func serve(t *testing.T, dir string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s, err := Open(ctx, dir, Options{Title: "traffic", Version: "of the test", Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Server: s, enter: s.Address(l), ended: make(chan error, 1), stop: stop}
	r.base, _, _ = strings.Cut(r.enter, "/?")
	go func() { r.ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-r.ended; err != nil {
			t.Errorf("the server ends with %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// audited waits until the audit has ended.
func (r *running) wait(t *testing.T) *audited {
	t.Helper()
	for range 3000 {
		if a := r.audited.Load(); a != nil {
			return a
		}
		if err := r.failed.Load(); err != nil {
			t.Fatal(*err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the audit does not end")
	return nil
}

// ask sends a request, whose path stands in it as it is given.
func (r *running) ask(t *testing.T, method, path string, change func(q *http.Request)) (*http.Response, string) {
	t.Helper()
	q := &http.Request{Header: http.Header{}, Host: r.host}
	q.AddCookie(&http.Cookie{Name: r.cookie, Value: r.token})
	if change != nil {
		change(q)
	}
	c, err := net.Dial("tcp4", r.host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, path, q.Host)
	if err := q.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\r\n")
	if _, err := c.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	a, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a, string(body)
}

// divide finishes a dataset and divides it.
func divide(t *testing.T, w *store.Writer, dir string) {
	t.Helper()
	if err := w.Commit(); err != nil {
		t.Fatal(w.Fail(err))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o := split.Options{Weights: split.Weights{60, 10, 30}, By: split.Session, Salt: "x", Fallback: split.UseSession}
	if _, err := store.Divide(context.Background(), dir, o, false); err != nil {
		t.Fatal(err)
	}
}
