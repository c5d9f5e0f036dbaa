package view

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pcapmill/pcapmill/audit"
	"github.com/pcapmill/pcapmill/internal/parallel"
	"github.com/pcapmill/pcapmill/internal/webreport"
	"github.com/pcapmill/pcapmill/store"
)

// Options say how to view.
type Options struct {
	Title   string // a name for the dataset
	Variant string // whose samples are shown; "" is the first one
	Version string // of this program
	Workers int    // goroutines; 0: one a core
}

// A Server answers questions about one dataset.
type Server struct {
	o       Options
	dir     string
	x       *index
	token   string
	host    string // 127.0.0.1:PORT
	cookie  string
	pages   *template.Template
	audited atomic.Pointer[audited]
	failed  atomic.Pointer[error] // of the audit

	lock    sync.Mutex // for what follows, which is for one goroutine
	samples *store.Samples
	walker  *audit.Walker
}

var (
	//go:embed view.html
	pageText string
	//go:embed view.css
	styleText string
	//go:embed view.js
	scriptText string
)

// Open reads the index of the dataset in dir. The caller closes the server.
func Open(ctx context.Context, dir string, o Options) (*Server, error) {
	d, err := store.OpenVariant(dir, o.Variant)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, dir: dir, token: rand.Text(), walker: audit.NewWalker(d.Manifest())}
	if s.o.Title = webreport.Visible(o.Title); o.Variant != "" {
		s.o.Title += ", variant " + o.Variant
	}
	if s.x, err = read(ctx, d, o.Workers); err != nil {
		return nil, err
	}
	if s.pages, err = template.New("view").Funcs(template.FuncMap{"visible": webreport.Visible, "thousands": thousandsOf}).Parse(pageText); err != nil {
		return nil, err
	}
	if s.x.n > 0 {
		if s.samples, err = d.Samples(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func thousandsOf(n int) string { return webreport.Thousands(int64(n)) }

// Close closes the dataset's files.
func (s *Server) Close() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.samples == nil {
		return nil
	}
	return s.samples.Close()
}

// Listen listens on 127.0.0.1; port 0 is any that is free.
func Listen(port int) (net.Listener, error) {
	return net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// Address makes the server answer for the address of l, and returns the one that lets a
// browser in.
func (s *Server) Address(l net.Listener) string {
	s.host = l.Addr().String()
	_, port, _ := net.SplitHostPort(s.host)
	s.cookie = "pcapmill-" + port // cookies do not tell ports apart
	return "http://" + s.host + "/?token=" + s.token
}

// Serve answers until ctx is done, which is no error, and audits the dataset meanwhile. It
// closes l. Address comes before.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer l.Close() // a second time, but where ctx is done already
	h := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	stop := context.AfterFunc(ctx, func() { _ = h.Close() })
	defer stop()
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	err := parallel.Each(both, 2, 2, func(_, part int) error {
		if part == 0 {
			defer cancel() // the audit ends with the server
			return h.Serve(l)
		}
		a, err := s.x.examine(both, s.dir, &s.o)
		if err != nil {
			s.failed.Store(&err)
			return nil // the server goes on without
		}
		s.audited.Store(a)
		return nil
	})
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// policy is that of every page but the report, which has its own.
const policy = "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP answers a request, or refuses it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if why := s.stranger(r); why != "" {
		refuse(w, http.StatusForbidden, why)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "only GET and HEAD are answered")
		return
	}
	if token := r.URL.Query().Get("token"); r.URL.Path == "/" && same(token, s.token) {
		http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: s.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if c, err := r.Cookie(s.cookie); err != nil || !same(c.Value, s.token) {
		refuse(w, http.StatusForbidden, "this browser has not been let in: open the address that 'pcapmill view' printed")
		return
	}
	b, kind, err := s.answer(r.URL)
	if err != nil {
		code := http.StatusInternalServerError
		var e *requestError
		if errors.As(err, &e) {
			code = e.code
		}
		refuse(w, code, err.Error())
		return
	}
	if kind == kindReport {
		h.Set("Content-Security-Policy", "frame-ancestors 'none'") // the rest stands in the page
		kind = kindPage
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Server-Timing", fmt.Sprintf("page;dur=%.1f", float64(time.Since(began).Microseconds())/1000))
	if r.Method == http.MethodGet {
		_, _ = w.Write(b) // nobody to tell about a browser that has gone
	}
}

// stranger says why a request is not one of the person at this machine: it names another
// host, or another site made the browser ask.
func (s *Server) stranger(r *http.Request) string {
	if r.Host != s.host {
		return "the request is for another host than " + s.host
	}
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+s.host {
		return "another site asks"
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return ""
	}
	return "another site asks"
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func refuse(w http.ResponseWriter, code int, why string) {
	http.Error(w, "pcapmill view: "+webreport.Visible(why), code)
}

// requestError is a request for something that is not there.
type requestError struct {
	code int
	what string
}

func (e *requestError) Error() string { return e.what }

const (
	kindPage   = "text/html; charset=utf-8"
	kindReport = "report"
)

// answer is the content for an address.
func (s *Server) answer(u *url.URL) (b []byte, kind string, err error) {
	kind = kindPage
	switch u.Path {
	case "/style.css":
		return []byte(webreport.Style() + styleText), "text/css; charset=utf-8", nil
	case "/script.js":
		return []byte(scriptText), "text/javascript; charset=utf-8", nil
	case "/":
		b, err = s.grid(u.Query())
	case "/findings":
		b, err = s.findings()
	case "/compare":
		b, err = s.compare(u.Query())
	case "/report":
		a := s.audited.Load()
		if a == nil {
			return nil, "", &requestError{http.StatusNotFound, s.waiting()}
		}
		return a.page, kindReport, nil
	default:
		number, ok := strings.CutPrefix(u.Path, "/sample/")
		n, e := strconv.ParseUint(number, 10, 31)
		if !ok || e != nil || n >= uint64(s.x.n) {
			return nil, "", &requestError{http.StatusNotFound, "there is no page " + u.Path}
		}
		b, err = s.sample(int(n))
	}
	return b, kind, err
}

// waiting says why there are no findings yet.
func (s *Server) waiting() string {
	if err := s.failed.Load(); err != nil {
		return "The audit failed: " + (*err).Error()
	}
	return "The audit is still at work: load this page again later."
}
